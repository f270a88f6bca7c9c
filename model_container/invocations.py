"""POST /invocations: which form is asked, which form is answered?"""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from model_container.body import read_body
from model_container.codecs import csv_rows, json_text, json_v1, json_v2, npy, v2_binary
from model_container.codecs.exchange import Answer, Outputs, Query
from model_container.codecs.media import ContentType, MediaType, accepted, parse_content_type
from model_container.serving import Serving, aside
from sluice.domain.signature import Signature


class Invocations:
    """SageMaker's one route for predictions: only a body, Content-Type and Accept reach it."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def answer(self, request: Request) -> Response:
        """Read the query, run the model, write the answer."""
        signature = self._serving.model.signature
        content = parse_content_type(request.headers.get("content-type"))
        media = accepted(request.headers.get("accept"))
        body = await read_body(request)
        query = await aside(len(body), partial(decode, signature, content, body))
        outputs = await self._serving.predict(query)
        size = sum(values.nbytes for values in outputs.values())
        answer = await aside(size, partial(encode, signature, query, outputs, media))
        suffix = "" if answer.json_size is None else f";json-header-size={answer.json_size}"
        return Response(answer.body, headers={"content-type": answer.content_type + suffix})


def decode(signature: Signature, content: ContentType, body: bytes) -> Query:
    """Read a body. Raises InvalidInput or UnsupportedMediaType."""
    match content.media:
        case MediaType.CSV:
            return csv_rows.decode(signature, body)
        case MediaType.NPY:
            return npy.decode(signature, body)
        case MediaType.BINARY:
            return v2_binary.decode(signature, body, content.json_header_size)
        case MediaType.JSON:
            payload = json_text.read(body)
            is_v2 = isinstance(payload, dict) and "inputs" in payload and "instances" not in payload
            read = json_v2.decode if is_v2 else json_v1.decode
            return read(signature, payload)


def encode(signature: Signature, query: Query, outputs: Outputs, media: tuple[MediaType, ...]) -> Answer:
    """Write the answer in the accepted form that is liked best. Raises ModelFailed or NotAcceptable.

    Outputs that a V2 request itself wants in binary are written so, whatever an intermediary put into Accept.
    """
    match media[0]:
        case MediaType.CSV:
            return csv_rows.encode(outputs, query.batch.rows)
        case MediaType.NPY:
            return npy.encode(outputs)
    if query.v2 is None and MediaType.JSON in media:
        return json_v1.encode(outputs, query.batch.rows)
    return v2_binary.encode(signature, query, outputs, _binary(query, media))


def _binary(query: Query, media: tuple[MediaType, ...]) -> frozenset[str]:
    """The outputs to write in binary: those wanted so, and all others too when the caller reads nothing else."""
    if query.v2 is None:
        return frozenset(query.outputs)
    return query.v2.binary if MediaType.JSON in media else query.v2.binary | query.v2.unsaid

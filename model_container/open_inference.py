"""The Open Inference Protocol V2 over HTTP: what is served here, is it ready, and what does it answer?

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from model_container import VERSION
from model_container.body import read_body
from model_container.codecs import json_text, json_v2, v2_binary
from model_container.codecs.exchange import Query
from model_container.codecs.media import MediaType
from model_container.errors import UnsupportedMediaType
from model_container.serving import ServedModel, Serving, aside
from sluice.domain.signature import Signature, TensorSpec

HEADER_LENGTH = "inference-header-content-length"
_MODEL = "/v2/models/{name}"
_VERSION = "/v2/models/{name}/versions/{version}"
# Clients send JSON under the type of a binary body too: what counts is whether HEADER_LENGTH is there.
_TYPES = {"", MediaType.JSON, "application/octet-stream"}


class OpenInferenceRoutes:
    """The routes below /v2."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def routes(self) -> list[BaseRoute]:
        """Every route of the protocol, each with and without a version."""
        return [
            Route("/v2", self.server),
            Route("/v2/health/live", self.live),
            Route("/v2/health/ready", self.ready),
            *(Route(path, self.metadata) for path in (_MODEL, _VERSION)),
            *(Route(f"{path}/ready", self.model_ready) for path in (_MODEL, _VERSION)),
            *(Route(f"{path}/infer", self.infer, methods=["POST"]) for path in (_MODEL, _VERSION)),
        ]

    async def server(self, _: Request) -> Response:
        """Name, version and extensions of this server."""
        return JSONResponse({"name": "sluice", "version": VERSION, "extensions": ["binary_tensor_data"]})

    async def live(self, _: Request) -> Response:
        """Whether the process answers at all: it does."""
        return JSONResponse({"live": True})

    async def ready(self, _: Request) -> Response:
        """Whether requests should be sent here."""
        is_ready = self._serving.is_ready
        return JSONResponse({"ready": is_ready}, _status(is_ready=is_ready))

    async def model_ready(self, request: Request) -> Response:
        """Whether requests for this model should be sent here."""
        model, is_ready = self._addressed(request), self._serving.is_ready
        return JSONResponse({"name": model.signature.model, "ready": is_ready}, _status(is_ready=is_ready))

    async def metadata(self, request: Request) -> Response:
        """What the model takes and gives."""
        signature = self._addressed(request).signature
        return JSONResponse(
            {
                "name": signature.model,
                "versions": [signature.version],
                "platform": "onnxruntime_onnx",
                "inputs": [_tensor(spec) for spec in signature.inputs],
                "outputs": [_tensor(spec) for spec in signature.outputs],
            }
        )

    async def infer(self, request: Request) -> Response:
        """Answer a V2 request; outputs asked for in binary follow the JSON header."""
        signature = self._addressed(request).signature
        length = request.headers.get(HEADER_LENGTH)
        _check_type(request)
        body = await read_body(request)
        query = await aside(len(body), partial(_decode, signature, body, length))
        outputs = await self._serving.predict(query)
        size = sum(values.nbytes for values in outputs.values())
        binary = query.v2.binary if query.v2 else frozenset[str]()
        answer = await aside(size, partial(v2_binary.encode, signature, query, outputs, binary))
        if answer.json_size is None:
            return Response(answer.body, media_type=answer.content_type)
        headers = {HEADER_LENGTH: str(answer.json_size)}
        return Response(answer.body, headers=headers, media_type="application/octet-stream")

    def _addressed(self, request: Request) -> ServedModel:
        """The model, if the path names it. Raises ModelNotFound or NotReady."""
        model = self._serving.model
        model.check_address(request.path_params["name"], request.path_params.get("version"))
        return model


def _check_type(request: Request) -> None:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type not in _TYPES:
        raise UnsupportedMediaType(
            f"content type {content_type!r} is not {MediaType.JSON}, "
            f"nor application/octet-stream with the header {HEADER_LENGTH}"
        )


def _decode(signature: Signature, body: bytes, header_length: str | None) -> Query:
    if header_length is None:
        return json_v2.decode(signature, json_text.read(body))
    return v2_binary.decode(signature, body, header_length)


def _status(*, is_ready: bool) -> HTTPStatus:
    return HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE


def _tensor(spec: TensorSpec) -> dict[str, object]:
    return {"name": spec.name, "datatype": str(spec.datatype), "shape": list(spec.shape)}

"""Does the candidate answer what the champion was asked lately? Recorded requests, put to it before any caller's."""

import uuid
from collections.abc import Iterator
from datetime import datetime

from sluice.domain.answer import defect
from sluice.domain.attribution import PREVIEW
from sluice.domain.errors import InvalidInput
from sluice.domain.exchange import Exchange
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import read_request
from sluice.domain.rollout.evidence_so_far import Previewed
from sluice.domain.signature import Signature
from sluice.domain.variant import CHALLENGER, CHAMPION
from sluice.service.observe import Sight
from sluice.service.release_services import Services

MOST_REQUESTS = 50
LONGEST_SECONDS = 20  # of a look
_MOST_DEFECTS = 5


def preview(sight: Sight, services: Services, *, now: datetime) -> Previewed:
    """Put the champion's newest requests to the candidate, and see whether each is answered as it must be.

    Requests that do not fit the model's signature are left out: the API would not have let them through. So are
    those that were redacted: what stands in them was never asked.
    """
    deadline = services.clock() + LONGEST_SECONDS
    asked, defects = 0, []
    for request in services.recorded.newest(sight.endpoint, CHAMPION, now=now, most=MOST_REQUESTS):
        rows = _rows(request, sight.routing.signature)
        if rows is None:
            continue
        if services.clock() > deadline:
            break
        asked += 1
        defects += [f"{request.prediction_id}: {wrong}" for wrong in _wrong(request, rows, sight, services)]
    return Previewed(asked, tuple(defects[:_MOST_DEFECTS]))


def _wrong(request: Exchange, rows: int, sight: Sight, services: Services) -> Iterator[str]:
    """What is wrong with the candidate's answer, if anything."""
    try:
        answer = services.runtime.invoke(
            endpoint=sight.endpoint,
            variant=CHALLENGER,
            inference_id=f"preview-{uuid.uuid5(uuid.NAMESPACE_OID, request.prediction_id)}",
            attributes=PREVIEW,
            body=request.request.body,
            content_type=request.request.content_type,
        )
        found = defect(answer.message.decode(), rows=rows, outputs=sight.routing.signature.outputs)
    except InvocationFailed as failed:
        found = failed.in_short if sight.declared.sensitive else str(failed)
    except ValueError as unreadable:
        found = f"the answer cannot be read: {unreadable}"
    if found:
        yield found


def _rows(request: Exchange, signature: Signature) -> int | None:
    """How many rows a request asks about; None for one that does not fit the model, or was redacted."""
    if request.redacted:
        return None
    try:
        return read_request(request.request, signature).rows
    except (InvalidInput, ValueError):
        return None

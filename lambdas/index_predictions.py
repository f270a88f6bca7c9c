"""S3 -> EventBridge -> SQS -> records of the predictions in a captured file."""

import os
import time
from typing import Any

from sluice.aws.captures import CapturedFile, Captures, DeadLetters
from sluice.aws.file_steps import FileSteps
from sluice.aws.item_store import ItemStore
from sluice.aws.references import References
from sluice.clock import utc_now
from sluice.domain.feedback.capture import Poison
from sluice.service.feedback_log import record_failed, record_indexed, record_joined
from sluice.service.index_predictions import Intake, index_predictions
from sluice.service.redact import Redaction
from sluice.service.settle_feedback import Ledger
from sluice.service.slice_book import SliceBook
from sluice.settings.feedback import from_environment
from sluice.settings.functions import IndexPredictionsEnvironment
from sluice.settings.sensitive import sensitive_of

_environment = IndexPredictionsEnvironment.from_environment(os.environ)
_captures, _items = Captures.connect(), ItemStore.connect(_environment.table)
_intake = Intake(
    _captures,
    DeadLetters.connect(_environment.dead_letters),
    _environment.models_by_endpoint(),
    Ledger.of(_items, from_environment(_environment.rules), record_joined),
    Redaction(_captures, FileSteps(_items), sensitive_of(_environment.sensitive)),
    SliceBook(References.connect(_environment.table), _environment.slices_by_model(), time.monotonic),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """By SQS; safe to run twice: what is counted is counted once. Messages that failed, and no others, come again."""
    failed = [message["messageId"] for message in event["Records"] if not _handle(message["body"])]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _handle(body: str) -> bool:
    what: CapturedFile | str = body
    try:
        what = CapturedFile.of_event(body)
        record_indexed(what, index_predictions(what, _intake, now=utc_now()))
    except Poison as poison:
        _intake.dead_letters.bury(what, str(poison))
    except Exception as failure:  # noqa: BLE001  the outermost edge: one file must not make the others come again
        record_failed(what, failure)
        return False
    return True

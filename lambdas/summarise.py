"""S3 -> EventBridge -> SQS -> counts of what a captured file asks, by the bins of each version's reference."""

import os
import time
from typing import Any

from sluice.aws.captures import CapturedFile, Captures, DeadLetters
from sluice.aws.file_steps import FileSteps
from sluice.aws.item_store import ItemStore
from sluice.aws.references import References
from sluice.aws.windows import Windows
from sluice.clock import utc_now
from sluice.domain.feedback.capture import Poison
from sluice.service.backfill import CapturedBefore, backfill
from sluice.service.find_reference import ReferenceBook
from sluice.service.monitoring_log import record_not_summarised, record_summarised
from sluice.service.redact import Redaction
from sluice.service.summarise import Intake, summarise_file
from sluice.settings.functions import SummariseEnvironment
from sluice.settings.monitoring import from_environment
from sluice.settings.sensitive import inputs_by_model, sensitive_of

_environment = SummariseEnvironment.from_environment(os.environ)
_captures, _items = Captures.connect(), ItemStore.connect(_environment.table)
_dead_letters = DeadLetters.connect(_environment.dead_letters)
_intake = Intake(
    captures=_captures,
    dead_letters=_dead_letters,
    models=_environment.models_by_endpoint(),
    watching=from_environment(_environment.watching),
    references=ReferenceBook(
        References.connect(_environment.table), time.monotonic, inputs_by_model(_environment.sensitive)
    ),
    windows=Windows(_items),
    redaction=Redaction(_captures, FileSteps(_items), sensitive_of(_environment.sensitive)),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """By SQS; safe to run twice: what is counted is counted once. Messages that failed, and no others, come again.

    By the state machine of `sluice drift backfill`: ``Items``, files that may have been counted before.
    """
    if "Items" in event:
        return backfill(map(CapturedBefore.from_dict, event["Items"]), _intake, now=utc_now()).to_dict()
    failed = [message["messageId"] for message in event["Records"] if not _handle(message["body"])]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _handle(body: str) -> bool:
    what: CapturedFile | str = body
    try:
        what = CapturedFile.of_event(body)
        record_summarised(what, summarise_file(what, _intake, now=utc_now()))
    except Poison as poison:
        _dead_letters.bury(what, str(poison))
    except Exception as failure:  # noqa: BLE001  the outermost edge: one file must not make the others come again
        record_not_summarised(what, failure)
        return False
    return True

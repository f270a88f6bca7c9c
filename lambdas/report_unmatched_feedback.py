"""Every hour: feedback whose prediction has not been heard of for a day."""

import os

from sluice.aws.item_store import ItemStore
from sluice.clock import utc_now
from sluice.service.feedback_log import record_joined, record_unmatched
from sluice.service.report_unmatched import report_unmatched
from sluice.service.settle_feedback import Ledger
from sluice.settings.feedback import from_environment
from sluice.settings.functions import FeedbackEnvironment

_environment = FeedbackEnvironment.from_environment(os.environ)
_ledger = Ledger.of(ItemStore.connect(_environment.table), from_environment(_environment.rules), record_joined)


def handler(_event: object, _context: object) -> None:
    """By EventBridge; safe to run twice: what was reported is forgotten."""
    record_unmatched(report_unmatched(_ledger, now=utc_now()))

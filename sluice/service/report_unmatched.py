"""Which feedback has waited for a prediction for a day, in vain?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sluice.domain.feedback.record import State
from sluice.service.settle_feedback import Ledger

_PATIENCE = timedelta(days=1)
_HOURS = 48  # looked back on, so that a report that did not run is made up for


def report_unmatched(ledger: Ledger, *, now: datetime) -> Iterator[tuple[str, datetime]]:
    """The prediction ids, and the hours in which feedback for them came; each is given once, then forgotten.

    It still joins, should its prediction be recorded after all. Raises StoreUnavailable.
    """
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    for back in range(_HOURS, 0, -1):
        hour = this_hour - _PATIENCE - timedelta(hours=back)
        waiting = ledger.feedback.waiting(hour)
        unmatched = [prediction_id for prediction_id in waiting if _is_unmatched(prediction_id, ledger)]
        for prediction_id in unmatched:
            yield prediction_id, hour
        if waiting:
            ledger.feedback.forget(hour, waiting)


def _is_unmatched(prediction_id: str, ledger: Ledger) -> bool:
    record = ledger.predictions.get(prediction_id)
    return any(kept.state is State.WAITING for kept in record.feedback.values())

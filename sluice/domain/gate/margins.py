"""How much worse than the champion may a candidate be, and what is too little to judge?

Without numpy: whoever reads ``sluice.yaml`` reads this, too.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Margins:
    """A candidate passes where it is certainly no worse than the champion by more than these.

    Attributes:
        auc: Less area under the ROC curve.
        log_loss: More log loss, in nats a row.
        brier: More Brier loss.
        calibration: More squared distance between probabilities and shares: 0.0025 is five points everywhere. Wide, as
            log loss and Brier loss count it already.
        slice_log_loss: More log loss in any one slice.
        least_slice_rows: Labelled rows of a slice, or of the rows that a group's rate is a share of; fewer are named,
            not judged.
        fairness: By so much wider a gap between a group and all others, as a share of rows.
        flips: More answers, as a share of rows, that change where one input is missing or out of range. Wide: a model
            that finds more of a rare class has more to lose.
        latency_ratio: Times the champion's time for one row.
        batch_latency_ratio: Times the champion's time for a batch: models of other kinds differ much in it.
        size_ratio: Times the size of the champion's graph.
        least_size_megabytes: A smaller graph is never too large.
        error: How often, at most, a candidate that is worse by more than a margin passes.

    """

    auc: float = 0.01
    log_loss: float = 0.01
    brier: float = 0.005
    calibration: float = 0.005
    slice_log_loss: float = 0.03
    least_slice_rows: int = 300
    fairness: float = 0.05
    flips: float = 0.4
    latency_ratio: float = 2.0
    batch_latency_ratio: float = 10.0
    size_ratio: float = 10.0
    least_size_megabytes: float = 50.0
    error: float = 0.05

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

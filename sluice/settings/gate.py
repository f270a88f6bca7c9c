"""How much worse than the champion may a new version of a model be before it is registered?"""

from pathlib import Path

from pydantic import Field

from sluice.domain.gate.margins import Margins
from sluice.settings.strict import Strict

_MARGINS = Margins()


class Gate(Strict):
    """By which margins and checks a candidate is judged beside the champion; docs/gate.md explains them."""

    auc: float = Field(default=_MARGINS.auc, ge=0, le=1, strict=False)
    """A candidate passes whose area under the ROC curve is certainly less than the champion's by no more than this."""

    log_loss: float = Field(default=_MARGINS.log_loss, ge=0, strict=False)
    """The same of log loss, in nats a row: more than the champion's by no more than this."""

    brier: float = Field(default=_MARGINS.brier, ge=0, le=1, strict=False)
    """The same of Brier loss."""

    calibration: float = Field(default=_MARGINS.calibration, ge=0, le=1, strict=False)
    """The same of the squared distance between probabilities and shares of rows; 0.0025 is five points everywhere."""

    slice_log_loss: float = Field(default=_MARGINS.slice_log_loss, ge=0, strict=False)
    """The same of log loss in each slice."""

    least_slice_rows: int = Field(default=_MARGINS.least_slice_rows, ge=50)
    """Labelled rows of a slice, or of a group, to be judged; smaller ones are named in the card."""

    fairness: float = Field(default=_MARGINS.fairness, ge=0, le=1, strict=False)
    """By how much the gap between a group's rate and that of all others may be wider than the champion's."""

    flips: float = Field(default=_MARGINS.flips, ge=0, le=1, strict=False)
    """By how much the share of answers that change, where one input is missing or out of range, may be larger."""

    latency_ratio: float = Field(default=_MARGINS.latency_ratio, gt=0, strict=False)
    """How many times the champion's time one row may take."""

    batch_latency_ratio: float = Field(default=_MARGINS.batch_latency_ratio, gt=0, strict=False)
    """How many times the champion's time a batch of 256 rows may take."""

    size_ratio: float = Field(default=_MARGINS.size_ratio, gt=0, strict=False)
    """How many times the size of the champion's model.onnx its own may have."""

    least_size_megabytes: float = Field(default=_MARGINS.least_size_megabytes, ge=0, strict=False)
    """A model.onnx that is smaller is never too large."""

    error: float = Field(default=_MARGINS.error, gt=0, le=0.25, strict=False)
    """How often, at most, a candidate that is worse by more than a margin passes."""

    checks: Path | None = Field(default=None, strict=False)
    """Cases with what is expected of the answer, as `sluice gate --checks`, relative to sluice.yaml."""

    def to_margins(self) -> Margins:
        """What the gate judges by."""
        return Margins(**self.model_dump(exclude={"checks"}))

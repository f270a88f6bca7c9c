"""What is a window compared with? Counts of earlier data in fixed bins, and how much such counts vary by themselves.

Stored as ``reference.json`` beside a model, versioned with it. It holds counts, no rows.
"""

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Self

from sluice.domain.drift.binning import Binning
from sluice.domain.drift.design import Design
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.summary import Summary, check_alike
from sluice.domain.drift.summary_form import feature_counts
from sluice.domain.drift.tail_table import TailTable
from sluice.domain.errors import InvalidReference

FORMAT = "sluice-drift-reference"
VERSION = 1
ADVISED_ROWS = 10_000
ADVISED_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class Moments:
    """What the bins of a numeric feature do not tell exactly; to show, not to test.

    Attributes:
        mean: Of its finite values.
        std_dev: Their standard deviation.
        minimum: The least.
        maximum: The largest.

    """

    mean: float
    std_dev: float
    minimum: float
    maximum: float

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.mean, self.std_dev, self.minimum, self.maximum))):
            raise ValueError(f"moments are finite, got {self}")

    def to_dict(self) -> dict[str, float]:
        """JSON form."""
        return {"mean": self.mean, "std_dev": self.std_dev, "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Reference:
    """What a window is compared with.

    Attributes:
        binning: The bins.
        summary: The counts of the reference's own rows.
        moments: Of each feature; None for categories and where there was no value.
        designs: Design effects of each feature.
        window_rows: Rows of the consecutive blocks they were learnt from; 0 for none.
        blocks: How many blocks.
        outcomes: Labelled predictions, for performance without labels, and beside later ones; None for none.
        tail_table: How often small p-values are seen in quiet windows; None where it was not simulated.
        repeats: How many of its rows are copies; None where that cannot be compared.

    """

    binning: Binning
    summary: Summary
    moments: tuple[Moments | None, ...]
    designs: tuple[Design, ...]
    window_rows: int = 0
    blocks: int = 0
    outcomes: Outcomes | None = None
    tail_table: TailTable | None = None
    repeats: Repeats | None = None

    def __post_init__(self) -> None:
        check_alike(self.binning.id, self.summary.binning)
        features = len(self.binning.features)
        if len(self.moments) != features or len(self.designs) != features:
            raise InvalidReference(f"moments and designs: one for each of {features} features")
        if self.tail_table is not None and len(self.tail_table.shape_of) != features:
            raise InvalidReference(f"tail_table: a shape for each of {features} features")
        if not self.summary.rows:
            raise InvalidReference("rows: a reference without rows says nothing")

    @property
    def lacks(self) -> tuple[str, ...]:
        """What would make it a better reference, in words; nothing where it has what is advised."""
        told = []
        if self.summary.rows < ADVISED_ROWS:
            told.append(f"{self.summary.rows:,} rows; {ADVISED_ROWS:,} are advised: fewer hide small drifts")
        if self.blocks < ADVISED_BLOCKS:
            told.append(
                f"{self.blocks} blocks of {self.window_rows:,} rows; {ADVISED_BLOCKS} are advised: "
                "fewer say little about how much rows depend on each other"
            )
        empty = [
            bins.name
            for bins, at in zip(self.binning.features, self.binning.features_at, strict=True)
            if not self.summary.counts[at][: bins.cells].any()
        ]
        return (*told, *(f"{name} has no value in any row: its values cannot be judged" for name in empty))

    def rebased(self, summary: Summary, repeats: Repeats | None = None) -> Self:
        """The same bins with other counts: of an accepted window, an hour of the week, or a slice.

        Raises ReferenceMismatch where they are counted by other bins.
        """
        return replace(self, summary=summary, moments=(None,) * len(self.moments), repeats=repeats)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as it stands in reference.json."""
        binning = self.binning
        lines = zip(binning.features, binning.features_at, self.moments, self.designs, strict=True)
        scores = zip(binning.scores, binning.scores_at, strict=True)
        return {
            "format": FORMAT,
            "version": VERSION,
            "binning": binning.id,
            "rows": self.summary.rows,
            "window_rows": self.window_rows,
            "blocks": self.blocks,
            "features": [
                {
                    **bins.to_dict(),
                    **feature_counts(bins, self.summary.counts[at]),
                    "moments": moments and moments.to_dict(),
                    "design": design.to_dict(),
                }
                for bins, at, moments, design in lines
            ],
            "classes": list(binning.classes),
            "scores": [
                {**bins.to_dict(), "counts": self.summary.counts[at].reshape(2, -1).tolist()} for bins, at in scores
            ],
            **({} if binning.tolerance is None else {"tolerance": binning.tolerance.to_dict()}),
            "outcomes": self.outcomes and self.outcomes.to_dict(),
            "tail_table": self.tail_table and self.tail_table.to_dict(),
            "repeats": self.repeats and self.repeats.to_dict(),
        }

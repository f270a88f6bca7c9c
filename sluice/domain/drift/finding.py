"""What was found about a feature: has it drifted, how, by how much and since when?"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sluice.domain.drift.binning import Role
from sluice.domain.evidence.finding import Verdict


class Change(StrEnum):
    """How a feature has changed."""

    LOCATION = "location"  # its values have moved as a whole
    SPREAD = "spread"  # they lie wider, or closer
    SHAPE = "shape"  # neither: some of them are more frequent than they were
    CATEGORIES = "categories"  # known categories have other shares
    NEW_CATEGORY = "new_category"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NON_FINITE = "non_finite"
    FROZEN = "frozen"  # always the same
    DUPLICATES = "duplicates"  # of all rows: more of them come twice


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One feature of one slice.

    Attributes:
        feature: Its name.
        role: Input or output.
        slice: Which rows; empty for all.
        verdict: Fail where it has drifted.
        change: How it has; None where it has not, or nobody knows.
        reason: In words, with the numbers.
        p: The chance of a change so large where there is none worth telling; corrected for the tests of this feature,
            not for those of others.
        effect: How large the change is, to compare changes of every kind: Cohen's w, or the length of the smooth
            tests' coefficients. A small move by so many standard deviations is about that.
        windows: How many of the last windows tell it best: about since when.
        rows: How many rows these had.
        size: How large the change is, in a number to read; empty where it has not drifted.

    """

    feature: str
    role: Role
    slice: str
    verdict: Verdict
    change: Change | None
    reason: str
    p: float
    effect: float
    windows: int
    rows: int
    size: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self) | {"verdict": self.verdict.value, "role": self.role.value, "change": self.change}


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found at one look.

    Attributes:
        findings: One for each feature and slice, the worst first.

    """

    findings: tuple[DriftFinding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst; inconclusive where nothing was judged."""
        return max((finding.verdict for finding in self.findings), default=Verdict.INCONCLUSIVE)

    @property
    def drifted(self) -> tuple[DriftFinding, ...]:
        """What has drifted, the most first."""
        return tuple(finding for finding in self.findings if finding.verdict is Verdict.FAIL)

    @property
    def reason(self) -> str:
        """The reasons of the worst findings."""
        return "; ".join(finding.reason for finding in self.findings if finding.verdict is self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"verdict": self.verdict.value, "findings": [finding.to_dict() for finding in self.findings]}

"""What did the gate find about one thing? A verdict, the numbers it rests on, and the same in words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sluice.domain.evidence.finding import Verdict


class Subject(StrEnum):
    """What is judged, in the order of the card."""

    ANSWERS = "answers"  # whether they are probabilities at all
    AUC = "auc"
    LOG_LOSS = "log_loss"
    BRIER = "brier"
    CALIBRATION = "calibration"
    SLICE = "slice"
    FAIRNESS = "fairness"
    ROBUSTNESS = "robustness"
    LATENCY = "latency"
    SIZE = "size"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class GateFinding:
    """One thing judged.

    Attributes:
        subject: What kind of thing.
        of: Which: a slice, a group and a rate, an input and what was done to it, a check; empty where there is one.
        verdict: Pass where the candidate is certainly no worse than allowed, fail where it certainly is.
        reason: In words, with the numbers.
        candidate: Its number; None where there is none.
        champion: The champion's.
        low: Of the candidate's less the champion's (of latency: divided by it), at least this,
        high: and at most this, each but for a chance of the margins' error.
        allowed: What the difference may be.
        rows: On how many it rests.

    """

    subject: Subject
    of: str
    verdict: Verdict
    reason: str
    candidate: float | None = None
    champion: float | None = None
    low: float | None = None
    high: float | None = None
    allowed: float | None = None
    rows: int = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.subject.value.replace('_', ' ')} {self.of}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self) | {"subject": self.subject.value, "verdict": self.verdict.value}


def worst(findings: Sequence[GateFinding]) -> Verdict:
    """The worst verdict; inconclusive where nothing was judged: no data is never a pass."""
    return max((finding.verdict for finding in findings), default=Verdict.INCONCLUSIVE)

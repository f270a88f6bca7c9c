"""Is a candidate certainly no worse than the champion by more than a margin, certainly worse, or is neither shown?

That is a test of non-inferiority: the whole interval has to be on the right side of the margin. To pass, a candidate
has to be no worse in everything at once, and then each test may use the whole error (Berger, Multiparameter hypothesis
testing and acceptance sampling, Technometrics 24, 1982). To be accused in one of many things takes Holm's correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.holm import rejected
from sluice.domain.gate.paired import Difference


@dataclass(frozen=True, slots=True)
class Compared:
    """A measure of both models, to be judged.

    Attributes:
        subject: What kind of thing.
        of: Which.
        candidate: Its number.
        champion: The champion's.
        difference: The first less the second.
        margin: How much worse it may be, 0 or more.
        rows: On how many it rests.
        more_is_better: Whether that is so; of losses, less is.

    """

    subject: Subject
    of: str
    candidate: float
    champion: float
    difference: Difference
    margin: float
    rows: int
    more_is_better: bool = False

    @property
    def worse_by(self) -> Difference:
        """The difference as a disadvantage."""
        sign = -1 if self.more_is_better else 1
        return Difference(sign * self.difference.estimate, self.difference.error, self.difference.freedom)

    @property
    def allowed(self) -> float:
        """What the difference may be."""
        return -self.margin if self.more_is_better else self.margin


def judge(compared: Sequence[Compared], error: float) -> list[GateFinding]:
    """Judge things that are accused together."""
    accused = rejected([each.worse_by.p_above(each.margin) for each in compared], error)
    return [_finding(each, is_accused, error) for each, is_accused in zip(compared, accused, strict=True)]


def _finding(each: Compared, is_accused: bool, error: float) -> GateFinding:  # noqa: FBT001  one of a pair
    low, high = each.difference.bounds(error)
    verdict = _verdict(each, is_accused=is_accused, error=error)
    side = "least" if each.more_is_better else "most"
    told = (
        f"{_MEASURED.get(each.subject, '')}{each.candidate:.4f}, the champion's {each.champion:.4f}: "
        f"difference {each.difference.estimate:+.4f}, interval {low:+.4f} to {high:+.4f}, "
        f"at {side} {each.allowed:+.4f} allowed"
    )
    return GateFinding(
        each.subject,
        each.of,
        verdict,
        f"{_WORDS[verdict]}{told}",
        each.candidate,
        each.champion,
        low,
        high,
        each.allowed,
        each.rows,
    )


_MEASURED = {
    Subject.SLICE: "log loss ",
    Subject.FAIRNESS: "gap ",
    Subject.ROBUSTNESS: "share of answers that change ",
}
_WORDS = {
    Verdict.PASS: "",
    Verdict.INCONCLUSIVE: "not shown to be non-inferior: ",
    Verdict.FAIL: "worse than allowed: ",
}


def _verdict(each: Compared, *, is_accused: bool, error: float) -> Verdict:
    if is_accused:
        return Verdict.FAIL
    _, most = each.worse_by.bounds(error)
    return Verdict.PASS if most <= each.margin else Verdict.INCONCLUSIVE

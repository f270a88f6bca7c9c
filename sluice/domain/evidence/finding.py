"""What did judging one thing come to? A verdict, and the numbers it rests on."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from math import exp, log
from typing import Any


class Verdict(StrEnum):
    """From best to worst, so that ``max()`` is the worst."""

    PASS = "pass"  # noqa: S105  good enough to promote
    INCONCLUSIVE = "inconclusive"  # not known yet; no data is never a pass
    ERROR = "error"  # cannot be judged: what was counted contradicts what was asked for
    FAIL = "fail"  # worse: roll back

    @property
    def severity(self) -> int:
        """0 for the best."""
        return list(Verdict).index(self)

    def __lt__(self, other: str) -> bool:
        return self.severity < Verdict(other).severity

    def __le__(self, other: str) -> bool:
        return self.severity <= Verdict(other).severity

    def __gt__(self, other: str) -> bool:
        return self.severity > Verdict(other).severity

    def __ge__(self, other: str) -> bool:
        return self.severity >= Verdict(other).severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing judged.

    Attributes:
        subject: A kind of event, ``sample_ratio``, or ``agreement``.
        verdict: The outcome.
        reason: In words, with the numbers.
        log_e_harm: Logarithm of the evidence (e-value) for harm.
        harm_boundary: What it has to reach.
        log_e_promote: Logarithm of the evidence for "good enough"; None where nothing is promoted by it.
        promote_boundary: What it has to reach.

    """

    subject: str
    verdict: Verdict
    reason: str
    log_e_harm: float
    harm_boundary: float
    log_e_promote: float | None = None
    promote_boundary: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form, for audits and views."""
        return {**asdict(self), "verdict": self.verdict.value}


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything judged at one look.

    Attributes:
        findings: One for each subject.

    """

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst; inconclusive where nothing was judged."""
        return max((finding.verdict for finding in self.findings), default=Verdict.INCONCLUSIVE)

    @property
    def reason(self) -> str:
        """The reasons of the worst findings."""
        return "; ".join(finding.reason for finding in self.findings if finding.verdict is self.verdict)

    def about(self, subject: str) -> Finding | None:
        """The finding on a subject; None where it is not judged."""
        return next((finding for finding in self.findings if finding.subject == subject), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, for audits and views."""
        return {
            "verdict": self.verdict.value,
            "reason": self.reason,
            "findings": [finding.to_dict() for finding in self.findings],
        }


_MOST = log(1e6)


def odds(log_e: float) -> str:
    """An e-value as a bet would be quoted: what one staked against the null would by now be.

    >>> odds(log(300)), odds(-0.7), odds(50.0)
    ('300:1', '0.50:1', '10^22:1')
    """
    if log_e > _MOST:
        return f"10^{log_e / log(10):.0f}:1"
    return f"{exp(log_e):,.0f}:1" if log_e >= log(10) else f"{exp(log_e):.2f}:1"

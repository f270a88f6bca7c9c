"""What does a candidate cost to serve, beside the champion? Its time, and its size."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, median

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins

LEAST_ROUNDS = 15
_MEGABYTE = 1e6


def judge_latency(
    of: str, candidate: Sequence[float], champion: Sequence[float], *, allowed: float, error: float
) -> GateFinding:
    """Seconds of both, measured in turns: the median of the ratios of each turn.

    Its interval is that of ranks (Conover, Practical Nonparametric Statistics, 1999, section 3.2): whatever else the
    machine does lengthens some turns, and medians do not mind. Times themselves are told, and never judged.
    """
    ratios = sorted(one / max(other, 1e-9) for one, other in zip(candidate, champion, strict=True))
    low, high = _median_bounds(ratios, error)
    verdict = Verdict.PASS if high <= allowed else Verdict.FAIL if low > allowed else Verdict.INCONCLUSIVE
    mine, theirs = (1000 * median(times) for times in (candidate, champion))
    told = (
        f"{median(ratios):.2f} times the champion's time, interval {low:.2f} to {high:.2f}, {allowed:g} allowed "
        f"(here {mine:.3g} ms beside {theirs:.3g} ms)"
    )
    return GateFinding(
        Subject.LATENCY, of, verdict, f"{_WORDS[verdict]}{told}", mine, theirs, low, high, allowed, len(ratios)
    )


_WORDS = {Verdict.PASS: "", Verdict.INCONCLUSIVE: "not shown to be quick enough: ", Verdict.FAIL: "too slow: "}


def judge_size(candidate: int, champion: int, margins: Margins) -> GateFinding:
    """Bytes of both graphs."""
    most = max(margins.size_ratio * champion, margins.least_size_megabytes * _MEGABYTE)
    verdict = Verdict.PASS if candidate <= most else Verdict.FAIL
    told = f"{_size(candidate)}, the champion's {_size(champion)}: at most {_size(most)} allowed"
    return GateFinding(Subject.SIZE, "", verdict, told, float(candidate), float(champion), allowed=float(most))


def _median_bounds(ordered: Sequence[float], error: float) -> tuple[float, float]:
    """Values that the median is below, and above, with this chance at most; at least fifteen are in order."""
    rounds = len(ordered)
    rank = int((rounds - NormalDist().inv_cdf(1 - error) * sqrt(rounds)) / 2)
    return ordered[max(rank - 1, 0)], ordered[min(rounds - rank, rounds - 1)]


def _size(size: float) -> str:
    return f"{size / _MEGABYTE:,.1f} MB" if size >= _MEGABYTE else f"{size / 1000:,.1f} kB"

"""Which of two rankers do people choose from? The test of who wins the lists that both have drafted.

Every list compares both rankers (``sluice.domain.draft``), so far fewer are needed than with a split of the traffic.
Equal rankers win a coin's toss each, which is tested at every look by a Bernoulli e-process.
"""

from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Self

from sluice.domain.evidence import absolute
from sluice.domain.evidence.finding import odds
from sluice.domain.evidence.mixture import Side, grid, log_mean_exp
from sluice.domain.experiment.experiment import Experiment
from sluice.domain.experiment.verdict import Comparison, Conclusion, Verdict, conclusion
from sluice.domain.feedback.totals import Totals

_MOST = 0.97  # the largest share of wins that is bet on


@dataclass(frozen=True, slots=True)
class Duels:
    """Lists won by each ranker.

    Attributes:
        treatment: Lists the treatment won.
        control: Lists control won.
        ties: Lists nobody won; they decide nothing.

    """

    treatment: int = 0
    control: int = 0
    ties: int = 0

    @classmethod
    def of(cls, totals: Totals) -> Self:
        """What sums of ``Winner.reward`` and of their squares tell: only a tie's is more than its square, by a quarter.

        >>> Duels.of(Totals(exposures=9, n=4, total=2.5, total_sq=2.25))
        Duels(treatment=2, control=1, ties=1)
        """
        ties = round(4 * (totals.total - totals.total_sq))
        treatment = round(totals.total - ties / 2)
        return cls(treatment, totals.n - treatment - ties, ties)

    @property
    def decided(self) -> int:
        """Lists that somebody won."""
        return self.treatment + self.control


def log_e_of_wins(wins: int, decided: int, *, share: float = 0.5) -> float:
    """Logarithm of the e-process against the null that this side wins at most ``share`` (up to a half) of the lists."""
    multiples = grid(32, least=1.02, most=_MOST / share)
    ratios = absolute.log_likelihood_ratios(
        requests=decided, events=wins, rate=share, side=Side.ABOVE, multiples=multiples
    )
    return log_mean_exp(ratios)


def conclude(experiment: Experiment, duels: Duels, *, now: datetime) -> Conclusion:
    """Judge who wins. The goal's minimum effect is on the treatment's share of wins beyond one half.

    alpha is shared out between a wrong SHIP and a wrong STOP.
    """
    boundary = log(2 / experiment.alpha)
    better = log_e_of_wins(duels.treatment, duels.decided)
    not_enough = log_e_of_wins(duels.control, duels.decided, share=0.5 - experiment.goal.minimum_effect)
    verdict = Verdict.KEEP_GOING
    if not_enough >= boundary:
        verdict = Verdict.STOP
    elif better >= boundary:
        verdict = Verdict.SHIP
    sentence = _sentence(experiment.treatments[0], verdict, duels, evidence=max(better, not_enough), needed=boundary)
    comparison = Comparison(experiment.treatments[0], verdict, sentence, outcomes=duels.decided)
    return conclusion(experiment, [comparison], doubt=None, now=now)


def _sentence(treatment: str, verdict: Verdict, duels: Duels, *, evidence: float, needed: float) -> str:
    if not duels.decided:
        return f"Keep going with {treatment}: no list has been decided by clicks yet."
    numbers = (
        f"It won {duels.treatment:,} of {duels.decided:,} decided lists, {duels.treatment / duels.decided:.1%} "
        f"(odds {odds(evidence)}, {odds(needed)} needed; {duels.ties:,} ties)"
    )
    what = {
        Verdict.SHIP: f"Ship {treatment}: people choose from it more often.",
        Verdict.STOP: f"Stop {treatment}: people do not choose from it often enough.",
    }.get(verdict, f"Keep going with {treatment}: not decided yet.")
    return f"{what} {numbers}."

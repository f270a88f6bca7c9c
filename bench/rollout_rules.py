"""By which rules do others, and we, roll back or promote? Each sees a minute of traffic at a time.

The others' rules are written anew from what their documentation shows, not their products; Sluice's is the function
the controller calls.
"""

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple, Protocol

from sluice.domain.evidence.counts import Epoch, EventKind, Tally
from sluice.domain.evidence.judgement import Rules, Verdict, judge
from sluice.domain.evidence.mean import Bounds, half_width

RAMP = (0.1, 0.2, 0.3, 0.4, 0.5)  # the challenger's share in the first minutes; then the last of them
HORIZON_MINUTES = 120


class Outcome(Enum):
    """How a rollout ends; undecided ones end at the horizon."""

    ROLLED_BACK = "rolled back"
    PROMOTED = "promoted"
    UNDECIDED = "undecided"


class Minute(NamedTuple):
    """What was served in a minute.

    Attributes:
        share: The challenger's share of all traffic.
        challenger: All of its traffic.
        champion: All of its traffic.
        control: The part of the champion's that is as large as the challenger's: who enrols both alike sees this.

    """

    share: float
    challenger: Tally
    champion: Tally
    control: Tally


class Rule(Protocol):
    """One rollout under a rule."""

    @property
    def share(self) -> float:
        """The challenger's share of the next minute's traffic."""

    def look(self, minute: Minute) -> Outcome | None:
        """Take in a minute; decide or go on."""


def _error_rate(tally: Tally) -> float | None:
    return tally.events[EventKind.ERRORS] / tally.requests if tally.requests else None


class _Ramped:
    """Shares follow the ramp, minute by minute, whatever is seen."""

    def __init__(self) -> None:
        self.minutes = 0

    @property
    def share(self) -> float:
        """By the minutes that have passed."""
        return RAMP[min(self.minutes, len(RAMP) - 1)]


class Flagger:
    """A canary as in the examples of https://fluxcd.io/flagger/usage/metrics.

    Every minute: a success rate of 99 % raises the weight by 10 to 50, then promotes; the fifth failed check ends it.
    """

    def __init__(self) -> None:
        self.step, self.failed = 0, 0

    @property
    def share(self) -> float:
        """Only a check that passed raises it."""
        return RAMP[self.step]

    def look(self, minute: Minute) -> Outcome | None:
        """One check."""
        rate = _error_rate(minute.challenger)
        if rate is None or rate > 0.01:  # noqa: PLR2004
            self.failed += 1
            return Outcome.ROLLED_BACK if self.failed >= 5 else None  # noqa: PLR2004
        self.step += 1
        if self.step < len(RAMP):
            return None
        return Outcome.PROMOTED


class Argo(_Ramped):
    """A success rate in the background, for 30 minutes.

    As in the examples of https://argo-rollouts.readthedocs.io/en/stable/features/analysis. Up to ``failure_limit``
    failed measurements are forgiven.
    """

    def __init__(self, *, success: float, every: int, failure_limit: int = 3) -> None:
        super().__init__()
        self._success, self._every, self._left = success, every, failure_limit
        self._seen = Tally()

    def look(self, minute: Minute) -> Outcome | None:
        """Measure at each interval; more failures than the limit end it."""
        self.minutes += 1
        self._seen += minute.challenger
        if self.minutes % self._every == 0:
            rate = _error_rate(self._seen)
            self._left -= rate is None or 1 - rate < self._success
            self._seen = Tally()
        if self._left < 0:
            return Outcome.ROLLED_BACK
        return Outcome.PROMOTED if self.minutes == 30 else None  # noqa: PLR2004


class CloudWatch(_Ramped):
    """An alarm of SageMaker's deployment guardrails on the challenger's error rate; promoted after 30 quiet minutes."""

    def __init__(self, *, above: float, periods: int) -> None:
        super().__init__()
        self._above = above
        self._breaching = deque([False] * periods, maxlen=periods)

    def look(self, minute: Minute) -> Outcome | None:
        """The alarm rings when all of the last periods breach."""
        self.minutes += 1
        rate = _error_rate(minute.challenger)
        self._breaching.append(rate is not None and rate > self._above)
        if all(self._breaching):
            return Outcome.ROLLED_BACK
        return Outcome.PROMOTED if self.minutes == 30 else None  # noqa: PLR2004


class GrowthBook(_Ramped):
    """A one-sided confidence sequence on the difference of error rates.

    As https://docs.growthbook.io/features/safe-rollouts documents it: rolled back as soon as it excludes 0, shipped
    after 60 minutes otherwise. Alpha is 5 %, tuned for 5,000. Enrolled half and half, as it is documented; or, if
    pooled, over all traffic, as a ramp of weights would have it.
    """

    def __init__(self, *, pooled: bool = False) -> None:
        super().__init__()
        self._pooled = pooled
        self._treatment, self._control = Tally(), Tally()

    def look(self, minute: Minute) -> Outcome | None:
        """Roll back when the lower bound is above 0."""
        self.minutes += 1
        self._treatment += minute.challenger
        self._control += minute.champion if self._pooled else minute.control
        if self._lower_bound() > 0:
            return Outcome.ROLLED_BACK
        return Outcome.PROMOTED if self.minutes == 60 else None  # noqa: PLR2004

    def _lower_bound(self) -> float:
        treatment, control = _error_rate(self._treatment), _error_rate(self._control)
        n = self._treatment.requests + self._control.requests
        if treatment is None or control is None or not treatment + control:
            return 0.0
        squared_error = (
            treatment * (1 - treatment) / self._treatment.requests + control * (1 - control) / self._control.requests
        )
        width = half_width(squared_error * n, n, alpha=0.05, bounds=Bounds.LOWER, tuned_for=5000)
        return treatment - control - width


class Sluice(_Ramped):
    """What the controller does: judge all epochs at every look, promote after the ramp."""

    def __init__(self, rules: Rules | None = None) -> None:
        super().__init__()
        self._rules = rules or Rules()
        self._epochs: dict[float, Epoch] = {}

    def look(self, minute: Minute) -> Outcome | None:
        """Fail rolls back; pass promotes once the ramp is over."""
        self.minutes += 1
        epoch = Epoch(minute.share, minute.challenger, minute.champion)
        before = self._epochs.get(minute.share)
        self._epochs[minute.share] = before + epoch if before else epoch
        verdict = judge(self._rules, list(self._epochs.values()), minutes=self.minutes).verdict
        if verdict is Verdict.FAIL:
            return Outcome.ROLLED_BACK
        return Outcome.PROMOTED if verdict is Verdict.PASS and self.minutes >= len(RAMP) else None


RULES: Mapping[str, Callable[[], Rule]] = {
    "Flagger, docs: >= 99 %, 5 failures": Flagger,
    "Argo, >= 99 % of 1 min, limit 3": lambda: Argo(success=0.99, every=1),
    "Argo, docs: >= 95 % of 5 min, limit 3": lambda: Argo(success=0.95, every=5),
    "CloudWatch, > 2 %, 1 of 1 min": lambda: CloudWatch(above=0.02, periods=1),
    "CloudWatch, > 2 %, 3 of 3 min": lambda: CloudWatch(above=0.02, periods=3),
    "GrowthBook, 60 min, half and half": GrowthBook,
    "the same, pooled over the ramp": lambda: GrowthBook(pooled=True),
    "Sluice": Sluice,
    "Sluice, rollback_ratio 1.5": lambda: Sluice(Rules(rollback_ratio=1.5)),
}

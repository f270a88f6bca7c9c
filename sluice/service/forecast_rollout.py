"""How long will a rollout take to decide? Said before it starts: evidence comes with traffic, and with nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.aws.counts import Minute
from sluice.domain.evidence.counts import EventKind, Tally
from sluice.domain.evidence.horizon import Horizon, Step, expected
from sluice.domain.rollout.plan import Plan
from sluice.domain.variant import CHAMPION

LOOKS_BACK_MINUTES = 60
_ALL = 100


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect.

    Attributes:
        requests_per_minute: Of the model, in the last hour.
        error_rate: The champion's, in the last hour; None when it was not asked.
        horizon: When evidence decides; None when that cannot be said.
        unknown_because: Why it cannot be said.

    """

    requests_per_minute: float
    error_rate: float | None
    horizon: Horizon | None
    unknown_because: str | None = None


def forecast_rollout(plan: Plan, minutes: Sequence[Minute]) -> Forecast:
    """What the stages of a plan that divide the traffic take, if the last ``LOOKS_BACK_MINUTES`` minutes go on."""
    rate = sum(tally.requests for minute in minutes for tally in minute.tallies.values()) / LOOKS_BACK_MINUTES
    champion = sum((minute.tallies[CHAMPION] for minute in minutes if CHAMPION in minute.tallies), start=Tally())
    rates = {kind: champion.events[kind] / champion.requests for kind in champion.events}
    errors = rates.get(EventKind.ERRORS)
    steps = [
        Step(stage.minutes, stage.percent / _ALL)
        for stage in plan.stages
        if stage.takes_traffic and 0 < stage.percent < _ALL
    ]
    if not steps:
        return Forecast(rate, errors, None, "no stage divides the traffic: there is nothing to compare")
    if errors is None:
        return Forecast(rate, errors, None, "the champion was asked nothing in the last hour")
    return Forecast(rate, errors, expected(plan.rules, steps, requests_per_minute=rate, base_rates=rates))

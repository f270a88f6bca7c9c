"""How do decisions read? Sentences with their numbers, as the audit, incidents and ``explain`` show them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.rollout import Trouble
from sluice.domain.rollout.stage import Kind, Stage
from sluice.domain.rollout.trouble import MOST_ATTEMPTS
from sluice.domain.variant import in_order

_WHAT = {
    Kind.IN_PLACE: "the change in place",
    Kind.PREVIEW: "the preview with recorded requests",
    Kind.INTERNAL: "the stage of those who see it first",
    Kind.SHADOW: "the shadow",
    Kind.APPROVAL: "the approval",
}


def split(weights: Mapping[str, float]) -> str:
    """Shares of the traffic.

    >>> split({"challenger": 25, "champion": 75})
    'champion 75, challenger 25'
    """
    return ", ".join(f"{slot} {weights[slot]:g}" for slot in in_order(weights))


def stage_in_words(stage: Stage) -> str:
    """A stage as one speaks of it.

    >>> stage_in_words(Stage(Kind.WEIGHT, 25))
    '25 % of the traffic'
    """
    if stage.is_experiment:
        name = "an A/B test" if stage.kind is Kind.AB_TEST else "a bandit"
        return f"{name} on {stage.goal}, with {stage.percent} % of the traffic at first"
    return _WHAT.get(stage.kind, f"{stage.percent} % of the traffic")


def alarms_in_words(alarms: Iterable[Alarm]) -> str:
    """What is in ALARM."""
    return "; ".join(f"alarm {alarm.name} of the {alarm.slot}: {alarm.reason}" for alarm in alarms)


def trouble_in_words(trouble: Trouble) -> str:
    """What keeps the endpoint from being changed, and what is done about it."""
    if trouble.is_open:
        return f"the endpoint was asked to change, attempt {trouble.attempts}; nothing is known of it yet"
    again = f"asks again at {clock(trouble.again_at)}"
    if trouble.is_capacity:
        return f"SageMaker has no instances for the change (attempt {trouble.attempts}): {trouble.reason}; {again}"
    return f"the change of the endpoint failed {trouble.attempts} of {MOST_ATTEMPTS} times: {trouble.reason}; {again}"


def minutes_in_words(minutes: float) -> str:
    """A number of minutes.

    >>> minutes_in_words(1), minutes_in_words(7.25)
    ('1 minute', '7.2 minutes')
    """
    return "1 minute" if minutes == 1 else f"{round(minutes, 1):g} minutes"


def clock(moment: datetime) -> str:
    """A time of day, UTC."""
    return f"{moment:%H:%M} UTC"

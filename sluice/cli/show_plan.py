"""What will a rollout do, and when will it have decided? Said in words before it starts."""

from collections.abc import Iterator

from sluice.cli.show import Output
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.stage import Kind, Stage
from sluice.service.forecast_rollout import Forecast

_WHAT = {
    Kind.IN_PLACE: "replaces the champion in its place; SageMaker takes it back when an alarm fires",
    Kind.PREVIEW: "recorded requests are put to it; it gets no traffic",
    Kind.SHADOW: "gets a copy of every request; nobody sees its answers",
    Kind.APPROVAL: "waits for a person: `sluice rollout promote`",
}


def show_plan(plan: Plan, out: Output) -> None:
    """Print the stages, what follows them, and the shortest time it all takes."""
    for number, stage in enumerate(plan.stages, start=1):
        out.plain(f"  {number}. {describe_stage(stage)}")
    out.plain(f"  then {_bake(plan)}")
    least = sum(stage.minutes for stage in plan.stages) + plan.bake.minutes
    out.plain(
        f"  at least {duration(least)} in all; undecided after {duration(plan.horizon_minutes)} of comparing, "
        "it is held for a person"
    )


def show_forecast(forecast: Forecast, out: Output) -> None:
    """Print when evidence is expected to decide, or why that cannot be said."""
    out.plain(f"  expected: {'; '.join(_traffic(forecast))}")
    if forecast.horizon is None:
        out.plain(f"    time to decide unknown: {forecast.unknown_because}")
        return
    for line in str(forecast.horizon).splitlines():
        out.plain(f"    {line}")


def describe_stage(stage: Stage) -> str:
    """One stage in a line."""
    least = f", at least {duration(stage.minutes)}" if stage.minutes else ""
    return f"{stage.kind}: {_what(stage)}{least}"


def duration(minutes: float) -> str:
    """A time as people say it.

    >>> duration(5), duration(90), duration(1440), duration(0.5)
    ('5 min', '1 h 30 min', '24 h', '30 s')
    """
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    hours, rest = divmod(round(minutes), 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{rest} min"] if rest or not hours else parts)


def _what(stage: Stage) -> str:
    if stage.kind is Kind.INTERNAL and stage.audience:
        units, groups = stage.audience.units, stage.audience.groups
        named = [
            *(["units " + ", ".join(units)] if units else []),
            *(["groups " + ", ".join(groups)] if groups else []),
        ]
        return f"gets the requests of {' and of '.join(named)}"
    if stage.kind is Kind.BANDIT:
        return f"share follows the rewards{_by(stage)}, {stage.floor_percent} % for each at least"
    if stage.takes_traffic:
        return f"gets {stage.percent} % of the traffic{_by(stage)}"
    return f"{_WHAT[stage.kind]}{_agreement(stage)}"


def _agreement(stage: Stage) -> str:
    return "" if stage.min_agreement is None else f", of which {stage.min_agreement:.2%} must agree with the champion's"


def _by(stage: Stage) -> str:
    return f" ({stage.goal} decides)" if stage.goal else ""


def _bake(plan: Plan) -> str:
    if not plan.bake.minutes:
        return "promoted, and the previous version is taken down at once"
    held_back = f"; the previous version keeps {plan.bake.holdback_percent} %" if plan.bake.holdback_percent else ""
    return f"promoted, and watched for {duration(plan.bake.minutes)}{held_back}"


def _traffic(forecast: Forecast) -> Iterator[str]:
    yield f"{forecast.requests_per_minute:,.1f} requests a minute in the last hour"
    if forecast.error_rate is not None:
        yield f"{forecast.error_rate:.2%} of the champion's failed"

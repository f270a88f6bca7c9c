"""Can a plan be carried out on an endpoint as it is declared? What SageMaker forbids is refused before it is tried.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html and
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html (shadow variants).
"""

from collections.abc import Collection

from sluice.domain.errors import InvalidPlan
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.stage import Kind
from sluice.domain.variant import CHALLENGER, CHAMPION, in_order

_SHOWS_SOMETHING = frozenset({Kind.IN_PLACE, Kind.PREVIEW, Kind.INTERNAL, Kind.APPROVAL})


def check_plan(
    plan: Plan,
    *,
    declared_slots: Collection[str] = (CHAMPION,),
    has_shadow: bool = False,
    is_scaled: bool = False,
    is_captured: bool = True,
) -> None:
    """Raise InvalidPlan with the reason.

    ``declared_slots`` are those of sluice.yaml, ``has_shadow`` says whether it declares a shadow of its own,
    ``is_scaled`` whether it declares autoscaling, and ``is_captured`` whether requests and answers are captured.
    """
    slots = frozenset(declared_slots) | {CHAMPION}
    has_stage = any(stage.kind is Kind.SHADOW for stage in plan.stages)
    of_shadow = _shadow(slots, has_shadow=has_shadow, is_scaled=is_scaled) if has_stage else None
    reason = _shows_nothing(plan) or _in_place(plan, slots) or of_shadow or _captures(plan, is_captured=is_captured)
    if reason:
        raise InvalidPlan(f"{plan.name}: {reason}")


def _shows_nothing(plan: Plan) -> str | None:
    if any(stage.splits_traffic or stage.kind in _SHOWS_SOMETHING for stage in plan.stages):
        return None
    if any(stage.kind is Kind.SHADOW for stage in plan.stages):
        return "nobody has been given a shadow's answers, so it cannot pass alone: add an approval or a canary after it"
    return "everybody would get the candidate with nothing known of it: add a preview, a smaller share or an approval"


def _in_place(plan: Plan, slots: frozenset[str]) -> str | None:
    if not plan.is_in_place or slots == {CHAMPION}:
        return None
    return (
        "SageMaker's guardrails change a single production variant, the same before and after; "
        f"sluice.yaml declares {', '.join(in_order(slots))}"
    )


def _captures(plan: Plan, *, is_captured: bool) -> str | None:
    if is_captured or not plan.needs_captures:
        return None
    return "min_agreement compares captured answers, and none are captured (capture.percent is 0)"


def _shadow(slots: frozenset[str], *, has_shadow: bool, is_scaled: bool) -> str | None:
    if has_shadow:
        return "SageMaker allows one shadow, and sluice.yaml declares one: take it out of there, or out of the plan"
    others = in_order(slots - {CHAMPION, CHALLENGER})
    if others:
        return f"SageMaker allows one production variant beside a shadow; sluice.yaml declares {', '.join(others)}, too"
    if is_scaled and CHALLENGER in slots:  # a variant that goes takes its scaling target along
        return (
            "the challenger that sluice.yaml declares makes way for a shadow, and its autoscaling would be lost for "
            "good: take the challenger, the autoscaling or the shadow out"
        )
    return None

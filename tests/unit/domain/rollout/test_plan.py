"""A plan that cannot be carried out cannot be made, and one that an endpoint forbids is refused with the reason."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from sluice.domain.errors import InvalidPlan
from sluice.domain.rollout.check_plan import check_plan
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.presets import PRESETS
from sluice.domain.rollout.stage import Audience, Kind, Stage
from tests.rollout_builders import ALL, FIVE, HALF, a_plan

IN_PLACE, SHADOW, APPROVAL = Stage(Kind.IN_PLACE), Stage(Kind.SHADOW), Stage(Kind.APPROVAL)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Plan("x", ()), "a plan needs a stage"),
        (lambda: a_plan(HALF, FIVE), "the candidate's share may only grow, got [50, 5]"),
        (lambda: a_plan(FIVE, SHADOW), "shadow comes before the stages that take traffic"),
        (lambda: a_plan(IN_PLACE, FIVE), "before it there can be an approval, and nothing else"),
        (lambda: a_plan(FIVE, IN_PLACE), "before it there can be an approval, and nothing else"),
        (lambda: a_plan(IN_PLACE, APPROVAL), "before it there can be an approval, and nothing else"),
        (lambda: a_plan(FIVE, HALF, horizon_minutes=9), "horizon_minutes is shorter than the stages together, got 9"),
        (lambda: a_plan(horizon_minutes=float("nan")), "horizon_minutes is shorter"),
        (lambda: Bake(-1), "a bake lasts 0 minutes or more and holds back 0 to 50 percent, got -1 and 5"),
        (lambda: Bake(1, 51), "got 1 and 51"),
        (lambda: Stage(Kind.WEIGHT, 0), "weight: percent is a whole number from 1 to 100, got 0"),
        (lambda: Stage(Kind.SHADOW, 5), "shadow: percent is a whole number from 0 to 0, got 5"),
        (lambda: Stage(Kind.SHADOW, min_agreement=1), "shadow: min_agreement is at least 0.5 and below 1, got 1"),
        (lambda: Stage(Kind.SHADOW, min_agreement=0.4), "shadow: min_agreement is at least 0.5 and below 1, got 0.4"),
        (lambda: Stage(Kind.AB_TEST, 100, goal="x"), "ab_test: percent is a whole number from 1 to 99, got 100"),
        (lambda: Stage(Kind.WEIGHT, 5, -1), "weight: minutes are 0 or more, got -1"),
        (lambda: Stage(Kind.AB_TEST, 50), "ab_test: goal is missing"),
        (
            lambda: Stage(Kind.AB_TEST, 50, goal="x", maturation_minutes=-1),
            "ab_test: maturation_minutes are 0 or more, got -1",
        ),
        (lambda: Stage(Kind.BANDIT, 50, goal="x"), "bandit: floor_percent is a whole number from 1 to 50"),
        (lambda: Stage(Kind.INTERNAL), "internal_first: units or groups are missing"),
        (Audience, "internal_first needs units or groups"),
    ],
)
def test_what_makes_no_sense_cannot_be_made(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidPlan, match=re.escape(says)):
        make()


def test_an_approval_may_stand_before_a_change_in_place() -> None:
    assert a_plan(APPROVAL, IN_PLACE).is_in_place


def test_a_plan_is_read_as_it_was_written() -> None:
    audience = Stage(Kind.INTERNAL, audience=Audience(("u",), ("g",)))
    plan = a_plan(SHADOW, audience, FIVE, APPROVAL)

    assert Plan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize(
    ("plan", "endpoint", "says"),
    [
        (a_plan(ALL), {}, "everybody would get the candidate with nothing known of it"),
        (a_plan(SHADOW, ALL), {}, "nobody has been given a shadow's answers, so it cannot pass alone"),
        (
            read_plan({"plan": "shadow", "min_agreement": 0.9}),
            {"is_captured": False},
            "min_agreement compares captured answers, and none are captured (capture.percent is 0)",
        ),
        (
            read_plan("in_place"),
            {"declared_slots": {"champion", "challenger"}},
            "a single production variant, the same before and after; sluice.yaml declares champion, challenger",
        ),
        (read_plan("shadow"), {"has_shadow": True}, "SageMaker allows one shadow, and sluice.yaml declares one"),
        (
            read_plan("shadow"),
            {"declared_slots": {"champion", "challenger", "challenger-2"}},
            "one production variant beside a shadow; sluice.yaml declares challenger-2, too",
        ),
        (
            read_plan("shadow"),
            {"declared_slots": {"champion", "challenger"}, "is_scaled": True},
            "makes way for a shadow, and its autoscaling would be lost for good",
        ),
    ],
)
def test_what_sagemaker_forbids_is_refused_with_the_reason(plan: Plan, endpoint: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidPlan, match=re.escape(says)):
        check_plan(plan, **endpoint)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_carried_out_on_a_plain_endpoint(name: str) -> None:
    needed = {"goal": "bought"} if name.endswith(("ab_test", "bandit")) else {}
    groups = {"groups": ["staff"]} if name == "internal_first" else {}

    check_plan(read_plan({"plan": name, **needed, **groups}))


@pytest.mark.parametrize("name", ["in_place", "canary"])
def test_a_declared_shadow_is_in_nobodys_way_but_another_shadows(name: str) -> None:
    check_plan(read_plan(name), has_shadow=True)


def test_without_captures_a_shadow_of_which_nothing_is_asked_is_a_plan() -> None:
    check_plan(read_plan("shadow"), is_captured=False)


def test_a_shadow_may_push_the_declared_challenger_aside() -> None:
    check_plan(read_plan("shadow_then_canary"), declared_slots={"champion", "challenger"})


def test_autoscaling_is_in_nobodys_way_but_that_of_a_declared_challenger_in_a_shadows() -> None:
    check_plan(read_plan("shadow_then_canary"), is_scaled=True)
    check_plan(read_plan("canary"), declared_slots={"champion", "challenger"}, is_scaled=True)

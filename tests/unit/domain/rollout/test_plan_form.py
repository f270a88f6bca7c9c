"""What people write becomes a plan, or they are told where it is wrong, what was found, and what is allowed."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidPlan
from sluice.domain.evidence.rules import Rules
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.presets import PRESETS, settings_of
from sluice.domain.rollout.stage import Audience, Kind, Stage
from sluice.domain.rollout.strategy import STRATEGIES

NEEDED: dict[str, dict[str, Any]] = {
    "ab_test": {"goal": "bought"},
    "bandit": {"goal": "bought"},
    "shadow_then_ab_test": {"goal": "bought"},
    "internal_first": {"groups": ["staff"]},
}


def shape(plan: Plan) -> list[tuple[str, int, float]]:
    """Kind, percent and minutes of each stage."""
    return [(stage.kind.value, stage.percent, stage.minutes) for stage in plan.stages]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_a_plan_with_nothing_but_what_only_people_know(name: str) -> None:
    plan = read_plan({"plan": name, **NEEDED.get(name, {})})

    assert plan.name == name
    assert Plan.from_dict(plan.to_dict()) == plan


def test_a_canary_grows_by_default_from_1_to_100_percent_five_minutes_each() -> None:
    assert read_plan("canary") == read_plan({"plan": "canary"})
    assert shape(read_plan("canary")) == [("weight", percent, 5) for percent in (1, 5, 25, 50, 100)]
    assert (read_plan("canary").bake, read_plan("canary").rules) == (Bake(30, 5), Rules())


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"plan": "canary", "percents": [5, 100], "minutes": 1}, [("weight", 5, 1), ("weight", 100, 1)]),
        ({"plan": "linear", "step_percent": 40}, [("weight", 40, 5), ("weight", 80, 5), ("weight", 100, 5)]),
        ({"plan": "rolling"}, [("weight", percent, 5) for percent in (25, 50, 75, 100)]),
        ({"plan": "blue_green", "minutes": 2}, [("preview", 0, 0), ("weight", 100, 2)]),
        ({"plan": "in_place"}, [("in_place", 0, 5)]),
        ({"plan": "shadow"}, [("shadow", 0, 30), ("approval", 0, 0)]),
        (
            {"plan": "canary_then_approval"},
            [*(("weight", percent, 5) for percent in (1, 5, 25, 50)), ("approval", 0, 0)],
        ),
        ({"plan": "canary_then_approval", "percents": [10]}, [("weight", 10, 5), ("approval", 0, 0)]),
        (
            {"plan": "internal_first", "units": ["u"], "percents": [50], "minutes": 9},
            [("internal_first", 0, 9), ("weight", 50, 9)],
        ),
        (
            {"stages": [{"shadow": {"minutes": 10}}, {"canary": {"percents": [5, 25, 100]}}, {"approval": {}}]},
            [("shadow", 0, 10), ("weight", 5, 5), ("weight", 25, 5), ("weight", 100, 5), ("approval", 0, 0)],
        ),
        ({"stages": ["preview", {"approval": None}]}, [("preview", 0, 0), ("approval", 0, 0)]),
    ],
)
def test_forms_are_read(form: dict[str, Any], expected: list[tuple[str, int, float]]) -> None:
    assert shape(read_plan(form)) == expected


def test_all_settings_reach_the_plan() -> None:
    plan = read_plan(
        {
            "stages": [
                {"internal_first": {"units": ["N14228"], "groups": ["staff"]}},
                {"bandit": {"goal": "bought", "percent": 20, "floor_percent": 5, "minutes": 30}},
            ],
            "bake": {"minutes": 60, "holdback_percent": 10},
            "evidence": {"promote_ratio": 2},
            "horizon_minutes": 600,
        }
    )

    assert plan.stages[0].audience == Audience(("N14228",), ("staff",))
    assert plan.stages[1] == Stage(Kind.BANDIT, 20, 30, floor_percent=5, goal="bought")
    assert (plan.bake, plan.rules, plan.horizon_minutes) == (Bake(60, 10), Rules(promote_ratio=2.0), 600)
    assert plan.name == "custom"


def test_a_horizon_is_a_day_and_never_less_than_twice_the_stages() -> None:
    assert read_plan("canary").horizon_minutes == 24 * 60
    assert read_plan({"plan": "canary", "minutes": 500}).horizon_minutes == 5000


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("canari", "rollout.plan: there is no preset 'canari', allowed: in_place, blue_green, rolling, linear, canary"),
        ([], "rollout: expected settings by name, got []"),
        ({1: 2}, "rollout: expected settings by name, got {1: 2}"),
        ({}, "rollout: expected a plan (in_place, "),
        ({"plan": "canary", "stages": []}, "or stages, got ['plan', 'stages']"),
        ({"plan": 7}, "rollout.plan: expected a text, got 7"),
        ({"plan": "canary", "percent": 5}, "rollout: there is no setting 'percent', allowed: percents, minutes"),
        ({"plan": "canary", "percents": 5}, "rollout.percents: expected whole percents that grow, such as [1, 5"),
        ({"plan": "canary", "percents": [5, 1]}, "rollout.percents: expected percents that grow, got [5, 1]"),
        (
            {"plan": "canary", "percents": [5, 101]},
            "rollout.percents[1]: expected a whole number from 1 to 100, got 101",
        ),
        (
            {"plan": "canary", "percents": [True]},
            "rollout.percents[0]: expected a whole number from 1 to 100, got True",
        ),
        ({"plan": "canary", "minutes": "5"}, "rollout.minutes: expected a number, 0 or more, got '5'"),
        ({"plan": "canary", "minutes": float("nan")}, "rollout.minutes: expected a number, 0 or more, got nan"),
        ({"plan": "internal_first"}, "internal_first needs units or groups: whom should the candidate be shown to"),
        ({"plan": "internal_first", "units": "me"}, "rollout.units: expected a list of texts, got 'me'"),
        ({"plan": "internal_first", "units": [" "]}, "rollout.units[0]: expected a text, got ' '"),
        ({"plan": "ab_test"}, "rollout: ab_test: goal is missing"),
        ({"plan": "canary", "bake": {"hours": 1}}, "rollout.bake: there is no setting 'hours', allowed: minutes, hold"),
        (
            {"plan": "canary", "bake": {"holdback_percent": 60}},
            "rollout.bake.holdback_percent: expected a whole number",
        ),
        ({"plan": "canary", "bake": 5}, "rollout.bake: expected settings by name, got 5"),
        ({"plan": "canary", "evidence": {"promote_ratio": 1}}, "rollout.evidence: promote_ratio is above 1"),
        ({"plan": "canary", "horizon_minutes": -1}, "rollout.horizon_minutes: expected a number, 0 or more, got -1"),
        ({"plan": "canary", "horizon_minutes": 9}, "horizon_minutes is shorter than the stages together, got 9"),
        ({"stages": []}, "rollout.stages: expected a list of stages, got []"),
        ({"stages": "canary"}, "rollout.stages: expected a list of stages, got 'canary'"),
        ({"stages": ["canary"], "minutes": 5}, "rollout: there is no setting 'minutes', allowed: stages, bake"),
        ({"stages": [{}]}, "rollout.stages[0]: expected one strategy with its settings, got {}"),
        ({"stages": ["weight"]}, "rollout.stages[0]: there is no strategy 'weight', allowed: in_place, preview"),
        ({"stages": [{"approval": {"by": "me"}}]}, "stages[0].approval: there is no setting 'by', none is allowed"),
        ({"stages": [{"canary": {"minutes": []}}]}, "rollout.stages[0].canary.minutes: expected a number"),
        ({"stages": [{"canary": 5}]}, "rollout.stages[0].canary: expected settings by name, got 5"),
        ({"stages": [{"bandit": {"goal": "x", "floor_percent": 0}}]}, "floor_percent: expected a whole number from 1"),
    ],
)
def test_mistakes_are_told_with_their_place_and_what_is_allowed(form: Any, says: str) -> None:
    with pytest.raises(InvalidPlan, match=re.escape(says)):
        read_plan(form)


def test_the_path_is_that_of_the_file_it_was_read_from() -> None:
    with pytest.raises(InvalidPlan, match=re.escape("models.flights.rollout.plan: there is no preset 'x'")):
        read_plan("x", "models.flights.rollout")


_NAMES = ["plan", "stages", "bake", "evidence", "minutes", "percents", "goal", *settings_of("bandit")]
_LEAVES = st.none() | st.booleans() | st.integers(-5, 200) | st.floats() | st.sampled_from(["x", "", *STRATEGIES])
VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*STRATEGIES, *_NAMES]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=200)
@given(form=st.dictionaries(st.sampled_from(_NAMES), VALUES, max_size=4))
def test_whatever_is_written_is_a_plan_or_a_mistake_that_is_told(form: dict[str, Any]) -> None:
    try:
        plan = read_plan(form)
    except InvalidPlan:
        return
    assert Plan.from_dict(plan.to_dict()) == plan

from pathlib import Path
from typing import Any

import pytest
import yaml

from sluice.domain.evidence.counts import EventKind
from sluice.domain.evidence.rules import Rules
from sluice.domain.rollout.plan_form import read_plan
from sluice.domain.rollout.presets import PRESETS, settings_of
from sluice.domain.rollout.stage import Kind
from sluice.settings.rollout import Evidence, Rollout
from sluice.settings.source import InvalidSettings, parse

MODEL = """\
models:
  flights:
    variants:
      champion: {artifact: build/v1, weight: 100}
"""
FEWEST: dict[str, dict[str, Any]] = {
    "internal_first": {"groups": ["staff"]},
    "ab_test": {"goal": "clicks"},
    "bandit": {"goal": "clicks"},
    "shadow_then_ab_test": {"goal": "clicks"},
}


def problem(rollout: str, variants: str = "") -> str:
    """The one line about a rollout section, written below the model."""
    with pytest.raises(InvalidSettings) as invalid:
        parse(MODEL + variants + "    rollout:\n" + rollout, Path("sluice.yaml"))
    (line,) = str(invalid.value).splitlines()
    return line


def test_without_a_word_a_version_is_released_as_a_canary() -> None:
    flights = parse(MODEL, Path("sluice.yaml")).models["flights"]

    assert flights.rollout.to_plan() == read_plan("canary")
    assert flights.rollout.on_approval == "start"


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_can_be_named(preset: str) -> None:
    settings = FEWEST.get(preset, {})

    assert Rollout(plan=preset, **settings).to_plan() == read_plan({"plan": preset, **settings})


def test_whatever_can_be_set_of_a_preset_is_a_setting_and_nothing_else_is() -> None:
    settable = {name for preset in PRESETS for name in settings_of(preset)}

    of_all_plans = {"plan", "stages", "bake", "evidence", "horizon_minutes", "on_approval", "keep_unused"}
    assert Rollout.model_fields.keys() == settable | of_all_plans


def test_the_defaults_of_evidence_are_the_domains() -> None:
    assert Rules.from_dict(Evidence().model_dump()) == Rules()
    assert Evidence.model_fields.keys() == Rules().to_dict().keys()


def test_the_settings_of_a_plan_reach_it() -> None:
    written = """\
    plan: linear
    step_percent: 50
    minutes: 2
    bake: {minutes: 0, holdback_percent: 0}
    evidence: {promote_ratio: 2, floor_rates: {errors: 0.01}}
    horizon_minutes: 90
"""
    plan = Rollout.model_validate(yaml.safe_load(written)).to_plan()

    assert [(stage.percent, stage.minutes) for stage in plan.stages] == [(50, 2), (100, 2)]
    assert (plan.bake.minutes, plan.bake.holdback_percent, plan.horizon_minutes) == (0, 0, 90)
    assert (plan.rules.promote_ratio, dict(plan.rules.floor_rates)) == (2, {EventKind.ERRORS: 0.01})


def test_stages_can_be_written_one_by_one() -> None:
    written = "stages: [preview, shadow: {minutes: 10}, canary: {percents: [5, 100]}, approval]"

    plan = Rollout.model_validate(yaml.safe_load(written)).to_plan()

    assert [stage.kind for stage in plan.stages] == [
        Kind.PREVIEW,
        Kind.SHADOW,
        Kind.WEIGHT,
        Kind.WEIGHT,
        Kind.APPROVAL,
    ]


@pytest.mark.parametrize(
    ("rollout", "said"),
    [
        (
            "      plan: canari\n",
            "6: models.flights.rollout.plan: there is no preset 'canari', allowed: in_place, blue",
        ),
        ("      percents: [5, 3]\n", "6: models.flights.rollout.percents: expected percents that grow, got [5, 3]"),
        (
            "      plan: canary\n      units: [ann]\n",
            "5: models.flights.rollout: there is no setting 'units', allowed: percents, minutes",
        ),
        ("      plan: canary\n      stages: [canary]\n", "5: models.flights.rollout: expected a plan (in_place, blue"),
        ("      plan: ab_test\n", "5: models.flights.rollout: ab_test: goal is missing: the name of the reward"),
        (
            "      stages:\n        - preview\n        - canary:\n            percents: [5, 500]\n",
            "9: models.flights.rollout.stages.1.canary.percents.1: expected a whole number from 1 to 100, got 500",
        ),
        (
            "      stages:\n        - canari\n",
            "7: models.flights.rollout.stages.0: there is no strategy 'canari', allo",
        ),
        (
            "      stages:\n        - canary\n        - shadow\n",
            "5: models.flights.rollout: shadow comes before the stages that take traffic: SageMaker shadows a single",
        ),
        (
            "      bake:\n        minutes: -1\n",
            "7: models.flights.rollout.bake.minutes: expected a number, 0 or more, got -1",
        ),
        (
            "      evidence:\n        promote_ratio: 0.5\n",
            "6: models.flights.rollout.evidence: promote_ratio is above 1, or an equal version could never be promoted",
        ),
        (
            "      evidence:\n        floor_rates: {error: 0.01}\n",
            "6: models.flights.rollout.evidence: rules cannot be read: 'error' is not a valid EventKind",
        ),
        (
            "      horizon_minutes: 1\n",
            "5: models.flights.rollout: horizon_minutes is shorter than the stages together, got 1",
        ),
        (
            "      evidense: {}\n",
            "6: models.flights.rollout.evidense: there is no such setting; there are plan, stages",
        ),
        ("      on_approval: stop\n", "6: models.flights.rollout.on_approval: must be 'start' or 'ignore', got stop"),
        ("      minutes: soon\n", "6: models.flights.rollout.minutes: must be a valid number, unable to parse string"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused_on_its_line(rollout: str, said: str) -> None:
    assert problem(rollout).startswith(f"sluice.yaml:{said}")


@pytest.mark.parametrize(
    ("variants", "rollout", "said"),
    [
        (
            "      challenger: {artifact: build/v2, weight: 0}\n",
            "plan: in_place",
            "6: models.flights.rollout: in_place: SageMaker's guardrails change a single production variant",
        ),
        (
            "      challenger-2: {artifact: build/v2, weight: 0}\n",
            "plan: shadow_then_canary",
            "6: models.flights.rollout: shadow_then_canary: SageMaker allows one production variant beside a shadow",
        ),
        (
            "    capture: {percent: 0}\n",
            "{plan: shadow, min_agreement: 0.9}",
            "6: models.flights.rollout: shadow: min_agreement compares captured answers, and none are captured",
        ),
        ("", "percents: [100]", "5: models.flights.rollout: canary: everybody would get the candidate with nothing"),
    ],
    ids=["in place beside a challenger", "a shadow beside a third variant", "nothing captured", "nothing to judge by"],
)
def test_a_plan_that_cannot_be_carried_out_on_the_endpoint_is_refused(variants: str, rollout: str, said: str) -> None:
    assert problem(f"      {rollout}\n", variants).startswith(f"sluice.yaml:{said}")


@pytest.mark.parametrize("challenger", ["", "      challenger: {artifact: build/v2, weight: 0}\n"])
def test_a_shadow_may_take_the_challengers_place(challenger: str) -> None:
    parsed = parse(MODEL + challenger + "    rollout: {plan: shadow_then_canary}\n", Path("sluice.yaml"))

    assert parsed.models["flights"].rollout.to_plan().name == "shadow_then_canary"

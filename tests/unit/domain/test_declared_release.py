import json
from typing import Any

import pytest

from sluice.domain.declared_release import DeclaredRelease, OnApproval
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.stage import Kind, Stage

PLAN = Plan("canary", (Stage(Kind.WEIGHT, 50, 5),))
FORM: dict[str, Any] = {
    "endpoint": "sluice-flights",
    "declaration": {"variants": [], "image": "image:1", "model": {}, "shape": {}, "config": {}},
    "plan": PLAN.to_dict(),
    "declared_slots": ["champion", "challenger"],
    "routing_seconds": 5,
    "on_approval": "start",
    "keeps": 3,
    "config_name": "sluice-flights-0123456789",
}


def test_a_declaration_reads_as_the_stack_wrote_it() -> None:
    declared = DeclaredRelease.from_dict("flights", json.loads(json.dumps(FORM)))

    assert (declared.model, declared.endpoint, declared.plan) == ("flights", "sluice-flights", PLAN)
    assert declared.declared_slots == {"champion", "challenger"}
    assert (declared.on_approval, declared.keeps, declared.routing_seconds) == (OnApproval.START, 3, 5)
    assert declared.config_name == "sluice-flights-0123456789"


def test_a_plan_and_cloudformations_config_may_be_missing() -> None:
    form = {name: value for name, value in FORM.items() if name != "config_name"}

    declared = DeclaredRelease.from_dict("flights", {**form, "plan": None})

    assert (declared.plan, declared.config_name) == (None, None)


@pytest.mark.parametrize("missing", ["endpoint", "declaration", "declared_slots", "routing_seconds", "keeps"])
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        DeclaredRelease.from_dict("flights", {name: value for name, value in FORM.items() if name != missing})


def test_an_unknown_way_to_take_approvals_is_refused() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        DeclaredRelease.from_dict("flights", {**FORM, "on_approval": "perhaps"})

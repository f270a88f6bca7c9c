import json
from dataclasses import replace
from math import exp
from typing import Any

import pytest

from sluice.domain.errors import InvalidPlan, InvalidRules
from sluice.domain.evidence.counts import EventKind
from sluice.domain.evidence.rules import Rules

KINDS = [{EventKind.ERRORS: 0.001}, {EventKind.ERRORS: 0.001, EventKind.SLOW: 0.01}]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rollback_ratio": 0.9}, r"rollback_ratio is at least 1, or an equal version would be rolled back, got 0\.9"),
        ({"rollback_ratio": float("inf")}, "rollback_ratio is at least 1"),
        ({"promote_ratio": 1.0}, r"promote_ratio is above 1, or an equal version could never be promoted, got 1\.0"),
        ({"promote_ratio": float("nan")}, "promote_ratio is above 1"),
        ({"rollback_alpha": 0.0}, r"rollback_alpha is above 0 and at most 0\.5"),
        ({"promote_alpha": 0.6}, r"promote_alpha is above 0 and at most 0\.5, got 0\.6"),
        ({"floor_rates": {}}, "at least one"),
        ({"floor_rates": {EventKind.SLOW: 0.0}}, r"floor_rates: slow is above 0 and at most 0\.5, got 0\.0"),
        ({"floor_rates": {EventKind.SLOW: 0.9}}, "floor_rates: slow"),
        ({"min_requests": 0}, "no data is never a pass, got 0"),
        ({"min_events": 0}, "min_events is at least 1"),
        ({"min_minutes": -1.0}, "min_minutes is 0 or more"),
        ({"mismatch_floor": float("nan")}, "mismatch_floor is 0 or more"),
        ({"slow_factor": 0.9}, "slow_factor is at least 1, or most of the champion's own requests would be slow"),
        ({"least_slow_milliseconds": -1}, "least_slow_milliseconds is 0 or more"),
    ],
    ids=str,
)
def test_rules_that_could_judge_nothing_are_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRules, match=reason):
        replace(Rules(), **changes)


def test_all_reasons_are_given_at_once() -> None:
    with pytest.raises(InvalidPlan, match=r"rollback_ratio.*; min_events"):
        Rules(rollback_ratio=0.5, min_events=0)


@pytest.mark.parametrize("floors", KINDS, ids=len)
def test_one_kind_suffices_to_roll_back_so_they_share_the_error(floors: dict[EventKind, float]) -> None:
    assert exp(Rules(floor_rates=floors).harm_boundary) == pytest.approx(100 * len(floors))


@pytest.mark.parametrize("floors", KINDS, ids=len)
def test_all_kinds_are_needed_to_promote_so_each_has_the_whole_error(floors: dict[EventKind, float]) -> None:
    assert exp(Rules(floor_rates=floors).promote_boundary) == pytest.approx(20)


def test_rules_survive_json() -> None:
    rules = Rules(rollback_ratio=1.2, floor_rates={EventKind.SLOW: 0.02}, min_events=7, mismatch_floor=0.5)

    assert Rules.from_dict(json.loads(json.dumps(rules.to_dict()))) == rules


def test_what_is_left_out_is_as_by_default() -> None:
    assert Rules.from_dict({}) == Rules()
    assert Rules.from_dict({"promote_ratio": 2}) == Rules(promote_ratio=2.0)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"promote_rate": 2, "alpha": 1}, r"rules are rollback_ratio, .*, got alpha, promote_rate"),
        ({"promote_ratio": "high"}, "cannot be read: could not convert"),
        ({"min_events": None}, "cannot be read"),
        ({"floor_rates": {"crashes": 0.1}}, "cannot be read: 'crashes' is not a valid EventKind"),
        ({"floor_rates": 0.1}, "cannot be read"),
        ({"promote_ratio": 0.5}, "promote_ratio is above 1"),
    ],
    ids=str,
)
def test_forms_that_are_no_rules_are_refused(form: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRules, match=reason):
        Rules.from_dict(form)


def test_slow_is_slower_than_the_champion_and_slow_enough_to_be_noticed() -> None:
    rules = Rules(slow_factor=1.5, least_slow_milliseconds=25)

    assert rules.slow_after(80) == 120
    assert rules.slow_after(2) == 25

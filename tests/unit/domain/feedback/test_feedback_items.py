from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.errors import InvalidFeedback
from sluice.domain.feedback.item import Feedback, read_feedback
from sluice.domain.feedback.rules import RuleBook, Rules

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RULES = Rules(minimum=0, maximum=1, keep=timedelta(days=30), unit_window=timedelta(days=1))


def read(**form: Any) -> Feedback:
    return read_feedback({"prediction_id": "p-1", **form}, now=NOW)


def refused(form: Any) -> list[str]:
    with pytest.raises(InvalidFeedback) as caught:
        read_feedback(form, now=NOW)
    return [violation.where for violation in caught.value.violations]


def test_a_label_and_a_reward_count_for_goals_of_their_names_unless_one_is_given() -> None:
    assert read(label=1) == Feedback("p-1", "label", 1.0, None, NOW)
    assert read(reward=0.25, name="clicks", covariate=3).name == "clicks"
    assert read(label=True).value == 1.0


@pytest.mark.parametrize(
    ("clicked", "value"), [([1], 1.0), ([0, 3], 0.0), ([0, 1], 0.5), ([], 0.5), ([1, 1, 0, 3], 0.0), ([2], 0.5)]
)
def test_the_clicks_in_a_drafted_list_say_who_won_it(clicked: list[int], value: float) -> None:
    assert read(draft="CTNC", clicked=clicked) == Feedback("p-1", "clicked:draft", value, None, NOW)


def test_winners_are_counted_apart_from_rewards_of_the_same_goal() -> None:
    won, rewarded = read(name="booked", draft="T", clicked=[0]), read(name="booked", reward=1)

    assert (won.name, rewarded.name) == ("booked:draft", "booked")
    assert (won.is_of_a_draft, rewarded.is_of_a_draft) == (True, False)


def test_bounds_of_amounts_are_none_of_winners() -> None:
    rules = replace(RULES, minimum=5, maximum=500)

    assert rules.violations(read(draft="T", clicked=[0]), now=NOW) == []
    assert rules.violations(read(reward=1), now=NOW) != []


def test_a_time_is_taken_in_any_zone_and_defaults_to_now() -> None:
    assert read(reward=0, at="2026-11-21T11:00:00+02:00").at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert read(reward=0, at="2026-11-21T09:00:00Z").at == datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ([], [""]),
        ({"prediction_id": "p-1"}, ["reward"]),
        ({"prediction_id": "p-1", "reward": 1, "label": 1}, ["reward"]),
        ({"prediction_id": "p-1", "reward": 1, "value": 1}, ["value"]),
        ({"reward": 1}, ["prediction_id"]),
        ({"prediction_id": "", "reward": 1}, ["prediction_id"]),
        ({"prediction_id": "p" * 65, "reward": 1}, ["prediction_id"]),
        ({"prediction_id": 7, "reward": "1"}, ["prediction_id", "reward"]),
        ({"prediction_id": "p-1", "reward": float("nan")}, ["reward"]),
        ({"prediction_id": "p-1", "reward": float("inf")}, ["reward"]),
        ({"prediction_id": "p-1", "reward": 10**400}, ["reward"]),
        ({"prediction_id": "p-1", "label": None}, ["label"]),
        ({"prediction_id": "p-1", "reward": 1, "covariate": "x"}, ["covariate"]),
        ({"prediction_id": "p-1", "reward": 1, "name": "Clicks#1"}, ["name"]),
        ({"prediction_id": "p-1", "reward": 1, "at": "today"}, ["at"]),
        ({"prediction_id": "p-1", "reward": 1, "at": "2026-11-21T09:00:00"}, ["at"]),
        ({"prediction_id": "p-1", "reward": 1, "at": 7}, ["at"]),
        ({"prediction_id": "p-1", "draft": "CT"}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": 1}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [2]}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [-1]}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [True]}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [0.0]}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CTX", "clicked": []}, ["draft"]),
        ({"prediction_id": "p-1", "draft": "", "clicked": []}, ["draft"]),
        ({"prediction_id": "p-1", "draft": ["C"], "clicked": []}, ["draft"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [], "reward": 1}, ["reward"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [], "covariate": 1}, ["covariate"]),
        ({"prediction_id": "p-1", "reward": 1, "clicked": [0]}, ["clicked"]),
        ({"prediction_id": "p-1", "draft": "CT", "clicked": [], "name": "a:draft"}, ["name"]),
    ],
)
def test_what_does_not_fit_is_refused_by_place(form: Any, where: list[str]) -> None:
    assert refused(form) == where


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=9), inner, max_size=2),
    max_leaves=4,
)


@given(json_values)
@settings(max_examples=60, deadline=None)
def test_any_json_is_read_or_refused(form: Any) -> None:
    draft = {"prediction_id": form, "draft": form, "clicked": form}
    for each in (form, {"prediction_id": form, "reward": form, "at": form, "name": form}, draft):
        with suppress(InvalidFeedback):
            read_feedback(each, now=NOW)


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ({"reward": 0}, []),
        ({"reward": 1}, []),
        ({"reward": 1.000001}, ["reward"]),
        ({"reward": -0.1}, ["reward"]),
        ({"reward": 0, "at": "2026-11-21T09:34:00Z"}, []),
        ({"reward": 0, "at": "2026-11-21T09:36:00Z"}, ["at"]),
        ({"reward": 0, "at": "2026-10-21T09:31:00Z"}, ["at"]),
    ],
)
def test_a_model_takes_what_is_within_bounds_of_its_time(form: Any, where: list[str]) -> None:
    assert [violation.where for violation in RULES.violations(read(**form), now=NOW)] == where


def test_of_an_unknown_prediction_only_what_no_model_takes_is_refused() -> None:
    other = Rules(minimum=-5, maximum=0, keep=timedelta(days=7), unit_window=timedelta(0))
    book = RuleBook({"flights": RULES, "other": other})

    assert book.of("other") is other
    assert book.of(None) == Rules(minimum=-5, maximum=1, keep=timedelta(days=30), unit_window=timedelta(days=1))
    assert book.of("gone") == book.of(None)


def test_feedback_repeats_itself_whenever_it_came() -> None:
    one = read(reward=0.3, covariate=2)

    assert one.says_the_same_as(read(reward=0.3, covariate=2, at="2026-11-20T09:00:00Z"))
    assert not one.says_the_same_as(read(reward=0.3))
    assert not one.says_the_same_as(read(reward=0.4, covariate=2))

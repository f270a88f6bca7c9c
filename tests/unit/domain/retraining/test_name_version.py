"""A retraining's version has a name of its own, which sorts by time and which a person may give."""

import doctest
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.retraining import name_version as module
from sluice.domain.retraining.book import Book
from sluice.domain.retraining.name_version import name_version, unfit_version, version_for
from sluice.domain.signature import is_version_name
from tests.retraining_builders import T0, a_run, a_trigger, by_hand


@given(st.lists(st.integers(0, 200), max_size=20))
def test_names_are_versions_that_differ_and_sort_by_time(seconds: list[int]) -> None:
    names: list[str] = []
    for second in sorted(seconds):
        names.append(name_version(T0 + timedelta(seconds=second), names))

    assert len(set(names)) == len(names)
    assert all(map(is_version_name, names))
    several = {second for second in seconds if seconds.count(second) > 9}
    assert several or names == sorted(names)


def test_a_taken_minute_gets_its_seconds_and_then_a_number() -> None:
    assert doctest.testmod(module).failed == 0


def test_a_name_is_not_given_twice_whatever_became_of_the_first() -> None:
    book = Book("flights", past=(a_run(status="Failed", version="20261121-0300").brief(),))

    assert version_for(a_trigger(), Book("flights")) == "20261121-0300"
    assert version_for(a_trigger(), book) == "20261121-030000"


def test_a_person_may_give_one() -> None:
    assert version_for(by_hand(parameters={"Version": "summer-2"}), Book("flights")) == "summer-2"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, None),
        ("summer-2", None),
        ("summer 2", "the parameter Version is 1 to 64 letters, digits and any of . _ + -, got 'summer 2'"),
        ("", "the parameter Version is 1 to 64 letters, digits and any of . _ + -, got ''"),
        ("3", "retraining run-schedule:0 has made version 3: give the new one another name"),
        ("4", None),
    ],
)
def test_it_has_to_be_a_name_that_is_free(given: str | None, why: str | None) -> None:
    book = Book("flights", past=(a_run(version="3"), a_run(status="Failed", version="4")))

    assert unfit_version(by_hand(parameters={} if given is None else {"Version": given}), book) == why

"""Which rows may be learnt from: a plain reading of the rules, row by row, says the same."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.training.choose import Fate, Terms, choose, in_order
from sluice.domain.training.rows import NOBODY, Rows, State

TERMS = Terms(since=10, until=20, as_of=30, least=0, most=1, classes=2)


@dataclass(frozen=True, slots=True)
class Row:
    id: int = 0
    attempt: int = 1
    time: int = 15
    unit: int = NOBODY
    label: float | None = 1.0
    label_time: int = 16
    received: int = 17
    state: State = State.FIT


def rows(*given_: Row) -> Rows:
    def whole(name: str) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        return np.array([getattr(each, name) for each in given_], dtype=np.int64)

    labels = np.array([np.nan if each.label is None else each.label for each in given_], dtype=np.float64)
    return Rows(
        whole("id"),
        whole("attempt"),
        whole("time"),
        whole("unit"),
        labels,
        whole("label_time"),
        whole("received"),
        whole("state"),
    )


def fates(*given_: Row, terms: Terms = TERMS) -> list[Fate]:
    return [Fate(fate) for fate in choose(rows(*given_), terms)]


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (Row(), Fate.KEPT),
        (Row(time=10), Fate.KEPT),
        (Row(time=9), Fate.OUTSIDE),
        (Row(time=20, label_time=20), Fate.OUTSIDE),
        (Row(state=State.SEVERAL, label=None), Fate.SEVERAL),
        (Row(label=None), Fate.UNLABELLED),
        (Row(received=30), Fate.KEPT),
        (Row(received=31), Fate.LABEL_UNKNOWN_THEN),
        (Row(label_time=31), Fate.LABEL_UNKNOWN_THEN),
        (Row(label_time=15), Fate.KEPT),
        (Row(label_time=14), Fate.LABEL_BEFORE),
        (Row(label=2.0), Fate.LABEL_REFUSED),
        (Row(label=0.5), Fate.LABEL_REFUSED),
        (Row(state=State.MISFIT), Fate.MISFIT),
        (Row(state=State.REDACTED), Fate.REDACTED),
    ],
)
def test_a_row_by_itself(row: Row, fate: Fate) -> None:
    assert fates(row) == [fate]


def test_only_what_a_person_should_look_at_is_quarantined() -> None:
    assert {fate for fate in Fate if fate.is_quarantined} == {Fate.MISFIT, Fate.REDACTED, Fate.OUTLIER}


def test_labels_of_no_classes_are_numbers() -> None:
    assert fates(Row(label=0.5), terms=Terms(10, 20, 30, least=0, most=1)) == [Fate.KEPT]


def test_the_last_attempt_gave_the_answer_and_counts_once() -> None:
    first, last = Row(attempt=1, time=15), Row(attempt=2, time=12)

    assert fates(first, last, last) == [Fate.REPLACED, Fate.KEPT, Fate.REPLACED]


def test_an_answer_of_another_time_is_not_replaced_by_an_earlier_one_of_this() -> None:
    assert fates(Row(attempt=2, time=25), Row(attempt=1, time=15)) == [Fate.OUTSIDE, Fate.REPLACED]


def test_a_unit_brings_so_many_rows_spread_over_its_time() -> None:
    ten = [Row(id=n, time=10 + n, unit=3, label_time=20) for n in range(10)]
    others = [Row(id=10 + n, time=12, unit=NOBODY) for n in range(5)]
    capped = Terms(10, 20, 30, 0, 1, classes=2, per_unit=5)

    found = fates(*ten, *others, terms=capped)

    assert found[10:] == [Fate.KEPT] * 5
    assert [n for n in range(10) if found[n] is Fate.KEPT] == [1, 3, 5, 7, 9]


def test_of_no_rows_nothing_becomes() -> None:
    assert fates(terms=Terms(10, 20, 30, 0, 1, per_unit=1)) == []


A_ROW = st.builds(
    Row,
    id=st.integers(0, 6),
    attempt=st.integers(1, 3),
    time=st.integers(8, 22),
    unit=st.integers(-1, 2),
    label=st.sampled_from([None, 0.0, 1.0, 2.0, 0.5]),
    label_time=st.integers(8, 32),
    received=st.integers(8, 32),
    state=st.sampled_from(State),
)


@given(st.lists(A_ROW, max_size=12), st.integers(0, 2), st.randoms(use_true_random=False))
def test_neither_the_order_of_files_nor_redelivery_changes_what_is_kept(
    found: list[Row], per_unit: int, random: "np.random.Generator"
) -> None:
    # One answer is captured one way: attempts of the same number are copies of one line.
    lines = list({(each.id, each.attempt): each for each in found}.values())
    terms = Terms(10, 20, 30, 0, 1, classes=2, per_unit=per_unit)
    again = [*lines, *lines[::2]]
    random.shuffle(again)

    assert kept(lines, terms) == kept(again, terms)


def kept(found: list[Row], terms: Terms) -> list[Row]:
    table = rows(*found)
    places = np.flatnonzero(choose(table, terms) == Fate.KEPT)
    return [found[place] for place in in_order(table, places).tolist()]


@given(st.lists(A_ROW, max_size=12))
def test_nothing_is_kept_that_was_not_known_then_or_is_another_answer(found: list[Row]) -> None:
    for row in kept(found, TERMS):
        assert TERMS.since <= row.time < TERMS.until
        assert row.time <= row.label_time <= TERMS.as_of
        assert row.received <= TERMS.as_of
        assert row.label in (0.0, 1.0)
        assert row.state is State.FIT
        assert row.attempt == max(each.attempt for each in found if each.id == row.id)
    assert len({row.id for row in kept(found, TERMS)}) == len(kept(found, TERMS))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(10, 19)), max_size=30), st.integers(1, 4))
def test_the_cap_holds_and_takes_no_more_than_it_must(of: list[tuple[int, int]], most: int) -> None:
    found = [Row(id=place, unit=unit, time=time, label_time=20) for place, (unit, time) in enumerate(of)]

    left = kept(found, Terms(10, 20, 30, 0, 1, per_unit=most))

    for unit in range(4):
        have = sum(each.unit == unit for each in found)
        assert sum(each.unit == unit for each in left) == min(have, most)

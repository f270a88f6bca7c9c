from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.domain.drift.binning import Binning, NumericBins, Role
from sluice.domain.feedback.capture import Poison
from sluice.domain.monitoring import gathering
from sluice.domain.monitoring.gathering import Gathering
from sluice.domain.monitoring.rows import Rows, read_rows
from sluice.domain.monitoring.tally import Tally
from tests.drift_builders import a_reference
from tests.monitoring_builders import answers, requests, side

BINNING = a_reference().binning
ALONE = Binning((NumericBins("x", (1.0,), 0.0, 2.0), NumericBins("y", (1.0,), 0.0, 2.0, Role.OUTPUT)))


def exchanged(asked: Any, said: Any = None) -> dict[str, Any]:
    data = {"endpointInput": side({"instances": asked})}
    return data if said is None else {**data, "endpointOutput": side({"predictions": said})}


def singles(count: int) -> list[dict[str, Any]]:
    pairs = zip(requests(count, seed=3), answers(count, seed=3), strict=True)
    return [exchanged([asked], [said]) for asked, said in pairs]


def gathered(*exchanges: dict[str, Any], binning: Binning = BINNING) -> list[Rows]:
    waiting = Gathering(binning)
    early = [rows for each in exchanges for rows in waiting.add(each)]
    return [*early, *waiting.rest()]


def test_many_requests_of_one_row_are_read_as_one_of_many() -> None:
    (together,) = gathered(*singles(20))

    whole = read_rows(exchanged(requests(20, seed=3), answers(20, seed=3)), BINNING)
    assert (together.count, together.columns) == (20, whole.columns)
    assert together.probabilities is not None
    assert together.probabilities.tolist() == np.asarray(whole.probabilities).tolist()


def test_nothing_waits_twice() -> None:
    waiting = Gathering(BINNING)
    list(waiting.add(singles(1)[0]))

    assert [rows.count for rows in waiting.rest()] == [1]
    assert list(waiting.rest()) == []


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_AT_ONCE", 5)
    waiting = Gathering(BINNING)

    found = [rows.count for each in singles(12) for rows in waiting.add(each)]

    assert found == [5, 5]
    assert [rows.count for rows in waiting.rest()] == [2]


def test_an_answer_that_is_not_fit_takes_no_other_with_it() -> None:
    asked, said = requests(3, seed=3), answers(3, seed=3)
    broken = {"label": 1, "probabilities": [0.5, "no"]}

    found = gathered(
        *(exchanged([row], [answer]) for row, answer in zip(asked, [said[0], broken, said[2]], strict=True))
    )

    assert [rows.probabilities is None for rows in found] == [False, True, False]
    assert [rows.columns.get("label") for rows in found] == [[said[0]["label"]], None, [said[2]["label"]]]


@pytest.mark.parametrize(
    "asked",
    [[], [1, {"temp": 2}], [{"temp": 1}, 2], [{"temp": [1]}, {"temp": []}], {"temp": 1}, 7, None],
    ids=["none", "a bare value first", "a bare value later", "lists", "no list", "a number", "null"],
)
def test_a_request_by_itself_is_read_or_refused_as_ever(asked: Any) -> None:
    try:
        wanted = read_rows(exchanged(asked), BINNING)
    except Poison:
        with pytest.raises(Poison):
            gathered(exchanged(asked), *singles(1))
    else:
        assert gathered(exchanged(asked))[0].columns == wanted.columns


SCALARS = st.none() | st.integers(-5, 5) | st.sampled_from([1.5, "AA", "", True])
CELLS = SCALARS | st.lists(SCALARS, max_size=3)
OBJECTS = st.dictionaries(st.sampled_from(["temp", "carrier", "seats", "odd"]), CELLS, max_size=4)
SAID = st.fixed_dictionaries({}, optional={"label": SCALARS, "probabilities": st.lists(st.floats(0, 1) | SCALARS)})
SIDES = st.lists(OBJECTS | CELLS, max_size=3), st.none() | st.lists(SAID | CELLS, max_size=3)


def counts(rows: list[Rows], binning: Binning) -> list[int]:
    tally = Tally(binning)
    for each in rows:
        tally.add(each)
    return list(tally.summary().counts)


def alone(each: dict[str, Any], binning: Binning) -> list[Rows]:
    try:
        return [read_rows(each, binning)]
    except Poison:
        return []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*SIDES), max_size=8), st.sampled_from([BINNING, ALONE]))
def test_whatever_is_asked_and_said_it_counts_as_read_one_by_one(pairs: list[Any], binning: Binning) -> None:
    exchanges = [exchanged(asked, said) for asked, said in pairs]
    readable = [each for each in exchanges if alone(each, binning)]
    one_by_one = list(chain.from_iterable(alone(each, binning) for each in exchanges))

    assert counts(gathered(*readable, binning=binning), binning) == counts(one_by_one, binning)

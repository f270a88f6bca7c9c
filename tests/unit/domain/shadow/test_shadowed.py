import json
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.evidence.counts import EventKind
from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.replay.sketch import Sketch
from sluice.domain.shadow.shadowed import Shadowed

COUNTS = st.integers(0, 1000)
SKETCHES = st.lists(st.sampled_from([0.0, 1e-9, 0.01, 0.5, 3.0, 1e6]), max_size=6).map(Sketch.of)
TALLIES = st.builds(OutputTally, COUNTS, COUNTS, SKETCHES)
ANSWERS = st.dictionaries(st.sampled_from(["label", "score"]), st.integers(0, 3) | st.none(), max_size=2)
EXAMPLES = st.builds(
    Example,
    prediction_id=st.text(max_size=4),
    row=st.integers(0, 9),
    agrees=st.booleans(),
    difference=st.sampled_from([0.0, 0.25, 0.5, 2.0, inf]),
    inputs=st.just({}),
    captured=ANSWERS,
    candidate=ANSWERS,
)
REPORTS = st.builds(
    Report,
    outcomes=st.dictionaries(st.sampled_from(Outcome), st.integers(1, 99), max_size=3),
    versions=st.just({}),
    skipped=st.dictionaries(st.sampled_from(["a line is not JSON", "a file is gone"]), st.integers(1, 9)),
    rows=COUNTS,
    agreeing=COUNTS,
    outputs=st.dictionaries(st.sampled_from(["label", "score"]), TALLIES),
    milliseconds=st.just(Sketch()),
    troubles=st.lists(st.text(max_size=4), max_size=2).map(tuple),
    worst=st.lists(EXAMPLES, max_size=2).map(tuple),
)
SHADOWED = st.builds(
    Shadowed,
    report=REPORTS,
    differing=st.integers(0, 64).map(lambda eighths: eighths / 8),  # sums of these are exact
    checked=st.just(1000),
    breaches=COUNTS,
    champions_breaches=COUNTS,
    read_until=st.text(max_size=3),
)


def told(shadowed: Shadowed) -> object:
    """Everything but examples: of rows that differ alike the first are kept, in whatever order they came."""
    form = json.loads(json.dumps(shadowed.to_dict()))
    form["report"]["troubles"] = len(form["report"]["troubles"])
    form["report"]["worst"] = [(each["agrees"], each["difference"]) for each in form["report"]["worst"]]
    for tally in form["report"]["outputs"].values():
        tally["differences"]["total"] = pytest.approx(tally["differences"]["total"])
    return form


@given(SHADOWED, SHADOWED)
def test_it_does_not_matter_which_file_comes_first(one: Shadowed, other: Shadowed) -> None:
    assert told(one + other) == told(other + one)


@given(SHADOWED, SHADOWED, SHADOWED)
def test_nor_in_which_pieces_they_are_added_up(one: Shadowed, two: Shadowed, three: Shadowed) -> None:
    assert told((one + two) + three) == told(one + (two + three))


@given(SHADOWED)
def test_what_is_kept_is_read_back(shadowed: Shadowed) -> None:
    assert Shadowed.from_dict(json.loads(json.dumps(shadowed.to_dict()))) == shadowed


@given(SHADOWED)
def test_nothing_adds_nothing(shadowed: Shadowed) -> None:
    assert told(shadowed + Shadowed()) == told(Shadowed() + shadowed)
    assert (shadowed + Shadowed()).read_until == shadowed.read_until


def test_the_agreement_is_that_of_requests_to_which_the_champion_gave_a_fit_answer() -> None:
    outcomes = {Outcome.COMPARED: 6, Outcome.DEFECTIVE: 2, Outcome.NO_ANSWER: 9, Outcome.NOTHING_COMMON: 3}

    found = Shadowed(Report(outcomes=outcomes), differing=4)

    assert (found.requests, found.agreement) == (8, 0.5)
    assert Shadowed().agreement is None


def test_breaches_are_counted_for_both() -> None:
    epoch = Shadowed(checked=40, breaches=3, champions_breaches=1).breaches_counted

    assert (epoch.challenger.requests, epoch.champion.requests) == (40, 40)
    assert (epoch.challenger.events, epoch.champion.events) == ({EventKind.BREACHES: 3}, {EventKind.BREACHES: 1})


def test_a_record_stays_small_whatever_the_numbers_are() -> None:
    sketch = Sketch.of([10.0**exponent * digit for exponent in range(-11, 12) for digit in range(1, 10)])
    wide = Shadowed(Report(outputs={"y": OutputTally(1, 1, sketch)}))

    found = (wide + wide).report.outputs["y"].differences

    assert (found.n, found.largest, sum(found.bins.values())) == (2 * sketch.n, sketch.largest, 2 * sketch.n)
    assert max(found.bins) - min(found.bins) < 256
    assert found.quantile(1.0) == pytest.approx(sketch.largest, rel=0.011)
    assert replace(found).mean == pytest.approx(sketch.mean)

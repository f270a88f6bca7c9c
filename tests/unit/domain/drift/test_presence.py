import json
from collections.abc import Collection
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.binning import Binning, NumericBins, Role
from sluice.domain.drift.column import Codes
from sluice.domain.drift.design import Design
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.model_reference import text_of
from sluice.domain.drift.outcomes import count_outcomes
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.reference_form import read_reference
from sluice.domain.drift.sliced import Slice, SlicedReference, count_slices, read_sliced
from sluice.domain.drift.summarise import summarise
from sluice.domain.evidence.finding import Verdict
from tests.drift_builders import CARRIERS, a_reference, some_answers, some_rows
from tests.number_builders import a_number_reference

NAMES = ("temp", "delay", "seats", "carrier")


@cache
def sliced() -> SlicedReference:
    """By carrier, with simulated tails and labelled answers."""
    answers, labels = some_answers(10_000, seed=2)
    whole = a_reference(draws=200)
    whole = replace(whole, outcomes=count_outcomes(whole.binning, answers, labels))
    rows = some_rows(10_000, seed=1)
    codes = Codes(np.array([CARRIERS.index(each) for each in rows["carrier"]]), CARRIERS)
    known = [Slice("carrier", "AA"), Slice("carrier", "UA")]
    return SlicedReference(whole, count_slices(whole.binning, rows, {"carrier": codes}, known=known, answers=answers))


def seen(*sensitive: str) -> SlicedReference:
    return presence_only(sliced(), sensitive)


def place_of(reference: Reference, name: str) -> int:
    return [bins.name for bins in reference.binning.features].index(name)


def test_nothing_is_left_of_the_values_of_a_category() -> None:
    text = text_of(seen("carrier"))

    assert all(carrier in text_of(sliced()) for carrier in CARRIERS)
    assert not any(f'"{carrier}"' in text for carrier in CARRIERS)
    (form,) = [each for each in json.loads(text)["features"] if each["name"] == "carrier"]
    assert (form["categories"], form["counts"], form["missing"]) == ([], [10_000], 0)


def test_nothing_is_left_of_the_values_of_a_number() -> None:
    whole = seen("temp").whole
    (form,) = [each for each in whole.to_dict()["features"] if each["name"] == "temp"]
    before = sliced().whole.summary.counts[sliced().whole.binning.features_at[0]]

    assert (form["edges"], form["moments"]) == ([], None)
    assert form["high"] == -form["low"] == pytest.approx(3.4028e38, rel=1e-3)
    assert form["missing"] == before[32] > 0
    assert form["counts"] == [10_000 - form["missing"]]
    assert whole.designs[0] == Design(missing=sliced().whole.designs[0].missing)


def test_slices_by_a_sensitive_input_are_left_out_and_others_stay() -> None:
    assert seen("carrier").slices == {}
    assert seen("temp").slices.keys() == sliced().slices.keys()
    kept = seen("temp").of(Slice("carrier", "UA"))
    assert kept.summary.rows == sliced().slices[Slice("carrier", "UA")].rows


def test_a_column_to_slice_by_that_is_no_feature_may_be_sensitive_too() -> None:
    whole = sliced().whole
    by_town = SlicedReference(whole, {Slice("town", "Rome"): whole.summary})

    assert presence_only(by_town, {"town"}) == SlicedReference(whole, {})


def test_the_other_features_and_the_answers_are_as_they_were() -> None:
    before, after = sliced().whole, seen("temp").whole
    of_before, of_after = (place_of(each, "seats") for each in (before, after))

    assert after.binning.features[of_after] == before.binning.features[of_before]
    assert after.moments[of_after] == before.moments[of_before]
    assert before.outcomes is not None
    assert after.outcomes is not None
    assert after.outcomes.rows == before.outcomes.rows
    assert (after.binning.classes, after.binning.scores) == (before.binning.classes, before.binning.scores)
    assert after.tail_table is not None
    assert before.tail_table is not None
    shape = after.tail_table.shape_of[of_after]
    assert after.tail_table.shapes[shape] == before.tail_table.shapes[before.tail_table.shape_of[of_before]]


def test_an_output_of_that_name_is_no_sensitive_input() -> None:
    bins = NumericBins("x", (1.0,), 0.0, 2.0, Role.OUTPUT)
    binning = Binning((bins,))
    reference = Reference(binning, summarise(binning, {"x": [1.0, 2.0]}), (None,), (Design(),))

    assert presence_only(SlicedReference(reference), {"x"}).whole is reference


def test_what_is_not_finite_is_still_counted_as_such() -> None:
    binning = Binning((NumericBins("x", (1.0,), 0.0, 2.0),))
    values = [1.0, 9.0, -9.0, float("inf"), None, "text"]
    reference = Reference(binning, summarise(binning, {"x": values}), (None,), (Design(),))

    counts = presence_only(SlicedReference(reference), {"x"}).whole.summary.counts

    assert counts.tolist() == [4, 1, 1, 0, 1, 1]


@given(st.sets(st.sampled_from(NAMES)))
def test_twice_is_as_good_as_once_and_what_is_written_can_be_read(sensitive: Collection[str]) -> None:
    once = presence_only(sliced(), sensitive)
    twice = presence_only(read_sliced(text_of(once)), sensitive)

    assert text_of(twice) == text_of(once)
    assert read_reference(text_of(once)).binning == once.whole.binning


def verdicts(whole: Reference, **columns: object) -> dict[str, tuple[Verdict, str | None]]:
    answers, _ = some_answers(1000, seed=10)
    window = summarise(whole.binning, some_rows(1000, seed=10) | columns, answers)
    return {each.feature: (each.verdict, each.change) for each in judge([Watched(whole, [window])]).findings}


def test_other_values_of_a_sensitive_input_are_no_drift_and_missing_ones_are() -> None:
    whole = seen("temp", "carrier").whole

    moved = verdicts(whole, temp=some_rows(1000, seed=10)["temp"] + 1e6, carrier=["XX"] * 1000)
    missing = verdicts(whole, temp=np.full(1000, np.nan), carrier=[3.5] * 1000)

    assert {verdict for verdict, _ in moved.values()} == {Verdict.PASS}
    assert missing["temp"] == (Verdict.FAIL, "missing")
    assert missing["carrier"] == (Verdict.FAIL, "wrong_type")
    assert missing["seats"][0] is Verdict.PASS


def test_how_far_off_numbers_are_stays_known() -> None:
    before = a_number_reference()

    after = presence_only(SlicedReference(before), ["temp"]).whole

    assert after.binning.tolerance == before.binning.tolerance
    assert after.outcomes is not None
    assert before.outcomes is not None
    assert after.outcomes.to_dict() == before.outcomes.to_dict()
    assert read_reference(json.dumps(after.to_dict())).outcomes == after.outcomes

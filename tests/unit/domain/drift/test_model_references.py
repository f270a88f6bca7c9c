import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import CategoricalBins, NumericBins, Role
from sluice.domain.drift.build import Choices
from sluice.domain.drift.column import Codes
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.model_reference import Training, model_reference, number_output, text_of, watched_inputs
from sluice.domain.drift.number_outcomes import NumberOutcomes
from sluice.domain.drift.part import answer_features, number_feature, without
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.sliced import Slice, SlicedReference, coded, count_slices, most_frequent_slices, read_sliced
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import merged
from sluice.domain.errors import InvalidReference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.signature import Datatype, TensorSpec
from tests.drift_builders import some_answers, some_rows
from tests.drift_files import NUMBERS, SIGNATURE
from tests.number_builders import a_number_reference, some_numbers

QUICK = Choices(draws=0, window_rows=100)


def a_sliced_reference(rows: int = 3000) -> SlicedReference:
    columns = some_rows(rows, seed=1)
    answers, labels = some_answers(rows, seed=2)
    labels[::10] = -1
    training = Training(columns, answers=answers, labels=labels, slices={"carrier": columns["carrier"]})
    return model_reference(SIGNATURE, training, choices=QUICK)


def test_the_signature_says_what_is_a_number_and_what_a_category() -> None:
    columns = some_rows(500, seed=1) | {"seats": [100, 200] * 250, "note": ["not an input"] * 500}

    reference = model_reference(SIGNATURE, Training(columns), choices=QUICK).whole

    kinds = {bins.name: type(bins) for bins in reference.binning.features}
    assert kinds == {"temp": NumericBins, "delay": NumericBins, "seats": NumericBins, "carrier": CategoricalBins}


def test_categories_that_are_numbers_are_categories_by_datatype_or_by_choice() -> None:
    signature = replace(SIGNATURE, inputs=(TensorSpec("zip", Datatype.BYTES, (-1, 1)), *SIGNATURE.inputs[2:3]))
    columns = {"zip": [10115, 10115, 80331], "seats": [1, 2, 1]}
    choices = replace(QUICK, categorical=frozenset({"seats"}))

    features = model_reference(signature, Training(columns), choices=choices).whole.binning.features

    assert [bins.to_dict()["categories"] for bins in features] == [["10115", "80331"], ["1", "2"]]


def test_inputs_of_several_values_a_row_are_not_watched() -> None:
    image = TensorSpec("image", Datatype.UINT8, (-1, 8, 8))
    signature = replace(SIGNATURE, inputs=(image, *SIGNATURE.inputs))

    assert [spec.name for spec in watched_inputs(signature)] == ["temp", "delay", "seats", "carrier"]
    with pytest.raises(InvalidReference, match="nothing can be watched"):
        model_reference(replace(SIGNATURE, inputs=(image,)), Training({}))


def test_a_lacking_input_and_one_of_another_type_are_named() -> None:
    columns = some_rows(100, seed=1)

    with pytest.raises(InvalidReference, match="lack temp"):
        model_reference(SIGNATURE, Training({name: columns[name] for name in ("delay", "seats", "carrier")}))
    with pytest.raises(InvalidReference, match="delay is FP32 in the signature"):
        model_reference(SIGNATURE, Training(columns | {"delay": ["3.5"] * 100}))


def test_what_a_regression_answers_is_watched_as_an_output() -> None:
    columns = some_rows(300, seed=1)

    reference = model_reference(SIGNATURE, Training(columns, outputs={"eta": columns["delay"]}), choices=QUICK).whole

    assert {bins.name for bins in reference.binning.features if bins.role is Role.OUTPUT} == {"eta"}


def test_rows_without_a_label_are_left_out_of_the_calibration_and_nowhere_else() -> None:
    reference = a_sliced_reference().whole

    assert reference.summary.rows == 3000
    assert reference.outcomes is not None
    assert reference.outcomes.rows == 2700


@pytest.mark.parametrize(
    ("answers", "labels", "said"),
    [
        (None, np.zeros(100, dtype=np.int64), "beside the model's answers"),
        (some_answers(100, seed=1)[0], np.full(100, 7), "labels: labels are places among 2 classes"),
        (some_answers(100, seed=1)[0], np.zeros(200, dtype=np.int64), "labels: "),
    ],
)
def test_labels_fit_the_answers(answers: Answers | None, labels: Any, said: str) -> None:
    with pytest.raises(InvalidReference, match=said):
        model_reference(SIGNATURE, Training(some_rows(100, seed=1), answers=answers, labels=labels), choices=QUICK)


def test_true_numbers_say_how_far_off_the_model_is_at_training() -> None:
    said, true = some_numbers(1000, seed=2)
    true[::10] = np.nan
    training = Training(some_rows(1000, seed=1), outputs={"minutes": said}, true_numbers=true)

    reference = model_reference(NUMBERS, training, choices=QUICK).whole

    assert isinstance(reference.outcomes, NumberOutcomes)
    assert (reference.outcomes.rows, reference.outcomes.within) == (900, 810)
    assert reference.binning.tolerance is not None
    assert reference.binning.tolerance.output == "minutes"
    assert reference.binning.tolerance.most == pytest.approx(1.645 * 3, rel=0.1)
    unlabelled = model_reference(NUMBERS, replace(training, true_numbers=None), choices=QUICK).whole
    assert np.array_equal(unlabelled.summary.counts, reference.summary.counts)
    assert unlabelled.binning.id != reference.binning.id


def test_a_reference_of_numbers_is_read_as_it_was_written() -> None:
    reference = SlicedReference(a_number_reference())

    read = read_sliced(text_of(reference))

    assert read.to_dict() == reference.to_dict()
    assert read.whole.outcomes == reference.whole.outcomes


@pytest.mark.parametrize(
    ("outputs", "true", "said"),
    [
        ({}, np.zeros(100), "beside the only output"),
        ({"minutes": ["x"] * 100}, np.zeros(100), "beside the only output"),
        ({"minutes": np.zeros(100), "hours": np.zeros(100)}, np.zeros(100), "beside the only output"),
        ({"minutes": np.zeros(100)}, np.zeros(99), "labels: a label for each of 100 rows"),
        ({"minutes": np.zeros(100)}, np.full(100, np.inf), "labels: labels are finite"),
        ({"minutes": np.zeros(100)}, np.full(100, np.nan), "labels: no row has a number"),
    ],
)
def test_true_numbers_fit_the_only_output(outputs: dict[str, Any], true: Any, said: str) -> None:
    training = Training(some_rows(100, seed=1), outputs=outputs, true_numbers=true)

    with pytest.raises(InvalidReference, match=said):
        model_reference(NUMBERS, training, choices=QUICK)


def test_true_numbers_are_of_no_classifier() -> None:
    training = Training(some_rows(100, seed=1), answers=some_answers(100, seed=1)[0], true_numbers=np.zeros(100))

    with pytest.raises(InvalidReference, match="of no classifier"):
        model_reference(SIGNATURE, training, choices=QUICK)


@pytest.mark.parametrize(
    ("outputs", "classes", "name"),
    [
        ([("minutes", Datatype.FP32, (-1,))], (), "minutes"),
        ([("minutes", Datatype.FP64, (-1, 1)), ("why", Datatype.BYTES, (-1,))], (), "minutes"),
        ([("minutes", Datatype.FP32, (-1,)), ("embedding", Datatype.FP32, (-1, 9))], (), "minutes"),
        ([("minutes", Datatype.FP32, (-1,)), ("hours", Datatype.INT64, (-1,))], (), None),
        ([("label", Datatype.INT64, (-1,))], (), None),
        ([("late", Datatype.FP32, (-1,))], ("on_time", "late"), None),
    ],
)
def test_the_only_number_a_row_is_what_labels_are_about(outputs: Any, classes: Any, name: str | None) -> None:
    specs = tuple(TensorSpec(*output) for output in outputs)

    found = number_output(replace(NUMBERS, outputs=specs, classes=classes))

    assert (found and found.name) == name


def test_a_part_of_a_reference_knows_how_far_off_numbers_are_as_long_as_it_has_them() -> None:
    reference = SlicedReference(a_number_reference())

    with_numbers, others = without(reference, ["temp"]).whole, without(reference, ["minutes"]).whole

    assert answer_features(reference.whole.binning) == {"minutes"}
    assert with_numbers.binning.tolerance == reference.whole.binning.tolerance
    assert with_numbers.outcomes is not None
    assert reference.whole.outcomes is not None
    assert with_numbers.outcomes.to_dict() == reference.whole.outcomes.to_dict()
    assert (others.binning.tolerance, others.outcomes, number_feature(others.binning)) == (None, None, None)


def test_a_reference_is_read_as_it_was_written_with_its_slices() -> None:
    reference = a_sliced_reference()

    text = text_of(reference)

    assert text == text_of(a_sliced_reference()), "equal rows give equal bytes"
    assert read_sliced(text).to_dict() == reference.to_dict()
    assert read_sliced(text).columns == ("carrier",)
    assert list(read_sliced(text).slices) == [Slice("carrier", name) for name in ("AA", "B6", "DL", "UA", "WN")]


def labelled_by_carrier() -> SlicedReference:
    """Of a classifier; of the first hundred rows the label is not known."""
    answers, labels = some_answers(1000, seed=2)
    labels[:100] = -1
    rows = some_rows(1000, seed=1)
    training = Training(rows, answers=answers, labels=labels, slices={"carrier": rows["carrier"]})
    return model_reference(SIGNATURE, training, choices=QUICK)


def numbers_by_carrier() -> SlicedReference:
    said, true = some_numbers(1000, seed=2)
    true[:100] = np.nan
    rows = some_rows(1000, seed=1)
    training = Training(rows, outputs={"minutes": said}, true_numbers=true, slices={"carrier": rows["carrier"]})
    return model_reference(NUMBERS, training, choices=QUICK)


@pytest.mark.parametrize("build", [labelled_by_carrier, numbers_by_carrier])
def test_the_labels_of_slices_are_known_too_and_read_as_they_were_written(build: Callable[[], SlicedReference]) -> None:
    reference = build()

    by_carrier, carriers = reference.outcomes, some_rows(1000, seed=1)["carrier"][100:]
    assert {of.value: labels.rows for of, labels in by_carrier.items()} == {
        of.value: carriers.count(of.value) for of in reference.slices
    }
    assert read_sliced(text_of(reference)).outcomes == by_carrier


def test_a_slice_of_rows_without_labels_has_none() -> None:
    rows = some_rows(1000, seed=1)
    training = Training(rows, slices={"carrier": rows["carrier"]})

    reference = model_reference(SIGNATURE, training, choices=QUICK)

    assert (len(reference.slices), reference.outcomes) == (4, {})
    assert "outcomes" not in reference.to_dict()["slices"][0]


@pytest.mark.parametrize("wrong", [{"confusion": []}, {"confusion": 7, "scores": []}, 7])
def test_labels_of_a_slice_that_make_no_sense_are_named(wrong: object) -> None:
    form = labelled_by_carrier().to_dict()
    form["slices"][1]["outcomes"] = wrong

    with pytest.raises(InvalidReference, match=r"slices\[1\]: "):
        read_sliced(json.dumps(form))


def test_a_part_of_a_reference_keeps_what_is_known_of_its_slices() -> None:
    numbers = numbers_by_carrier()

    part = without(numbers, ["temp"])

    assert {of: labels.to_dict() for of, labels in part.outcomes.items()} == {
        of: labels.to_dict() for of, labels in numbers.outcomes.items()
    }
    assert {labels.binning for labels in part.outcomes.values()} == {part.whole.binning.id}
    assert without(numbers, ["minutes"]).outcomes == {}


def test_what_is_hidden_of_a_reference_is_hidden_of_the_labels_of_its_slices() -> None:
    reference = labelled_by_carrier()

    without_temp, without_carrier = (presence_only(reference, {name}) for name in ("temp", "carrier"))

    assert {labels.binning for labels in without_temp.outcomes.values()} == {without_temp.whole.binning.id}
    assert without_temp.outcomes.keys() == reference.outcomes.keys()
    assert without_carrier.outcomes == {}
    assert presence_only(reference, {"no input"}).outcomes == reference.outcomes


def test_a_reference_without_slices_is_read_too() -> None:
    whole = a_sliced_reference().whole

    assert read_sliced(json.dumps(whole.to_dict())).slices == {}


@pytest.mark.parametrize(
    ("slices", "said"),
    [
        ({"carrier": {}}, "slices: expected a list"),
        (["carrier"], r"slices\[0\]: an object"),
        ([{"column": "carrier", "value": 7}], r"slices\[0\]: an object"),
        ([{"column": "carrier", "value": "AA"}], r"slices\[0\]: a summary is an object"),
        (
            [{"column": "carrier", "value": "AA", "binning": "0" * 16, "rows": 1, "features": {}, "scores": {}}],
            r"\[0\]",
        ),
    ],
)
def test_slices_that_are_none_are_refused_with_their_place(slices: Any, said: str) -> None:
    form = a_sliced_reference(500).whole.to_dict() | {"slices": slices}

    with pytest.raises(InvalidReference, match=said):
        read_sliced(json.dumps(form))


def test_the_slices_add_up_to_the_whole() -> None:
    reference = a_sliced_reference()

    assert merged(reference.whole.binning, reference.slices.values()) == reference.whole.summary


def test_a_slice_is_beside_its_own_past() -> None:
    rows = some_rows(6000, seed=1)
    is_hot = np.array([name == "WN" for name in rows["carrier"]])
    hot = rows | {"temp": rows["temp"] + 40 * is_hot}
    training = Training(hot, slices={"carrier": rows["carrier"]})
    reference = model_reference(SIGNATURE, training, choices=QUICK)
    binning = reference.whole.binning
    counted = count_slices(binning, hot, {"carrier": coded(rows["carrier"])}, known=reference.slices)
    wn = Slice("carrier", "WN")

    beside_all = judge([Watched(reference.whole, [counted[wn]], str(wn))])
    beside_itself = judge([Watched(reference.of(wn), [counted[wn]], str(wn))])

    assert "temp" in {finding.feature for finding in beside_all.drifted}
    assert beside_itself.verdict is Verdict.PASS


def test_only_the_largest_slices_are_known_and_none_with_too_few_rows() -> None:
    column = Codes(np.array([0, 0, 1, 2, 2, 2, -1, 9]), ("AA", "UA", "WN"))

    both = (Slice("carrier", "WN"), Slice("carrier", "AA"))
    assert most_frequent_slices({"carrier": column}, most=2, least_rows=1) == both
    assert most_frequent_slices({"carrier": column}, least_rows=2) == both
    assert most_frequent_slices({"carrier": column}) == ()


def test_columns_to_slice_by_hold_words_whole_numbers_or_nothing() -> None:
    column = coded([1, "AA", None, "", 2.5, True, 1, b"AA", 0.5])

    assert [column.categories[code] if code >= 0 else None for code in column.codes] == [
        *("1", "AA", None, None, None, "1", "1", "AA", None)
    ]
    assert coded(np.array(["b", "a"])).categories == ("b", "a")
    with pytest.raises(InvalidReference, match="one word or whole number a row"):
        coded([["list"]])


def test_a_part_of_a_reference_judges_the_features_that_are_left_as_the_whole_did() -> None:
    reference = a_sliced_reference()
    columns = some_rows(1000, seed=9) | {"temp": some_rows(1000, seed=9)["temp"] + 5}
    answers, _ = some_answers(1000, seed=9)

    part = without(reference, answer_features(reference.whole.binning))

    assert [bins.name for bins in part.whole.binning.features] == ["temp", "delay", "seats", "carrier"]
    assert part.whole.binning.classes == ()
    assert part.slices.keys() == reference.slices.keys()
    of_part = judge([Watched(part.whole, [summarise(part.whole.binning, columns)])])
    of_whole = judge([Watched(reference.whole, [summarise(reference.whole.binning, columns, answers)])])
    told = {finding.feature: finding.p for finding in of_whole.findings}
    assert {finding.feature: finding.p for finding in of_part.findings}.items() <= told.items()


def test_a_part_keeps_the_simulated_tails_of_its_features() -> None:
    columns = some_rows(400, seed=1)
    reference = model_reference(SIGNATURE, Training(columns), choices=replace(QUICK, draws=50))

    part = without(reference, ["temp"]).whole

    assert part.tail_table is not None
    assert reference.whole.tail_table is not None
    assert part.tail_table.shape_of == reference.whole.tail_table.shape_of[1:]
    assert answer_features(part.binning) == frozenset()


def test_at_least_one_feature_is_left() -> None:
    reference = a_sliced_reference(500)

    with pytest.raises(InvalidReference, match="nothing is left"):
        without(reference, [bins.name for bins in reference.whole.binning.features])


def test_slices_that_the_reference_does_not_know_are_not_counted() -> None:
    reference = a_sliced_reference(500)
    carrier = Codes(np.array([0, 1, 1]), ("AA", "ZZ", "DL"))
    columns = some_rows(3, seed=4) | {"carrier": carrier}

    counted = count_slices(reference.whole.binning, columns, {"carrier": coded(carrier)}, known=reference.slices)

    assert {of: summary.rows for of, summary in counted.items()} == {Slice("carrier", "AA"): 1}

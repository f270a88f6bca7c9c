from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sluice.data_file.model import Model
from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.drift.column import Codes
from sluice.domain.signature import Datatype, TensorSpec
from tests.drift_files import NUMBERS, SIGNATURE, a_model_directory, a_regression

CARRIER = Codes(np.array([0, 1, -1]), ("AA",))


def columns(**given: Any) -> dict[str, Any]:
    two = np.exp(2.0)
    return {
        "temp": [1.0, None, "hot"],
        "delay": np.array([two, two, two]),
        "seats": np.array([1, 2, 3]),
        "carrier": CARRIER,
    } | given


def test_a_model_answers_with_the_probabilities_of_its_classes(tmp_path: Path) -> None:
    model = Model.load(a_model_directory(tmp_path), SIGNATURE)

    answers = model.ask(columns(delay=np.array([np.exp(2), np.exp(3), np.exp(-7)])))

    assert answers.probabilities[:, 1] == pytest.approx([0.5, 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(9))], rel=1e-3)
    assert answers.predicted.tolist() == [0, 1, 0]


def test_categories_that_are_numbers_to_the_model_are_given_as_numbers(tmp_path: Path) -> None:
    model = Model.load(a_model_directory(tmp_path), SIGNATURE)

    answers = model.ask(columns(delay=Codes(np.array([0, 1, -1]), ("1", "20"))))

    assert answers.probabilities[:2, 1] == pytest.approx([1 / (1 + np.exp(2)), 1 / (1 + np.exp(2) / 20)], rel=1e-3)
    assert np.isnan(answers.probabilities[2]).all(), "nobody knows, and that is a finding"


def test_a_whole_number_that_is_missing_cannot_be_given(tmp_path: Path) -> None:
    model = Model.load(a_model_directory(tmp_path), SIGNATURE)

    with pytest.raises(UnreadableFile, match="seats is INT64 to the model, but not a number in every row"):
        model.ask(columns(seats=[1, None, 2]))


def test_flags_are_given_as_flags(tmp_path: Path) -> None:
    signature = replace(SIGNATURE, inputs=(*SIGNATURE.inputs, TensorSpec("vip", Datatype.BOOL, (-1, 1))))
    model = Model.load(a_model_directory(tmp_path, signature), signature)

    assert len(model.ask(columns(vip=Codes(np.array([0, 1, 0]), ("true", "false"))))) == 3


def test_a_model_that_answers_a_number_is_asked_for_it(tmp_path: Path) -> None:
    model = Model.load(a_regression(tmp_path), NUMBERS)

    assert model.numbers(columns(delay=np.exp([2.0, 3.0, -1.0]))) == pytest.approx([20, 30, -10], rel=1e-5)


def test_only_a_classifier_of_single_values_can_be_asked(tmp_path: Path) -> None:
    image = replace(SIGNATURE, inputs=(TensorSpec("image", Datatype.UINT8, (-1, 8)),))

    with pytest.raises(UnreadableFile, match="is no classifier"):
        Model.load(tmp_path, replace(SIGNATURE, classes=()))
    with pytest.raises(UnreadableFile, match="several values a row in image"):
        Model.load(tmp_path, image)


def test_a_graph_that_is_none_and_rows_it_refuses_are_told_in_one_line(tmp_path: Path) -> None:
    folder = a_model_directory(tmp_path)
    model = Model.load(folder, replace(SIGNATURE, inputs=SIGNATURE.inputs[1:]))
    with pytest.raises(UnreadableFile, match="cannot answer to rows of this file") as refused:
        model.ask(columns())
    assert "\n" not in str(refused.value)

    (folder / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(UnreadableFile, match="cannot be loaded"):
        Model.load(folder, SIGNATURE)

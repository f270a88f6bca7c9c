"""A graph without a signature: what it takes and gives is inferred, and some random rows are put to it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from model_container.errors import ModelUnusable
from model_container.inspection import examine, inspect
from model_container.model_directory import load
from model_container.trial import Trial
from sluice.domain.signature import Datatype, TensorSpec
from tests.container.foreign_models import DATA, FOREIGN
from tests.container.graphs import (
    MIXED,
    a_model_directory,
    a_signature,
    graph,
    identity,
    logarithm,
    mixed,
    node,
    one_number,
    total,
    two_rows_only,
    value,
    zip_map,
)
from tests.container.running import run_to_its_end

ROWS = ["rows", 3]


def examined(tmp_path: Path, model: Any, signature: Any = None) -> Trial:
    return examine(a_model_directory(tmp_path / "model", model, signature), "flights", "3")


def classifier() -> Any:
    """A label and the probabilities of two classes a row; exporters leave the latter's length open."""
    return graph(
        [node("Softmax", ["x"], "probabilities", axis=1), node("ArgMax", ["x"], "label", axis=1, keepdims=0)],
        [value("x", Datatype.FP32, ["rows", 2])],
        [value("label", Datatype.INT64, ["rows"]), value("probabilities", Datatype.FP32, ["rows", "classes"])],
    )


def test_a_free_batch_axis_becomes_any_number_of_rows(tmp_path: Path) -> None:
    trial = examined(tmp_path, identity())

    assert (trial.signature.model, trial.signature.version, trial.notes) == ("flights", "3", ())
    assert trial.signature.inputs == (TensorSpec("x", Datatype.FP32, (-1, 3)),)
    assert trial.signature.outputs == (TensorSpec("y", Datatype.FP32, (-1, 3)),)


def test_a_classifiers_label_and_probabilities_are_outputs_of_the_lengths_they_were_answered_in(tmp_path: Path) -> None:
    trial = examined(tmp_path, classifier())

    assert trial.signature.outputs == (
        TensorSpec("label", Datatype.INT64, (-1,)),
        TensorSpec("probabilities", Datatype.FP32, (-1, 2)),
    )
    (note,) = trial.notes
    assert note.startswith("output probabilities looks like the probabilities of 2 classes")


@pytest.mark.parametrize("datatype", list(Datatype))
def test_every_datatype_is_tried(tmp_path: Path, datatype: Datatype) -> None:
    signature = examined(tmp_path, identity(datatype)).signature

    assert (signature.inputs[0].datatype, signature.outputs[0].datatype) == (datatype, datatype)


@pytest.mark.parametrize("count", [1, 4])
def test_a_fixed_batch_axis_is_kept_and_said(tmp_path: Path, count: int) -> None:
    trial = examined(tmp_path, identity(shape=(count, 3)))

    assert trial.signature.inputs[0].shape == trial.signature.outputs[0].shape == (count, 3)
    assert trial.notes == (f"every request must have exactly {count} row(s): the graph fixes its first dimension",)


@pytest.mark.parametrize("ir_version", [3, 9])
def test_initialisers_that_are_listed_as_inputs_are_none(tmp_path: Path, ir_version: int) -> None:
    weights = helper.make_tensor("w", TensorProto.FLOAT, [3, 2], [1.0] * 6)
    model = graph(
        [node("MatMul", ["x", "w"], "y")],
        [value("x", Datatype.FP32, ROWS), value("w", Datatype.FP32, [3, 2])],
        [value("y", Datatype.FP32, None)],
        (weights,),
    )
    model.ir_version = ir_version

    signature = examined(tmp_path, model).signature

    assert [spec.name for spec in signature.inputs] == ["x"]
    assert signature.outputs == (TensorSpec("y", Datatype.FP32, (-1, 2)),)  # of a rank that the graph does not say


def test_outputs_that_do_not_go_by_rows_are_left_out_and_said(tmp_path: Path) -> None:
    model = graph(
        [node("Identity", ["x"], "y"), node("ReduceSum", ["x"], "loss", keepdims=0)],
        [value("x", Datatype.FP32, ROWS)],
        [value("y", Datatype.FP32, ROWS), value("loss", Datatype.FP32, [])],
    )

    trial = examined(tmp_path, model)

    assert [spec.name for spec in trial.signature.outputs] == ["y"]
    assert trial.notes == (
        "output loss is left out: it has no entry for each row, but the shape [] to 1, [] to 2 row(s)",
    )


def test_an_output_of_carelessly_fixed_rows_follows_the_inputs(tmp_path: Path) -> None:
    model = identity()
    model.graph.output[0].CopyFrom(value("y", Datatype.FP32, [1, 3]))

    assert examined(tmp_path, model).signature.outputs[0].shape == (-1, 3)


def square() -> Any:
    """Answers as many columns as there are rows."""
    return graph(
        [
            node("Shape", ["x"], "shape"),
            node("Slice", ["shape", "zero", "one"], "rows"),
            node("Concat", ["rows", "rows"], "square", axis=0),
            node("ConstantOfShape", ["square"], "y"),
        ],
        [value("x", Datatype.FP32, ROWS)],
        [value("y", Datatype.FP32, ["rows", "as many"])],
        tuple(helper.make_tensor(name, TensorProto.INT64, [1], [number]) for name, number in (("zero", 0), ("one", 1))),
    )


def test_lengths_that_differ_with_the_rows_stay_open(tmp_path: Path) -> None:
    assert examined(tmp_path, square()).signature.outputs[0].shape == (-1, -1)


def test_a_first_axis_that_may_not_be_the_rows_is_pointed_out(tmp_path: Path) -> None:
    model = graph(
        [node("Softmax", ["x"], "y", axis=0)], [value("x", Datatype.FP32, ROWS)], [value("y", Datatype.FP32, ROWS)]
    )

    assert examined(tmp_path, model).notes == (
        "output y of a row changes with the other rows of a request: is its first axis that of rows?",
    )


def test_a_given_signature_is_tried_and_stays_as_it_is(tmp_path: Path) -> None:
    fits = examined(tmp_path / "one", mixed(), MIXED)
    scalars = a_signature(TensorSpec("x", Datatype.FP32, (-1, -1)), outputs=(TensorSpec("y", Datatype.FP32, (-1,)),))

    assert fits == Trial(MIXED, ())
    assert examined(tmp_path / "two", total(), scalars).signature == scalars


def test_a_given_signature_whose_output_is_answered_otherwise_is_refused(tmp_path: Path) -> None:
    wrong = a_signature(TensorSpec("x", Datatype.FP32, (-1, 3)), outputs=(TensorSpec("y", Datatype.FP32, (-1, 2)),))

    with pytest.raises(ModelUnusable, match=r"'y' has the shape \[-1, 2\] in signature.json, .* answered as \[1, 1\]"):
        examined(tmp_path, square(), wrong)


def lying() -> Any:
    """Says that it answers four columns, and answers three."""
    model = graph(
        [node("Reshape", ["x", "shape"], "y")],
        [value("x", Datatype.FP32, ROWS), value("shape", Datatype.INT64, [2])],
        [value("y", Datatype.FP32, ["rows", 4])],
    )
    del model.graph.input[1]
    model.graph.node.insert(0, node("Shape", ["x"], "shape"))
    return model


def sequence() -> Any:
    answer = helper.make_value_info("y", helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, ROWS)))
    return graph([node("SequenceConstruct", ["x"], "y")], [value("x", Datatype.FP32, ROWS)], [answer])


def brain_floats() -> Any:
    answer = helper.make_tensor_value_info("y", TensorProto.BFLOAT16, ROWS)
    return graph([node("Cast", ["x"], "y", to=TensorProto.BFLOAT16)], [value("x", Datatype.FP32, ROWS)], [answer])


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (sequence(), r"output 'y' is seq\(tensor\(float\)\), which cannot be served: export it as a tensor"),
        (brain_floats(), r"output 'y' is tensor\(bfloat16\), which cannot be served: cast it on export"),
        (zip_map(), r"output 'y' is seq\(map\(.*export with zipmap=False"),
        (identity(shape=()), "input 'x' has no row dimension"),
        (total(), r"input 'x' has the shape \[-1, -1\] in the graph, and only the first dimension"),
        (identity(shape=(0, 3)), r"input 'x' has the shape \[0, 3\]"),
        (identity(shape=("rows", 3_000_000)), r"2 row\(s\) of its inputs have 24,000,000 bytes"),
        (one_number(), r"no output has an entry for each row.*: y has the shape \[\] to 1, \[\] to 2"),
        (two_rows_only(), r"it fails on 1 random row\(s\): .*; mend it, or register a directory with a signature.json"),
        (lying(), r"output 'y' has the shape \[-1, 4\] in the graph, but was answered as \[1, 3\]"),
        (logarithm(), None),
        (onnx.load(DATA / "simple/test_expand_shape_model1/model.onnx"), "no batch axis in common.*'X': 1, 'shape': 2"),
        (onnx.load(DATA / "simple/test_sequence_model6/model.onnx"), "no output has an entry for each row"),
    ],
)
def test_what_cannot_be_served_is_refused_with_what_to_do(tmp_path: Path, model: Any, says: str | None) -> None:
    if says is None:  # random numbers are from 0 to 1, which what takes positive ones only takes
        assert examined(tmp_path, model).notes == ()
        return
    with pytest.raises(ModelUnusable, match=says):
        examined(tmp_path, model)


def test_not_a_number_fails_the_trial(tmp_path: Path) -> None:
    model = graph(
        [node("Neg", ["x"], "minus"), node("Log", ["minus"], "y")],
        [value("x", Datatype.FP32, ROWS)],
        [value("y", Datatype.FP32, ROWS)],
    )

    with pytest.raises(ModelUnusable, match="answered NaN or infinity in output 'y'"):
        examined(tmp_path, model)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    datatype=st.sampled_from(list(Datatype)),
    rows=st.sampled_from(["rows", None, 1, 2, 5]),
    inner=st.lists(st.integers(1, 4), max_size=3),
)
def test_whatever_the_type_and_the_shape_they_are_what_the_graph_says(
    tmp_path: Path, datatype: Datatype, rows: "str | int | None", inner: list[int]
) -> None:
    signature = examined(tmp_path, identity(datatype, (rows, *inner))).signature

    expected = (rows if isinstance(rows, int) else -1, *inner)
    assert signature.inputs == (TensorSpec("x", datatype, expected),)
    assert signature.outputs == (TensorSpec("y", datatype, expected),)


def test_a_trial_is_the_same_each_time(tmp_path: Path) -> None:
    assert examined(tmp_path, classifier()) == examined(tmp_path, classifier())


def external(folder: Path) -> Path:
    """A graph whose weights are in a file beside it."""
    folder.mkdir()
    weights = numpy_helper.from_array(np.ones((3, 400), np.float32), "w")
    model = graph(
        [node("MatMul", ["x", "w"], "y")],
        [value("x", Datatype.FP32, ROWS)],
        [value("y", Datatype.FP32, ["rows", 400])],
        (weights,),
    )
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=10)
    return folder


def inspected(directory: Path, *words: str) -> "tuple[int, str, str]":
    ended = run_to_its_end(["inspect", "--model-dir", str(directory), "--model", "flights", *words])
    return ended.returncode, ended.stdout, ended.stderr


def test_the_command_prints_the_signature_and_the_notes(tmp_path: Path) -> None:
    code, out, err = inspected(a_model_directory(tmp_path, identity(shape=(2, 3))), "--version=7")

    printed = json.loads(out)
    assert (code, err, len(out.splitlines())) == (0, "", 1)
    assert (printed["signature"]["version"], len(printed["notes"])) == ("7", 1)


def test_the_weights_of_a_directory_may_be_in_other_files(tmp_path: Path) -> None:
    code, out, _ = inspected(external(tmp_path / "whole"), "--version=7")

    assert code == 0
    assert json.loads(out)["signature"]["outputs"][0]["shape"] == [-1, 400]


def cut_off(file: Path) -> None:
    file.write_bytes(FOREIGN["network"].graph.read_bytes()[:-20])


def of_a_future_opset(file: Path) -> None:
    model = identity()
    model.opset_import[0].version = 999
    onnx.save(model, file)


def of_a_future_format(file: Path) -> None:
    model = identity()
    model.ir_version = 99
    onnx.save(model, file)


def of_own_operators(file: Path) -> None:
    model = identity()
    model.graph.node[0].CopyFrom(helper.make_node("Frob", ["x"], ["y"], domain="com.acme"))
    model.opset_import.append(helper.make_opsetid("com.acme", 1))
    onnx.save(model, file)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no ONNX": lambda file: file.write_text("not a graph"),
    "empty": lambda file: file.write_bytes(b""),
    "truncated": cut_off,
    "weights missing": lambda file: file.with_name("weights.bin").unlink(),
    "weights cut off": lambda file: file.with_name("weights.bin").write_bytes(b"1234"),
    "opset": of_a_future_opset,
    "format": of_a_future_format,
    "operator": of_own_operators,
    "not implemented": lambda file: shutil.copy(DATA / "pytorch-converted/test_Linear/model.onnx", file),
}


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("no ONNX", "it is no ONNX file, or only a part of one: export or copy it again (onnxruntime "),
        ("empty", "it is no ONNX file, or only a part of one"),
        ("truncated", "it is no ONNX file, or only a part of one"),
        (
            "weights missing",
            "its weights are in other files: register a directory that holds model.onnx and all of them",
        ),
        ("weights cut off", "its weights are in other files"),
        ("opset", "export it with an earlier opset"),
        ("format", "export it for an earlier version of ONNX"),
        ("operator", "export it with operators of ONNX alone"),
        ("not implemented", "export it with another opset (onnx.version_converter)"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_line_with_what_to_do(
    tmp_path: Path, how: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = external(tmp_path / "damaged")
    DAMAGES[how](folder / "model.onnx")

    code = inspect(folder, "flights", "7")

    (line,) = capsys.readouterr().err.splitlines()
    assert code == 1
    assert line.startswith(f"model_container: {says}")


def test_a_version_that_no_header_carries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="version: 1 to 64 letters"):
        examine(a_model_directory(tmp_path, identity()), "flights", "1 2")


def test_what_is_inferred_is_what_the_container_serves_by(tmp_path: Path) -> None:
    directory = a_model_directory(tmp_path, classifier())
    signature = examine(directory, "flights", "3").signature

    a_model_directory(directory, classifier(), signature)

    assert load(directory).signature == signature

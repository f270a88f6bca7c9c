"""ONNX files without a signature: inferred, tried, registered, and served from the registry. AWS is emulated."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from sluice.aws.artifacts import Artifacts
from sluice.cli.model_server import serving
from sluice.domain.message import Message
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import a_signature
from tests.container.foreign_models import DATA, FOREIGN
from tests.container.graphs import a_model_directory, graph, identity, node, one_number, total, value, zip_map
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client


def a_graph(operator: Operator, model: Any = None, name: str = "fraud.onnx") -> str:
    """An ONNX file that answers ``y`` = ``x``, unless it is another one."""
    file = operator.folder / name
    onnx.save(model or identity(shape=("rows",)), file)
    return str(file)


def unpacked(operator: Operator, package: Any) -> Path:
    """A registered version's directory, as SageMaker unpacks it."""
    folder = operator.folder / "unpacked"
    folder.mkdir()
    Artifacts.connect("data").fetch(package["artifact"], folder)
    return folder


@pytest.mark.parametrize("name", ["convolution", "texts", "network"])
def test_a_graph_that_nobody_here_made_is_registered_and_answers_as_it_did_elsewhere(
    operator: Operator, name: str
) -> None:
    model = FOREIGN[name]

    package = operator.sluice("register", str(model.graph), "--version", "7", "--json").json

    with serving(unpacked(operator, package), name) as server:
        question = Message(json.dumps(model.instances()).encode(), "application/json")
        answer = server.answer(question, inference_id="i").decode()
    assert model.is_answered_by(answer["predictions"])
    assert (package["number"], package["version"], package["approval"]) == (1, "7", "PendingManualApproval")
    assert [spec["name"] for spec in package["signature"]["inputs"]] == list(model.inputs)


def test_a_person_is_shown_what_was_inferred(operator: Operator) -> None:
    said = operator.sluice("register", a_graph(operator, identity(shape=(2, 3))), "--version", "7").out.splitlines()

    assert said[0] == "flights version 7: package 1, PendingManualApproval"
    assert said[-4:-1] == [
        "    input x FP32 [2, 3]",
        "    output y FP32 [2, 3]",
        "    note: every request must have exactly 2 row(s): the graph fixes its first dimension",
    ]
    assert said[-1].startswith(
        "    note: its inputs are not as the champion's (x), so that no rollout of it will start"
    )


def test_a_graph_that_takes_what_the_champion_takes_can_be_released(operator: Operator) -> None:
    registered = operator.sluice("register", a_graph(operator), "--version", "7", "--json").json

    started = operator.sluice("rollout", "start", "1", "--yes", "--json").json

    assert registered["notes"] == []
    assert started["candidate"]["version"] == "7"


def test_registering_the_same_graph_again_changes_nothing_and_another_is_refused(operator: Operator) -> None:
    first = operator.sluice("register", a_graph(operator), "--version", "7", "--json").json
    again = operator.sluice("register", a_graph(operator), "--version", "7", "--json").json
    other = operator.sluice("register", a_graph(operator, identity(shape=("rows", 3))), "--version", "7").mistake

    assert again == first
    assert "version 7 of flights is package 1, with other content" in other


def test_a_directory_with_weights_in_other_files_is_registered_whole_and_stays_as_it_was(operator: Operator) -> None:
    folder = operator.folder / "large"
    folder.mkdir()
    weights = numpy_helper.from_array(np.full((1, 400), 2, np.float32), "w")
    model = graph(
        [node("MatMul", ["x", "w"], "y")],
        [value("x", Datatype.FP32, ["rows", 1])],
        [value("y", Datatype.FP32, ["rows", 400])],
        (weights,),
    )
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=10)

    package = operator.sluice("register", str(folder), "--version", "7", "--json").json
    alone = operator.sluice("register", str(folder / "model.onnx"), "--version", "8").mistake

    assert {file.name for file in unpacked(operator, package).iterdir()} == {
        "model.onnx",
        "weights.bin",
        "signature.json",
    }
    assert {file.name for file in folder.iterdir()} == {"model.onnx", "weights.bin"}
    assert "its weights are in other files: register a directory that holds model.onnx and all of them" in alone
    assert str(folder / "model.onnx") in alone


def test_an_inferred_signature_is_printed_corrected_and_registered(operator: Operator) -> None:
    folder = operator.folder / "v7"
    a_model_directory(folder, identity(shape=("rows",)))

    done = operator.sluice_here("models", "infer", str(folder / "model.onnx"), "--version", "7")
    corrected = {**json.loads(done.out), "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1], "minimum": 0}]}
    (folder / "signature.json").write_text(json.dumps(corrected), encoding="utf-8")
    tried = operator.sluice_here("models", "infer", str(folder), "--json").json
    operator.sluice("register", str(folder))
    shown = operator.sluice("models", "show", "1", "--json").json

    assert tried["signature"]["outputs"] == shown["signature"]["outputs"]
    assert shown["signature"]["outputs"][0]["minimum"] == 0
    assert shown["version"] == "7"


def test_notes_do_not_get_into_a_signature(operator: Operator) -> None:
    done = operator.sluice_here("models", "infer", a_graph(operator, identity(shape=(2, 3))), "--version", "7")

    assert json.loads(done.out)["inputs"][0]["shape"] == [2, 3]
    assert done.err == "note: every request must have exactly 2 row(s): the graph fixes its first dimension\n"


def test_a_given_signature_is_never_replaced(operator: Operator) -> None:
    folder = a_model_directory(operator.folder / "v7", identity(shape=("rows",)), a_signature())
    given = (folder / "signature.json").read_text(encoding="utf-8")

    beside = operator.sluice("register", str(folder / "model.onnx"), "--version", "7").mistake
    named = operator.sluice("register", str(folder), "--version", "7").mistake

    assert f"has a signature.json beside it: register the directory {folder}" in beside
    assert named == "sluice: --version 7 contradicts its signature.json, which says 1"
    assert (folder / "signature.json").read_text(encoding="utf-8") == given


def test_a_given_signature_that_the_graph_does_not_answer_by_fails_its_trial(operator: Operator) -> None:
    wrong = a_signature(TensorSpec("z", Datatype.FP32, (-1,)))
    folder = a_model_directory(operator.folder / "v7", identity(shape=("rows",)), wrong)

    mistake = operator.sluice_here("models", "infer", str(folder)).mistake

    assert "signature.json names the inputs ['z'], the graph takes ['x']" in mistake


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("{graph}",), "--version is needed: no signature.json says which version"),
        (
            ("{folder}/gone.onnx", "--version", "7"),
            "gone.onnx: name an ONNX file, a model directory, or an s3:// archive",
        ),
        (("{folder}", "--version", "7"), "holds no model.onnx: name the ONNX file itself"),
        (("{graph}", "--version", "7 b"), "version: 1 to 64 letters, digits"),
        (("{folder}/sluice.yaml", "--version", "7"), "sluice.yaml cannot be served: it is no ONNX file"),
    ],
)
def test_a_mistake_is_one_line(operator: Operator, words: tuple[str, ...], says: str) -> None:
    places = {"graph": a_graph(operator), "folder": str(operator.folder)}

    assert says in operator.sluice("register", *(word.format(**places) for word in words)).mistake


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (total(), "only the first dimension, that of rows, may be -1"),
        (zip_map(), "export with zipmap=False"),
        (one_number(), "the model has no batch axis"),
        (onnx.load(DATA / "simple/test_expand_shape_model1/model.onnx"), "no batch axis in common"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_nothing_is_registered(operator: Operator, model: Any, says: str) -> None:
    file = a_graph(operator, model)

    mistake = operator.sluice("register", file, "--version", "7").mistake

    assert mistake.startswith(f"sluice: {file} cannot be served: ")
    assert says in mistake
    assert operator.sluice("models", "list", "--json").json == []
    assert a_client("s3").list_objects_v2(Bucket="data")["KeyCount"] == 0


def test_a_graph_cannot_be_released_before_it_is_registered(operator: Operator) -> None:
    mistake = operator.sluice("rollout", "start", a_graph(operator), "--yes").mistake

    assert "fraud.onnx --version VERSION` makes a version of it" in mistake


def test_a_directory_without_a_signature_is_told_how_to_get_one(operator: Operator) -> None:
    folder = a_model_directory(operator.folder / "v7", identity())

    mistake = operator.sluice("rollout", "start", str(folder), "--yes").mistake

    assert f"signature.json is missing: run `sluice models infer {folder}/model.onnx --version VERSION > " in mistake


def test_a_graph_that_ends_its_process_ends_nothing_else(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """No graph is known that does; the process is stood in for by one that ends as such a one would."""
    monkeypatch.setattr("sys.executable", a_program(operator, "kill -SEGV $$"))

    mistake = operator.sluice("register", a_graph(operator), "--version", "7").mistake

    assert mistake.endswith("fraud.onnx cannot be served: onnxruntime ended with signal 11")


def test_a_graph_that_never_answers_is_given_up(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", a_program(operator, "exec sleep 600"))
    monkeypatch.setattr("sluice.cli.inferred._TRIAL_SECONDS", 0.1)

    mistake = operator.sluice("register", a_graph(operator), "--version", "7").mistake

    assert mistake.endswith("fraud.onnx cannot be served: no answer to two rows in 0 s")


def a_program(operator: Operator, line: str) -> str:
    """An executable that does one thing."""
    script = operator.folder / "python"
    script.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def test_a_folder_that_cannot_be_copied_is_said(operator: Operator) -> None:
    folder = a_model_directory(operator.folder / "v7", identity())
    (folder / "weights.bin").symlink_to(operator.folder / "gone")

    assert "v7 cannot be read: " in operator.sluice("register", str(folder), "--version", "7").mistake


def test_large_rows_are_refused_before_they_are_made(operator: Operator) -> None:
    file = a_graph(operator, identity(shape=("rows", 10**12)))

    assert (
        "SageMaker carries requests of 6,291,456 at most" in operator.sluice("register", file, "--version", "7").mistake
    )

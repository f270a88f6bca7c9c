"""Graphs that nobody here made, served by the container's real process as they are."""

import json
import shutil
from pathlib import Path

import pytest

from tests.container.foreign_models import FOREIGN
from tests.container.running import a_container


@pytest.mark.parametrize("name", FOREIGN)
def test_a_graph_that_nobody_here_made_answers_as_it_did_elsewhere(tmp_path: Path, name: str) -> None:
    model = FOREIGN[name]
    directory = tmp_path / "foreign"
    directory.mkdir()
    shutil.copy(model.graph, directory / "model.onnx")

    with a_container(directory, tmp_path / "log") as container:
        described = container.ask("GET", "/v2/models/foreign").json
        predicted = container.invoke(model.instances())
        inferred = container.ask("POST", "/v2/models/foreign/infer", json.dumps(model.inference(datatypes(described))))

    assert (predicted.status, inferred.status) == (200, 200)
    assert model.is_answered_by(predicted.json["predictions"])
    assert model.is_inferred_by(inferred.json["outputs"])


def datatypes(described: "dict[str, list[dict[str, str]]]") -> dict[str, str]:
    return {tensor["name"]: tensor["datatype"] for tensor in described["inputs"]}

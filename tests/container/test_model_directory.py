import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_container.codecs.tensors import to_arrays
from model_container.errors import ModelUnusable
from model_container.graph import UNVERSIONED
from model_container.model_directory import load
from model_container.predictor import open_session, preferred_providers
from sluice.domain.errors import InvalidInput
from sluice.domain.instances import parse_instances
from sluice.domain.signature import Datatype, TensorSpec
from tests.container.graphs import (
    MIXED,
    a_model_directory,
    a_signature,
    identity,
    mixed,
    one_number,
    total,
    zip_map,
)

CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"


@pytest.mark.parametrize("datatype", list(Datatype))
def test_every_datatype_reaches_onnxruntime_and_comes_back(tmp_path: Path, datatype: Datatype) -> None:
    sent = {Datatype.BYTES: ["é", ""], Datatype.BOOL: [True, False]}.get(datatype, [1, 0])
    model = load(a_model_directory(tmp_path, identity(datatype, ("rows",))))

    batch = parse_instances(model.signature, {"instances": sent})
    answer = model.predictor.run(to_arrays(batch), ["y"])

    assert model.signature.inputs == (TensorSpec("x", datatype, (-1,)),)
    assert answer["y"].tolist() == sent


def test_a_directory_with_a_signature_is_served_as_the_signature_says(tmp_path: Path) -> None:
    model = load(a_model_directory(tmp_path, mixed(), MIXED))

    assert model.signature == MIXED
    assert model.predictor.providers == [CPU]


def test_without_a_signature_the_graph_tells_names_types_and_shapes(tmp_path: Path) -> None:
    signature = load(a_model_directory(tmp_path / "flights", mixed())).signature

    assert (signature.model, signature.version) == ("flights", UNVERSIONED)
    assert [spec.name for spec in signature.inputs] == ["temp", "city", "count", "member"]
    assert signature.inputs[1] == TensorSpec("city", Datatype.BYTES, (-1, 1))
    assert [spec.name for spec in signature.outputs] == ["score", "place"]


def test_a_graph_of_fixed_rows_takes_just_so_many(tmp_path: Path) -> None:
    signature = load(a_model_directory(tmp_path, identity(shape=(2, 3)))).signature

    with pytest.raises(InvalidInput, match=r"exactly 2 .* got 1"):
        parse_instances(signature, {"instances": [[1, 2, 3]]})

    assert parse_instances(signature, {"instances": [[1, 2, 3]] * 2}).rows == 2


def test_a_signature_may_name_fewer_outputs_and_narrower_inputs_than_the_graph(tmp_path: Path) -> None:
    narrower = a_signature(TensorSpec("x", Datatype.FP32, (-1, 5)), outputs=(TensorSpec("y", Datatype.FP32, (-1,)),))

    load(a_model_directory(tmp_path / "one", total(), narrower))
    model = load(a_model_directory(tmp_path / "two", mixed(), replace(MIXED, outputs=MIXED.outputs[:1])))

    assert [spec.name for spec in model.signature.outputs] == ["score"]


@pytest.mark.parametrize(
    ("model", "signature", "says"),
    [
        (zip_map(), None, r"output 'y' is seq\(map\(.*export with zipmap=False"),
        (identity(shape=()), None, "input 'x' has no row dimension in the graph: declare its shape"),
        (identity(), a_signature(TensorSpec("z", Datatype.FP32, (-1, 3))), r"names the inputs \['z'\]"),
        (identity(), a_signature(TensorSpec("x", Datatype.FP64, (-1, 3))), "'x' is FP64 in signature.json but FP32"),
        (identity(), a_signature(TensorSpec("x", Datatype.FP32, (-1, -1))), r"shape \[-1, -1\] in signature.json"),
        (identity(), a_signature(TensorSpec("x", Datatype.FP32, (-1,))), r"shape \[-1\] in signature.json"),
        (
            one_number(),
            a_signature(TensorSpec("x", Datatype.FP32, (-1,)), outputs=(TensorSpec("z", Datatype.FP32, ()),)),
            r"names the output 'z', the graph has \['y'\]",
        ),
    ],
)
def test_a_model_that_cannot_be_served_is_refused_with_what_to_mend(
    tmp_path: Path, model: Any, signature: Any, says: str
) -> None:
    with pytest.raises(ModelUnusable, match=says):
        load(a_model_directory(tmp_path, model, signature))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "signature.json cannot be read"),
        ("[]", "signature.json holds an object"),
        ("{}", "signature.json lacks 'model'"),
        (json.dumps({**a_signature().to_dict(), "inputs": 3}), "signature.json"),
        (json.dumps({**a_signature().to_dict(), "inputs": [3]}), "signature.json"),
        (json.dumps({**a_signature().to_dict(), "version": "1\r\nX: y"}), "version: 1 to 64 letters"),
    ],
)
def test_a_broken_signature_is_refused(tmp_path: Path, text: str, says: str) -> None:
    directory = a_model_directory(tmp_path, identity())
    (directory / "signature.json").write_text(text)

    with pytest.raises(ModelUnusable, match=says):
        load(directory)


@pytest.mark.parametrize(
    ("available", "has_tensorrt", "wanted"),
    [
        (["AzureExecutionProvider", CPU], False, [CPU]),
        ([TENSORRT, CUDA, CPU], False, [CUDA, CPU]),
        ([TENSORRT, CUDA, CPU], True, [TENSORRT, CUDA, CPU]),
    ],
)
def test_the_best_device_that_is_there_is_preferred(
    available: list[str], wanted: list[str], *, has_tensorrt: bool
) -> None:
    providers = preferred_providers(available, has_tensorrt=has_tensorrt)

    assert [provider if isinstance(provider, str) else provider[0] for provider in providers] == wanted


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    return a_model_directory(tmp_path, identity()) / "model.onnx"


def test_where_no_gpu_is_expected_the_cpu_serves(graph: Path) -> None:
    session = open_session(graph, [CPU], allow_cpu=False)

    assert session.get_providers() == [CPU]


# onnxruntime for the CPU, asked for CUDA, does what that for the GPU does without a driver: it warns and goes on.
@pytest.mark.filterwarnings("ignore:Specified provider 'CUDAExecutionProvider' is not in available:UserWarning")
@pytest.mark.parametrize("wanted", [[CUDA, CPU], [("NoSuchProvider", {}), CPU]], ids=["goes on", "raises"])
def test_a_gpu_that_cannot_be_used_is_refused_with_what_to_do(graph: Path, wanted: list[Any]) -> None:
    with pytest.raises(
        ModelUnusable, match=r"^the model cannot run on the GPU: .*; SLUICE_ALLOW_CPU=1 serves on the CPU"
    ):
        open_session(graph, wanted, allow_cpu=False)


@pytest.mark.filterwarnings("ignore:Specified provider 'CUDAExecutionProvider' is not in available:UserWarning")
def test_a_gpu_that_cannot_be_used_is_replaced_by_the_cpu_where_that_is_allowed(
    graph: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "model_container")

    session = open_session(graph, [CUDA, CPU], allow_cpu=True)

    assert session.get_providers() == [CPU]
    assert caplog.messages == ["provider.failed"]

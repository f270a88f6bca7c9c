"""Do the exported graphs say what the trained pipelines say, for every flight that may come?"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from examples.flights import data
from examples.flights.channel import read_examples
from examples.flights.evaluate import Quality, probabilities
from examples.flights.export import save, to_onnx
from examples.flights.features import signature
from examples.flights.train import LABEL, as_served, examples, fit, train, untrained
from model_container.training_job import TrainingJob
from sluice.domain.signature import Datatype, Signature

ONNX_TYPES = {Datatype.BYTES: "tensor(string)", Datatype.FP32: "tensor(float)", Datatype.INT64: "tensor(int64)"}
VERSIONS = ["1", "2"]


def a_job(folder: Path, told: Mapping[str, str], channels: Mapping[str, Path]) -> TrainingJob:
    return TrainingJob(told, channels, folder / "model", folder / "output", folder)


@pytest.fixture(scope="module")
def table(split: data.Split) -> pd.DataFrame:
    return examples(split.training.sample(5_000, random_state=0))


@pytest.fixture(scope="module")
def may(split: data.Split) -> pd.DataFrame:
    return examples(split.validation)


@pytest.fixture(scope="module")
def pipelines(table: pd.DataFrame) -> dict[str, Pipeline]:
    return {version: fit(untrained(version), table) for version in VERSIONS}


@pytest.fixture(scope="module")
def model_dirs(pipelines: dict[str, Pipeline], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("flights")
    for version, pipeline in pipelines.items():
        save(pipeline, version, folder / version)
    return {version: folder / version for version in pipelines}


@pytest.fixture(scope="module")
def any_flights(may: pd.DataFrame) -> pd.DataFrame:
    """May's flights, and again with weather missing, by nobody and to nowhere the models have heard of."""
    chance = np.random.default_rng(0).random((len(may), len(data.WEATHER)))
    odd = may.assign(**{name: may[name].mask(chance[:, i] < 0.4) for i, name in enumerate(data.WEATHER)})
    odd.loc[odd.index[::3], "dest"] = "ZZZ"
    odd.loc[odd.index[::5], "carrier"] = "\u00e9\u2708"
    odd.loc[odd.index[::7], "origin"] = ""
    return pd.concat([may, odd])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_graph_agrees_with_the_pipeline(
    version: str, pipelines: dict[str, Pipeline], model_dirs: dict[str, Path], any_flights: pd.DataFrame
) -> None:
    theirs = pipelines[version].predict_proba(as_served(any_flights))

    ours = probabilities(model_dirs[version], any_flights)

    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.parametrize("version", VERSIONS)
def test_graph_and_signature_name_the_same_tensors(version: str, model_dirs: dict[str, Path]) -> None:
    written = Signature.from_dict(json.loads((model_dirs[version] / "signature.json").read_text()))
    session = onnxruntime.InferenceSession(model_dirs[version] / "model.onnx", providers=["CPUExecutionProvider"])

    graph = [
        (node.name, node.type, [-1 if dim is None else dim for dim in node.shape])
        for node in (*session.get_inputs(), *session.get_outputs())
    ]

    assert written == signature(version)
    assert graph == [
        (spec.name, ONNX_TYPES[spec.datatype], list(spec.shape)) for spec in (*written.inputs, *written.outputs)
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_one_flight_gets_one_label_and_two_probabilities(
    version: str, table: pd.DataFrame, model_dirs: dict[str, Path]
) -> None:
    answer = probabilities(model_dirs[version], table.head(1))

    assert answer.shape == (1, 2)
    assert answer.sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("version", VERSIONS)
def test_training_twice_gives_the_same_bytes(version: str, table: pd.DataFrame, model_dirs: dict[str, Path]) -> None:
    again = to_onnx(fit(untrained(version), table), version)

    assert again.SerializeToString(deterministic=True) == (model_dirs[version] / "model.onnx").read_bytes()
    domains = [opset.domain for opset in again.opset_import]
    assert domains == sorted(domains), "their order must not depend on the process's hash seed"


def test_both_versions_rank_may_and_the_second_ranks_it_better(may: pd.DataFrame, model_dirs: dict[str, Path]) -> None:
    first, second = (
        Quality.of(may[LABEL].to_numpy(), probabilities(model_dirs[version], may)[:, 1]) for version in VERSIONS
    )

    assert 0.65 < first.auc < second.auc


def test_a_training_job_learns_from_its_channel(
    table: pd.DataFrame, model_dirs: dict[str, Path], tmp_path: Path
) -> None:
    channel = tmp_path / "training"
    channel.mkdir()
    table.head(2_000).to_csv(channel / "a.csv", index=False)
    table.tail(len(table) - 2_000).to_csv(channel / "b.csv", index=False)

    train(a_job(tmp_path, {"version": "1"}, {"training": channel}))

    trained = (tmp_path / "model" / "model.onnx").read_bytes()
    assert trained == (model_dirs["1"] / "model.onnx").read_bytes()
    assert json.loads((tmp_path / "model" / "metrics.json").read_text())["validation"] is None


def test_a_training_job_without_channels_learns_from_the_package(may: pd.DataFrame, tmp_path: Path) -> None:
    train(a_job(tmp_path, {"version": "1"}, {}))

    quality = Quality.of(may[LABEL].to_numpy(), probabilities(tmp_path / "model", may)[:, 1])
    assert quality.auc == pytest.approx(0.713, abs=0.002)  # as README.md says


def test_an_airline_called_na_is_not_missing(table: pd.DataFrame, tmp_path: Path) -> None:
    renamed = table.head(3).assign(carrier="NA", temp=np.nan)
    renamed.to_csv(tmp_path / "examples.csv", index=False)

    again = read_examples(tmp_path / "examples.csv")

    assert again["carrier"].tolist() == ["NA"] * 3
    assert again["temp"].isna().all()


def test_quality_of_a_calibrated_guess() -> None:
    late = np.array([0, 0, 0, 1] * 100)

    quality = Quality.of(late, np.full(400, 0.25))

    assert quality.auc == 0.5
    assert quality.predicted_late == quality.were_late == 0.25
    assert quality.calibration_error == 0.0

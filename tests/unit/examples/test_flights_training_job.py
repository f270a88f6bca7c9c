"""The flights' training program in a training job: what it writes, and how it says that nothing can be learnt."""

import json
import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from examples.flights import data
from examples.flights.train import examples
from model_container.train import train

PROGRAM = "examples.flights.train:train"


@pytest.fixture(scope="module")
def table(split: data.Split) -> pd.DataFrame:
    return examples(split.training.sample(1_500, random_state=0)).head(1_400)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The entry point is a process's: it sets a signal's handler and the handlers of logs."""
    root, stop = logging.getLogger(), signal.getsignal(signal.SIGTERM)
    handlers, level = [*root.handlers], root.level
    root.handlers = []
    yield
    root.handlers, root.level = handlers, level
    signal.signal(signal.SIGTERM, stop)


def run(root: Path, channels: Mapping[str, pd.DataFrame], **told: str) -> int:
    """The job's exit code."""
    config = root / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps({"sluice_program": PROGRAM, "like": "1", **told}))
    for name, rows in channels.items():
        folder = root / "input" / "data" / name
        folder.mkdir(parents=True)
        rows.to_parquet(folder / f"{name}.parquet", index=False)
    return train(root)


def failure(root: Path) -> str:
    return (root / "output" / "failure").read_text()


def metrics(root: Path) -> Any:
    return json.loads((root / "model" / "metrics.json").read_text())


def test_a_search_chooses_by_the_validation_rows_and_metrics_tell_what_it_tried(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    dry = table.assign(precip=0.0, visib=10.0)
    told = {"version": "7", "like": "2", "rounds": "5", "search_trials": "4", "search_seconds": "600"}

    assert (
        run(tmp_path, {"training": dry.head(900), "validation": dry.tail(500)}, constant="precip, visib", **told) == 0
    )

    found = metrics(tmp_path)
    best = min(found["trials"], key=lambda each: each["log_loss"])
    assert {file.name for file in (tmp_path / "model").iterdir()} == {
        "metrics.json",
        "model.onnx",
        "reference.json",
        "signature.json",
    }
    assert (found["version"], found["rows"], found["validation"]["flights"]) == ("7", 900, 500)
    assert [each["number"] for each in found["trials"]] == [0, 1, 2, 3]
    assert found["parameters"] == {"like": "2", **best["parameters"]}
    assert found["validation"]["log_loss"] == pytest.approx(best["log_loss"], abs=1e-5)  # of the graph


def changed(**columns: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**columns)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (changed(label=0), "channel training: the label is 0 in all 1,400 rows: a single class teaches nothing"),
        (changed(label=3), "channel training, training.parquet: column label should hold 0 and 1 and holds 3"),
        (changed(label=np.nan), "channel training, training.parquet: column label should hold 0 and 1 and holds nan"),
        (
            changed(temp=32.0),
            "channel training: temp is 32.0 in all 1,400 rows; if that is right, name it in hyperparameter constant",
        ),
        (
            changed(dest=None),
            "channel training: dest is missing in all 1,400 rows; if that is right, name it in hyperparameter constant",
        ),
        (changed(humid="wet"), "channel training, training.parquet: column humid should hold numbers and holds text"),
        (changed(carrier=7), "channel training, training.parquet: column carrier should hold text and holds numbers"),
        (
            lambda table: table.drop(columns=["carrier", "temp"]),
            "channel training, training.parquet: columns carrier, temp not found",
        ),
        (lambda table: table.drop(columns="label"), "channel training, training.parquet: column label not found"),
        (lambda table: table.head(0), "channel training, training.parquet: there are no rows"),
    ],
)
def test_rows_that_teach_nothing_fail_the_job_in_one_sentence(
    tmp_path: Path, table: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], says: str
) -> None:
    assert run(tmp_path, {"training": change(table)}) == 1

    assert failure(tmp_path) == says
    assert not [*(tmp_path / "model").iterdir()]


def test_a_channel_without_files_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "input" / "data" / "training").mkdir(parents=True)
    (tmp_path / "input" / "data" / "training" / "readme.txt").touch()

    assert run(tmp_path, {}) == 1
    assert failure(tmp_path) == "channel training: there is no file that ends in .csv or .parquet"


def test_a_damaged_file_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "input" / "data" / "training").mkdir(parents=True)
    (tmp_path / "input" / "data" / "training" / "a.parquet").write_bytes(b"PAR1 but not for long")

    assert run(tmp_path, {}) == 1
    assert failure(tmp_path).startswith("channel training: a.parquet cannot be read: ")


def test_a_search_needs_rows_to_judge_by(tmp_path: Path, table: pd.DataFrame) -> None:
    assert run(tmp_path, {"training": table}, search_trials="3") == 1
    assert failure(tmp_path) == "a search needs a channel validation to judge settings by"


def test_a_job_without_rows_to_learn_from_fails(tmp_path: Path, table: pd.DataFrame) -> None:
    assert run(tmp_path, {"validation": table}) == 1
    assert failure(tmp_path) == "there is no channel training, only validation"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"like": "3"}, "hyperparameter version or like: expected one of ['1', '2'], got '3'"),
        ({"search_trials": "many"}, "hyperparameter search_trials: expected a whole number, 0 or more, got 'many'"),
        ({"search_seconds": "-1"}, "hyperparameter search_seconds: expected a whole number, 0 or more, got '-1'"),
        ({"rounds": "0"}, "hyperparameter rounds: expected a whole number, 1 or more, got '0'"),
    ],
)
def test_hyperparameters_are_refused_before_any_reading(tmp_path: Path, told: dict[str, str], says: str) -> None:
    assert run(tmp_path, {}, **told) == 1
    assert failure(tmp_path) == says

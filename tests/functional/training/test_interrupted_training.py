"""Training whose process is stopped, and killed, and comes to the model it would have come to anyway."""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from examples.flights.export import to_onnx
from examples.flights.features import CATEGORIES, NUMBERS
from examples.flights.train import fit, untrained
from local_cloud.processes import Child
from tests.functional.local_cloud.sagemaker_builders import eventually

ROUNDS, PATIENCE = 400, 90
TOLD = {
    "sluice_program": "examples.flights.train:train",
    "rounds": str(ROUNDS),
    "search_trials": "3",
    "search_seconds": "3600",
}

pytestmark = pytest.mark.slow


def a_table(rows: int) -> pd.DataFrame:
    """Flights made up by chance, late more often the later in the day."""
    chance = np.random.default_rng(0)
    table = pd.DataFrame({name: chance.normal(size=rows) for name in NUMBERS})
    codes = {name: chance.choice(["AA", "B6", "UA"], rows) for name in CATEGORIES}
    late = chance.random(rows) < 1 / (1 + np.exp(1 - table["departure_minute"]))
    return table.assign(**codes, label=late.astype(int))


def a_job(root: Path, table: pd.DataFrame) -> None:
    config = root / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(TOLD))
    for name, rows in {"training": table.head(2_000), "validation": table.tail(300)}.items():
        folder = root / "input" / "data" / name
        folder.mkdir(parents=True)
        rows.to_parquet(folder / "rows.parquet", index=False)


def one_life(root: Path, end: signal.Signals | None = None, when: Callable[[], object] | None = None) -> Child:
    """A process of the job, that gets a signal once something holds."""
    log = root / f"{end.name if end else 'last'}.log"
    child = Child(
        [sys.executable, "-m", "model_container", "train", "--root", str(root)], environment=os.environ, log=log
    )
    try:
        if end is not None and when is not None:
            assert eventually(when, within_seconds=PATIENCE), log.read_text()
            os.kill(child.pid, end)
        assert eventually(lambda: child.exit_code is not None, within_seconds=PATIENCE), log.read_text()
    finally:
        child.stop()
    return child


def has_tried(search: Path) -> bool:
    return search.exists() and json.loads(search.read_bytes())["trials"][0]["log_loss"] is not None


def events(root: Path, life: str, name: str) -> list[Mapping[str, Any]]:
    lines = [json.loads(line) for line in (root / f"{life}.log").read_text().splitlines()]
    return [each for each in lines if each["event"] == name]


def test_what_was_found_and_grown_by_then_is_not_done_again(tmp_path: Path) -> None:
    table = a_table(2_300)
    a_job(tmp_path, table)
    search, rounds = (tmp_path / "checkpoints" / name for name in ("search.json", "rounds.pickle"))

    stopped = one_life(tmp_path, signal.SIGTERM, lambda: has_tried(search))
    killed = one_life(tmp_path, signal.SIGKILL, rounds.exists)
    ended = one_life(tmp_path)

    assert (stopped.exit_code, killed.exit_code, ended.exit_code) == (143, -signal.SIGKILL, 0)
    assert not (tmp_path / "output" / "failure").exists()
    tried = [
        each["number"] for life in ("SIGTERM", "SIGKILL", "last") for each in events(tmp_path, life, "search.tried")
    ]
    assert tried == [0, 1, 2]
    assert events(tmp_path, "SIGTERM", "search.tried")
    (resumed,) = events(tmp_path, "last", "training.resumed")
    assert 0 < resumed["rounds"] < ROUNDS
    parameters = json.loads((tmp_path / "model" / "metrics.json").read_text())["parameters"]
    del parameters["like"]
    settings = {f"model__{name}": value for name, value in {**parameters, "max_iter": ROUNDS}.items()}
    uninterrupted = to_onnx(fit(untrained("2").set_params(**settings), table.head(2_000)), "2")
    assert (tmp_path / "model" / "model.onnx").read_bytes() == uninterrupted.SerializeToString(deterministic=True)

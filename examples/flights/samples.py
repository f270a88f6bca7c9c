"""What does a request look like? Two real flights as a body of each protocol, committed for README and tests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from examples.flights.data import WEATHER
from examples.flights.features import instances, signature

FOLDER = Path(__file__).parent / "requests"


def sample(live: pd.DataFrame) -> list[dict[str, Any]]:
    """The first live flight on time with all weather known, and the first late one with some of it missing."""
    known = live[[*WEATHER]].notna().all(axis=1)
    late = live["late"].fillna(value=False)
    on_time = live["late"].notna() & ~late
    chosen = pd.concat([live[known & on_time].head(1), live[~known & late].head(1)])
    return list(instances(chosen))


def bodies(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The text of each request by file name: the V1 protocol and the Open Inference Protocol V2."""
    tensors = [
        {
            "name": spec.name,
            "datatype": spec.datatype,
            "shape": [len(rows), *spec.row_shape],
            "data": [row[spec.name] for row in rows],
        }
        for spec in signature("1").inputs
    ]
    return {"v1.json": _lines("instances", rows), "v2.json": _lines("inputs", tensors)}


def write(live: pd.DataFrame, folder: Path = FOLDER) -> None:
    """Write the sample bodies."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in bodies(sample(live)).items():
        (folder / name).write_text(text, encoding="utf-8")


def _lines(key: str, items: Sequence[Mapping[str, Any]]) -> str:
    """A body with one line an item: readable, and valid JSON."""
    return f'{{"{key}": [\n  ' + ",\n  ".join(map(json.dumps, items)) + "\n]}\n"

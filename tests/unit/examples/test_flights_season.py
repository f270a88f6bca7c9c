"""Is the season found in the flights, and nothing in the same flights without it? At a terminal, on files."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from examples.flights import data
from examples.flights.features import CATEGORIES, NUMBERS, features, signature
from examples.flights.reference import column
from sluice.cli.app import main
from sluice.domain.drift.build import Choices
from sluice.domain.drift.model_reference import Training, model_reference, text_of

ROWS, CHECKED, A_DAY = 12_000, 4_000, 100
WINTER, SUMMER = range(1, 5), range(6, 9)


@pytest.fixture(scope="module")
def summer(flights: pd.DataFrame) -> pd.DataFrame:
    """Flights of June to August in random order."""
    return of_months(flights, SUMMER).sample(ROWS + CHECKED, random_state=0)


def of_months(flights: pd.DataFrame, months: range) -> pd.DataFrame:
    return flights[flights["scheduled_departure"].dt.tz_convert(data.NEW_YORK).dt.month.isin(months)]


def a_reference(flights: pd.DataFrame, folder: Path) -> Path:
    table = features(flights)
    training = Training({name: column(table, name) for name in (*CATEGORIES, *NUMBERS)})
    file = folder / "reference.json"
    reference = model_reference(signature("2"), training, choices=Choices(window_rows=A_DAY, draws=0))
    file.write_text(text_of(reference), encoding="utf-8")
    return file


def check(reference: Path, flights: pd.DataFrame, captured: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """Exit status of `sluice drift check`, and what it says of each feature."""
    file = reference.parent / "now.parquet"
    features(flights).to_parquet(file, index=False)
    with pytest.raises(SystemExit) as ended:
        main(["drift", "check", "--reference", str(reference), "--data", str(file), "--json"])
    found = json.loads(captured.readouterr().out)["findings"]
    return int(ended.value.code or 0), {each["feature"]: each for each in found}


def test_beside_winter_the_summer_is_found_by_its_temperature(
    flights: pd.DataFrame, summer: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    winter = of_months(flights, WINTER).sample(ROWS, random_state=0).sort_index()

    code, found = check(a_reference(winter, tmp_path), summer[:CHECKED], capsys)

    assert code == 1
    assert next(iter(found)) == "temp", "the worst comes first"
    assert (found["temp"]["verdict"], found["temp"]["change"]) == ("fail", "location")
    assert {found[name]["verdict"] for name in ("duplicates", "origin")} == {"pass"}


def test_beside_other_flights_of_the_same_summer_the_same_rows_are_quiet(
    summer: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = check(a_reference(summer[CHECKED:], tmp_path), summer[:CHECKED], capsys)

    assert code == 0
    assert {each["verdict"] for each in found.values()} == {"pass"}

"""Captured features beside the same ones computed anew: no cloud is needed."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from sluice.cli.app import main
from tests.functional.cli.operating import Done

FUNCTIONS = """
import pyarrow as pa

def same(rows):
    return rows.select(["temp", "carrier"])

def celsius(rows):
    values = rows.column("temp").to_pylist()
    return {"temp": [v if n else v * 1.8 + 32 for n, v in enumerate(values)], "carrier": ["AA"] * len(values)}

def short(rows):
    return {"temp": [1.0]}

def other(rows):
    return {"wind": [1.0] * rows.num_rows}

def words(rows):
    return {"temp": ["warm"] * rows.num_rows}
"""


class Person:
    """Somebody with a file and a module beside it."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "test.parquet"
        self._captured = captured

    def skew(self, function: str, *words: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(["data", "skew", "--data", str(self.file), "--features", function, *words])
        read = self._captured.readouterr()
        return Done(int(ended.value.code or 0), read.out, read.err)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    (tmp_path / "our_features.py").write_text(FUNCTIONS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    table = {
        "carrier": ["AA", "UA", "UA"],
        "temp": pa.array([10.0, 20.0, 30.0], pa.float32()),
        "sluice_source": ["captured", "captured", "history"],
        "sluice_prediction_id": ["p-1", "p-2", None],
    }
    found = Person(tmp_path, capsys)
    parquet.write_table(pa.table(table), found.file)
    return found


def test_what_is_computed_the_same_way_is_no_skew(person: Person) -> None:
    done = person.skew("our_features:same")

    assert done.code == 0
    assert done.out == "carrier: the same in 2 rows\ntemp: the same in 2 rows\n"


def test_what_differs_is_shown_and_the_command_fails(person: Person) -> None:
    done = person.skew("our_features:celsius")

    assert done.code == 1
    assert "temp: 1 of 2 rows differ (50.00%), such as p-1: captured 10.0, computed 50.0" in done.out
    assert "carrier: 1 of 2 rows differ (50.00%), such as p-2: captured 'UA', computed 'AA'" in done.out
    assert person.skew("our_features:celsius", "--fail-above", "0.5").code == 0


def test_programs_get_the_numbers(person: Person) -> None:
    form = person.skew("our_features:celsius", "--json").json

    assert form["skewed"] == ["carrier", "temp"]
    example = {"prediction_id": "p-1", "captured": "10.0", "computed": "50.0"}
    assert form["features"]["temp"] == {"rows": 2, "differing": 1, "share": 0.5, "example": example}


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("our_features:nothing", "has no attribute 'nothing'"),
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("our_features", "--features is package.module:function"),
        ("our_features:short", "the function made 1 rows of 2: one each is needed"),
        ("our_features:other", "nothing was compared: our_features:other computes no column"),
        ("our_features:words", "cannot be compared: "),
    ],
)
def test_a_mistake_is_one_line(person: Person, function: str, why: str) -> None:
    assert why in person.skew(function).mistake


def test_a_file_that_was_not_assembled_is_refused(person: Person) -> None:
    parquet.write_table(pa.table({"temp": [1.0]}), person.file)
    assert "it has no column sluice_source" in person.skew("our_features:same").mistake
    person.file.unlink()
    assert "cannot be read" in person.skew("our_features:same").mistake

"""Captured requests and labels become files to learn from, whichever way they are found; AWS is emulated."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from botocore.config import Config
from moto import mock_aws

from sluice.aws.captures import CapturedFile, Captures
from sluice.aws.client import connect
from sluice.aws.given_labels import GivenLabels
from sluice.data_file.spill import Spill
from sluice.domain.errors import InvalidTrainingData
from sluice.domain.training.choose import Fate, Terms
from sluice.domain.training.fit import Wanted
from sluice.domain.training.split import Cuts, Part, Shares
from sluice.service import read_training_rows as reading_module
from sluice.service.assemble_training_data import Assembled, Order, coverage, decide, write
from sluice.service.read_training_rows import ReadFile, Reading, read_training_rows
from sluice.service.training_lineage import HistoryFile, lineage
from tests.builders import a_store
from tests.feedback_builders import T0
from tests.training_builders import HOUR, OUTPUTS, SIGNATURE, Asked, a_row, capture, give, read, rows_of, some_asked

SINCE = T0.replace(minute=0)
WANTED = Wanted(SIGNATURE)


def micros(at: Any) -> int:
    return int(at.timestamp()) * 1_000_000


ORDER = Order(
    model="flights",
    label="late",
    wanted=WANTED,
    terms=Terms(micros(SINCE), micros(SINCE + 9 * HOUR), micros(SINCE + 20 * HOUR), 0, 1, classes=2),
    split=Shares(10, 10),
    reach=10.0,
    most_quarantined=100,
)


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with mock_aws():
        a_store(connect("dynamodb", Config()))
        connect("s3", Config()).create_bucket(Bucket="data")
        yield


def a_reading(order: Order = ORDER) -> Reading:
    return Reading(order.model, order.label, order.wanted, Captures.connect(), GivenLabels.connect("state"))


def spilled(
    keys: Sequence[str], folder: Path, *, pieces: int = 1, order: Order = ORDER
) -> tuple[list[Path], list[ReadFile]]:
    """Read files in so many pieces."""
    folder.mkdir(exist_ok=True)
    numbered = [(number, CapturedFile("data", key)) for number, key in enumerate(sorted(keys))]
    spills, files = [], []
    for piece in range(pieces):
        spills.append(folder / f"{piece}.arrow")
        files += read_training_rows(numbered[piece::pieces], a_reading(order), spills[-1])
    return spills, sorted(files, key=lambda file: file.key)


def made(keys: Sequence[str], folder: Path, *, pieces: int = 1, order: Order = ORDER) -> Any:
    """Assemble; the lineage."""
    spills, files = spilled(keys, folder, pieces=pieces, order=order)
    with Spill(spills) as found:
        chosen = decide(found, order, history=0)
        by_answer = coverage(found, chosen, order.wanted.signature.classes, history=0)
        assembled = Assembled(chosen, files, 0, by_answer)
        write(found, assembled, order, folder)
        return lineage(found, assembled, order, folder, history=None, code={"sluice": "0"})


def test_however_rows_are_found_the_bytes_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = some_asked(60)
    give(asked)
    first = made([capture(asked)], tmp_path / "first")
    mixed = [*asked, *asked[:20]]
    random.Random(3).shuffle(mixed)  # noqa: S311  any order will do
    keys = [capture(mixed[place::5], f"piece-{place}") for place in range(5)]
    monkeypatch.setattr(reading_module, "_AT_ONCE", 7)

    second = made(keys, tmp_path / "second", pieces=3)

    for name in (*Part, "quarantine"):
        assert read_bytes(tmp_path, "first", name) == read_bytes(tmp_path, "second", name)
    assert first["predictions"] == second["predictions"]
    assert sum(file["rows"] for file in second["files"]) == 60
    assert second["left_out"] == {"replaced": 20}


def read_bytes(folder: Path, run: str, name: str) -> bytes:
    return (folder / run / f"{name}.parquet").read_bytes()


def test_rows_stand_beside_their_labels(tmp_path: Path) -> None:
    asked = some_asked(20)
    give(asked)

    found = made([capture(asked)], tmp_path / "out")

    rows = [row for part in Part for row in rows_of(tmp_path / "out", part)]
    assert [(row["sluice_prediction_id"], row["hours"], row["late"]) for row in rows] == [
        (each.prediction_id, each.number, each.label) for each in asked
    ]
    assert found["parts"]["train"]["labels"] == {"0": 10, "1": 6}
    assert found["settings"]["split"] == {"validation_percent": 10, "test_percent": 10}
    assert found["versions"] == {"1": 20}
    assert found["largest_unit_rows"] == 20
    assert found["labels"]["by_answer"] == {"on_time": {"predictions": 20, "labels": 20, "share": 1.0}}


def test_labels_that_are_no_classes_stay_numbers(tmp_path: Path) -> None:
    asked = [replace(each, label=each.number / 200) for each in some_asked(120)]
    give(asked)
    signature = replace(SIGNATURE, classes=(), outputs=OUTPUTS[:1])
    order = replace(
        ORDER,
        wanted=Wanted(signature),
        terms=replace(ORDER.terms, classes=0),
        split=Cuts(micros(T0 + timedelta(minutes=105)), micros(T0 + timedelta(minutes=110))),
    )

    found = made([capture(asked)], tmp_path / "out", order=order)

    assert read(tmp_path / "out", "train").schema.field("late").type == pa.float64()
    assert found["parts"]["train"]["labels"] == {}
    assert found["parts"]["train"]["mean_label"] == 0.26
    assert found["settings"]["split"]["validation_from"] == "2026-11-21T11:15:00+00:00"
    assert found["labels"]["by_answer"]["0"]["predictions"] == 120


def test_what_cannot_be_read_is_told_and_the_rest_is_used(tmp_path: Path) -> None:
    asked = some_asked(20)
    give(asked)
    stranger = '{"eventMetadata": {"inferenceTime": "2026-11-21T09:30:00Z"}, "captureData": {}}'
    keys = [
        capture(asked, more=["no JSON", stranger]),
        "captures/odd",
        capture(asked, "x").replace("x.jsonl", "gone.jsonl"),
    ]

    found = made(keys, tmp_path / "out")

    told = {
        file["key"].split("/")[-1]: (file["predictions"], file["poisoned"], file["trouble"]) for file in found["files"]
    }
    assert told["file.jsonl"] == (20, 1, "")
    assert told["odd"] == (0, 0, "not the key of captured data: 'captures/odd'")
    assert told["gone.jsonl"] == (0, 0, "there is no such file")


def test_misfits_and_outliers_are_put_aside_in_the_order_of_time(tmp_path: Path) -> None:
    asked = some_asked(400)
    odd = [
        Asked(901, T0 + timedelta(minutes=30), row=a_row(1, temp="warm")),
        Asked(902, T0 + timedelta(minutes=20), row=a_row(1, temp=1e9)),
        Asked(903, T0 + timedelta(minutes=10), row=a_row(1, temp=1e9, hours=10**9)),
    ]
    give([*asked, *odd])

    found = made([capture([*asked, *odd])], tmp_path / "out")

    aside = rows_of(tmp_path / "out", "quarantine")
    assert [row["sluice_prediction_id"] for row in aside] == ["p-0903", "p-0902", "p-0901"]
    assert [row["sluice_reason"].split(":")[0] for row in aside] == ["temp", "temp", "temp"]
    assert found["left_out"] == {"misfit": 1, "outlier": 2}


def test_outliers_may_be_learnt_from(tmp_path: Path) -> None:
    asked = [*some_asked(200), Asked(902, T0 + timedelta(minutes=20), row=a_row(1, temp=1e9))]
    give(asked)

    assert made([capture(asked)], tmp_path / "out", order=replace(ORDER, reach=0))["left_out"] == {}


def test_nothing_is_assembled_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidTrainingData, match="no prediction of that time was captured"):
        made([], tmp_path / "out")


def test_history_may_be_all_there_is(tmp_path: Path) -> None:
    """Rows of history bring no prediction, no unit and no answer."""
    asked = some_asked(20)
    give(asked)
    spills, _ = spilled([capture(asked)], tmp_path / "out")
    earlier = tmp_path / "earlier.arrow"
    _as_history(spills[0], earlier)

    with Spill([earlier]) as found:
        chosen = decide(found, ORDER, history=20)
        assembled = Assembled(chosen, [], 20, coverage(found, chosen, SIGNATURE.classes, history=20))
        write(found, assembled, ORDER, tmp_path)
        form = lineage(found, assembled, ORDER, tmp_path, history=HistoryFile("h", "t", "l", "0"), code={})

    assert form["own_decisions"] == {"rows": 0, "share": 0.0}
    assert form["history"] == {"name": "h", "time": "t", "label": "l", "sha256": "0", "rows": 20, "left_out": {}}
    assert form["largest_unit_rows"] == 0
    assert form["labels"] == {"by_answer": {}, "are_selective": False}
    assert form["versions"] == {}
    assert assembled.left_out_of_history[Fate.OUTSIDE] == 0


def _as_history(file: Path, out: Path) -> None:
    """The same rows a day before, of nobody."""
    with pa.ipc.open_file(pa.OSFile(str(file))) as reader:
        table = reader.read_all()
    day = 24 * 3600 * 1_000_000
    for name in ("sluice_at", "sluice_label_at", "sluice_received_at"):
        place, kind = table.column_names.index(name), table.schema.field(name).type
        moved = pa.array([value - day for value in table.column(name).cast(pa.int64()).to_pylist()]).cast(kind)
        table = table.set_column(place, table.schema.field(name), moved)
    for name in ("sluice_prediction_id", "sluice_unit", "sluice_version"):
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(name), pa.nulls(len(table), pa.string()))
    with pa.ipc.new_file(pa.OSFile(str(out), "wb"), table.schema) as writer:
        writer.write_table(table)

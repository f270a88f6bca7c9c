"""Training data from captured requests and labels, as a person at a terminal has it made; AWS is emulated."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from sluice.clock import utc_now
from tests.builders import a_routing
from tests.functional.cli.operating import SETTINGS, Done, Operator
from tests.functional.deployed import a_client
from tests.training_builders import (
    HOUR,
    SIGNATURE,
    Asked,
    a_row,
    capture,
    give,
    lineage_of,
    read,
    rows_of,
    some_asked,
)

START = (utc_now() - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
SINCE = START.isoformat()


@pytest.fixture
def deployed(operator: Operator) -> Operator:
    """With a model of three inputs."""
    routings = operator.release().routings
    routing = routings.get("flights")
    assert routing is not None
    routings.put(replace(a_routing(signature=SIGNATURE), revision=routing.revision + 1))
    return operator


def assemble(operator: Operator, *words: str, out: str = "data") -> Done:
    where = ("--since", SINCE, "--label", "late", "--out", str(operator.folder / out))
    return operator.sluice("data", "assemble", *where, *words)


def captured(count: int = 40) -> list[Asked]:
    asked = some_asked(count, first=START)
    capture(asked)
    give(asked)
    return asked


def test_rows_are_joined_with_their_labels_and_split_by_time(deployed: Operator) -> None:
    asked = captured()

    done = assemble(deployed)

    folder = deployed.folder / "data"
    parts = {part: rows_of(folder, part) for part in ("train", "validation", "test")}
    assert done.code == 0, done.err
    assert [len(rows) for rows in parts.values()] == [32, 4, 4]
    rows = [row for part in parts.values() for row in part]
    assert [row["sluice_prediction_id"] for row in rows] == [each.prediction_id for each in asked]
    assert rows[3] == {
        "carrier": "UA",
        "temp": 1.5,
        "hours": 3,
        "late": 1,
        "sluice_source": "captured",
        "sluice_prediction_id": "p-0003",
        "sluice_at": START + timedelta(minutes=3),
        "sluice_unit": "0123456789abcdef",
        "sluice_version": "1",
        "sluice_variant": "champion",
        "sluice_propensity": 0.9,
        "sluice_answer": 0,
    }
    assert "flights: 40 rows to learn 'late' from" in done.said
    assert "train: 32 rows" in done.said
    assert "own decisions: 100.0% of the rows are requests that the model itself answered (40)" in done.said
    assert "labels came for 40 of 40 captured predictions: 100.0% of those answered on_time" in done.said
    assert sorted(path.name for path in folder.iterdir()) == [
        "lineage.json",
        "quarantine.parquet",
        "test.parquet",
        "train.parquet",
        "validation.parquet",
    ]


def test_the_lineage_says_where_every_row_comes_from(deployed: Operator) -> None:
    asked = captured()
    key = "captures/sluice-flights/champion/" + f"{START:%Y/%m/%d/%H}/file.jsonl"

    done = assemble(deployed, "--json")

    lineage = lineage_of(deployed.folder / "data")
    assert done.json == {"folder": str(deployed.folder / "data"), **lineage}
    ids = "".join(f"{each.prediction_id}\n" for each in asked)
    assert lineage["predictions"] == {"count": 40, "sha256": hashlib.sha256(ids.encode()).hexdigest()}
    etag = a_client("s3").head_object(Bucket="data", Key=key)["ETag"].strip('"')
    assert lineage["files"] == [{"key": key, "etag": etag, "predictions": 40, "poisoned": 0, "trouble": "", "rows": 40}]
    assert lineage["versions"] == {"1": 40}
    assert lineage["own_decisions"] == {"rows": 40, "share": 1.0}
    assert lineage["parts"]["train"]["labels"] == {"0": 21, "1": 11}
    content = (deployed.folder / "data/test.parquet").read_bytes()
    assert lineage["parts"]["test"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert lineage["settings"]["since"] == SINCE
    assert lineage["history"] is None
    assert lineage["code"].keys() == {"sluice", "pyarrow", "numpy", "python", "sluice_sha256"}


def test_the_same_rows_in_other_files_are_the_same_bytes(deployed: Operator) -> None:
    asked = captured()
    as_of = utc_now().isoformat()
    assemble(deployed, "--as-of", as_of, out="once")
    for key in [entry["Key"] for entry in a_client("s3").list_objects_v2(Bucket="data")["Contents"]]:
        a_client("s3").delete_object(Bucket="data", Key=key)
    for place in range(12):
        capture(asked[place::12][::-1], f"file-{place}")
    capture(asked[:5], "again")

    assemble(deployed, "--as-of", as_of, out="twice")

    for name in ("train", "validation", "test", "quarantine"):
        once, twice = (deployed.folder / out / f"{name}.parquet" for out in ("once", "twice"))
        assert once.read_bytes() == twice.read_bytes()
    first, second = lineage_of(deployed.folder / "once"), lineage_of(deployed.folder / "twice")
    assert first["predictions"] == second["predictions"]
    assert second["left_out"] == {"replaced": 5}


def test_the_last_attempt_gave_the_answer_and_copies_and_strangers_gave_none(deployed: Operator) -> None:
    asked = captured()
    again = replace(asked[7], attempt=2, version="2", variant="challenger", at=asked[7].at + timedelta(seconds=2))
    capture([again], "again", variant="challenger")
    copy = replace(asked[8], version="9")
    stranger = json.loads(asked[9].line)
    stranger["eventMetadata"]["customAttributes"] = ["sluice-replay"]
    stranger["eventMetadata"]["inferenceId"] = "stranger"
    capture([copy], "copy", more=[json.dumps(stranger)], variant="challenger-2")

    assemble(deployed)

    rows = rows_of(deployed.folder / "data", "train")
    assert [(row["sluice_version"], row["sluice_variant"]) for row in rows[6:9]] == [
        ("1", "champion"),
        ("2", "challenger"),
        ("1", "champion"),
    ]
    assert lineage_of(deployed.folder / "data")["versions"] == {"1": 39, "2": 1}


def test_nothing_is_known_of_later(deployed: Operator) -> None:
    """Labels that came after a moment are not used as of that moment, and requests of after it are none."""
    asked = captured(30)
    late = [replace(each, number=100 + each.number, wait=timedelta(hours=5)) for each in asked[:4]]
    early = [replace(each, number=200 + each.number, wait=-HOUR) for each in asked[:3]]
    capture([*late, *early], "more")
    give([*late, *early])
    as_of = START + timedelta(hours=2)

    done = assemble(deployed, "--as-of", as_of.isoformat())

    lineage = lineage_of(deployed.folder / "data")
    assert lineage["left_out"] == {"label_unknown_then": 4, "label_before": 3}
    assert lineage["predictions"]["count"] == 30
    assert "left out: 4 whose label came after --as-of" in done.said
    assert lineage["settings"]["until"] == as_of.isoformat()


def test_what_does_not_fit_is_put_aside_with_the_reason(deployed: Operator) -> None:
    captured(200)
    at = START + timedelta(minutes=50)
    odd: list[Asked] = [
        Asked(900, at, row=a_row(1, temp="warm")),
        Asked(901, at, row={"carrier": "AA", "temp": 1.0}),
        Asked(902, at, row=a_row(1, hours=1, gate="B7")),
        Asked(903, START + timedelta(minutes=2), row=a_row(1, temp=1e9)),
    ]
    capture(odd, "odd")
    give(odd)

    done = assemble(deployed)

    folder = deployed.folder / "data"
    aside = {row["sluice_prediction_id"]: row for row in rows_of(folder, "quarantine")}
    assert aside["p-0900"]["sluice_reason"] == "temp: expected a finite FP32 number or null, got 'warm'"
    assert "hours" in aside["p-0901"]["sluice_reason"]
    assert "gate" in aside["p-0902"]["sluice_reason"]
    assert json.loads(aside["p-0902"]["sluice_asked"])["instances"][0]["gate"] == "B7"
    assert aside["p-0903"]["sluice_reason"].startswith("temp: 1e+09 is beyond")
    assert len(aside) == 4
    assert read(folder, "train").num_rows == 159
    assert "left out: 3 that do not fit the signature: see quarantine.parquet" in done.said
    assert "left out: 1 with a number far beyond all others: see quarantine.parquet" in done.said


def test_the_quarantine_is_capped_and_all_are_counted(deployed: Operator) -> None:
    captured()
    odd = [Asked(100 + n, START + timedelta(minutes=n), row={"carrier": 1}) for n in range(30)]
    capture(odd, "odd")
    give(odd)

    assemble(deployed, "--quarantine-rows", "7")

    assert read(deployed.folder / "data", "quarantine").num_rows == 7
    assert lineage_of(deployed.folder / "data")["left_out"] == {"misfit": 30}


def test_a_unit_brings_no_more_than_its_cap(deployed: Operator) -> None:
    asked = [replace(each, unit=f"{each.number % 4:016x}" if each.number % 2 else "f" * 16) for each in some_asked(40)]
    moved = [replace(each, at=START + timedelta(minutes=each.number)) for each in asked]
    capture(moved)
    give(moved)

    done = assemble(deployed, "--max-per-unit", "10")

    lineage = lineage_of(deployed.folder / "data")
    assert lineage["left_out"] == {"over_cap": 10}
    assert lineage["largest_unit_rows"] == 10
    assert "the unit with most rows has 10" in done.said


def test_labels_that_depend_on_the_answer_are_told(deployed: Operator) -> None:
    asked = some_asked(120, first=START)
    biased = [
        replace(each, late=0.9, label=None) if each.number % 2 and each.number % 20 > 3 else each for each in asked
    ]
    capture(biased)
    give(biased)

    done = assemble(deployed)

    assert "note: whether a label comes depends on what was answered" in done.said
    by_answer = lineage_of(deployed.folder / "data")["labels"]["by_answer"]
    assert by_answer["late"] == {"predictions": 48, "labels": 0, "share": 0.0}
    assert by_answer["on_time"]["share"] == 1.0


def test_history_comes_before_what_was_captured(deployed: Operator) -> None:
    captured()
    file = deployed.folder / "history.parquet"
    write_history(file, 60)

    done = assemble(deployed, "--history", str(file), "--history-time", "left")

    rows = rows_of(deployed.folder / "data", "train")
    lineage = lineage_of(deployed.folder / "data")
    assert [row["sluice_source"] for row in rows[:51]] == ["history"] * 50 + ["captured"]
    assert rows[0]["temp"] == 0.5
    assert rows[0]["sluice_prediction_id"] is None
    assert lineage["own_decisions"] == {"rows": 40, "share": round(40 / 90, 6)}
    assert lineage["history"]["rows"] == 50
    assert lineage["history"]["left_out"] == {"outside": 5, "unlabelled": 3, "misfit": 2}
    assert lineage["history"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "left out of history: 2 that do not fit the signature: see quarantine.parquet" in done.said


def test_the_label_of_history_may_have_a_name_of_its_own(deployed: Operator) -> None:
    captured()
    file = deployed.folder / "history.parquet"
    write_history(file, 60, was_late=[0.0] * 60)

    assemble(deployed, "--history", str(file), "--history-time", "left", "--history-label", "was_late")

    lineage = lineage_of(deployed.folder / "data")
    assert lineage["history"]["label"] == "was_late"
    assert lineage["history"]["left_out"] == {"outside": 5, "misfit": 2}
    assert {row["late"] for row in rows_of(deployed.folder / "data", "train")[:53]} == {0}


def write_history(file: Path, count: int, **changes: Any) -> None:
    """Five rows are of the time of what was captured, three without a label, two lack an input."""
    table = {
        "carrier": [None if n in (10, 11) else "AA" for n in range(count)],
        "temp": [n + 0.5 for n in range(count)],
        "hours": list(range(count)),
        "late": [None if n in (20, 21, 22) else n % 2 == 0 for n in range(count)],
        "left": [START + timedelta(hours=n - count + 5) for n in range(count)],
        "other": ["x"] * count,
    }
    parquet.write_table(pa.table({**table, **changes}), file)


def test_corrupt_files_are_named_and_the_others_used(deployed: Operator) -> None:
    captured()
    at = f"{START:%Y/%m/%d/%H}"
    s3 = a_client("s3")
    s3.put_object(Bucket="data", Key=f"captures/sluice-flights/champion/{at}/zip.jsonl", Body=b"\x1f\x8b\n\xff\xfe")
    s3.put_object(Bucket="data", Key=f"captures/sluice-flights/champion/{at}/odd.txt", Body=b"")

    done = assemble(deployed)

    assert done.code == 0
    assert f"note: captures/sluice-flights/champion/{at}/zip.jsonl: 2 lines cannot be read" in done.said
    assert "odd.txt: not the key of captured data" in done.said
    assert lineage_of(deployed.folder / "data")["predictions"]["count"] == 40


def test_sensitive_inputs_are_in_no_file(deployed: Operator) -> None:
    settings = deployed.folder / "sluice.yaml"
    settings.write_text(SETTINGS + "    capture: {percent: 100, sensitive: [temp]}\n", encoding="utf-8")
    asked = captured()
    redacted = json.loads(asked[5].line)
    redacted["eventMetadata"]["sluiceRedacted"] = ["temp"]
    redacted["eventMetadata"]["inferenceId"] = "p-0500"
    other = json.loads(asked[5].line)
    other["eventMetadata"]["sluiceRedacted"] = ["carrier"]
    other["eventMetadata"]["inferenceId"] = "p-0501"
    capture([Asked(502, START, row=a_row(1, temp="born 1970"))], "r", more=[json.dumps(redacted), json.dumps(other)])
    give([Asked(500, START), Asked(501, START), Asked(502, START)])

    done = assemble(deployed)

    folder = deployed.folder / "data"
    assert "sensitive inputs are in no file: temp" in done.said
    assert "temp" not in read(folder, "train").column_names
    assert lineage_of(folder)["predictions"]["count"] == 41
    aside = {row["sluice_prediction_id"]: row for row in rows_of(folder, "quarantine")}
    assert aside["p-0501"]["sluice_reason"] == "redacted: carrier"
    assert aside["p-0502"]["sluice_reason"] == "temp: expected a finite FP32 number or null"
    assert {row["sluice_asked"] for row in aside.values()} == {None}


def test_requests_of_several_rows_have_no_label_of_their_own(deployed: Operator) -> None:
    asked = captured()
    several = json.loads(asked[0].line)
    several["captureData"]["endpointInput"]["data"] = json.dumps({"instances": [a_row(1), a_row(2)]})
    several["eventMetadata"]["inferenceId"] = "p-0600"
    capture([asked[0]], "several", more=[json.dumps(several)])
    give([Asked(600, START)])

    done = assemble(deployed)

    assert "left out: 1 requests of several rows: a label does not say which row it is about" in done.said


def test_what_is_older_than_things_are_kept_is_told(deployed: Operator) -> None:
    captured()

    said = assemble(deployed, "--since", "100d").said

    assert "note: capture.keep_days is 90: what is from before" in said
    assert "note: feedback.keep_days is 90: what is from before" in said


def test_the_split_may_be_by_date(deployed: Operator) -> None:
    captured()
    first, second = (START + timedelta(minutes=minutes) for minutes in (10, 25))

    assemble(deployed, "--split", f"{first.isoformat()}/{second.isoformat()}")

    folder = deployed.folder / "data"
    assert [read(folder, part).num_rows for part in ("train", "validation", "test")] == [10, 15, 15]


def test_where_nothing_can_be_assembled_the_reason_is_one_line_and_nothing_is_written(deployed: Operator) -> None:
    assert "no prediction of that time was captured" in assemble(deployed).mistake
    asked = some_asked(40, first=START)
    capture(asked)
    assert "none of 40 captured predictions has the label 'late'" in assemble(deployed).mistake
    give([replace(each, number=each.number + 1000) for each in asked])
    assert "none of 40 captured predictions has the label 'late'" in assemble(deployed).mistake
    give([replace(each, label=0.0) for each in asked])
    assert "all 32 rows to learn from have the label 0: a single class" in assemble(deployed).mistake
    assert (
        "none is left for validation and test"
        in assemble(deployed, "--split", f"{utc_now().isoformat()}/{(utc_now() + HOUR).isoformat()}").mistake
    )
    assert list((deployed.folder / "data").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--since", "yesterday"), "a time is 30m, 2h, 7d"),
        (("--since", "1h", "--until", "2h"), "--since 1h is not before --until 2h"),
        (("--split", "80/10/20"), "three percents that sum to 100"),
        (("--split", "2026-11-25/2026-11-20"), "two moments in order"),
        (("--label", "Late!"), "--label is the name of feedback"),
        (("--label", "temp"), "is the name of another column"),
        (("--history", "nowhere.parquet"), "nowhere.parquet cannot be read: "),
    ],
)
def test_a_mistake_is_one_line(deployed: Operator, words: tuple[str, ...], why: str) -> None:
    assert why in assemble(deployed, *words).mistake


def test_a_folder_that_cannot_be_written_is_told(deployed: Operator) -> None:
    captured()
    (deployed.folder / "file").write_bytes(b"")
    (deployed.folder / "taken/lineage.json").mkdir(parents=True)

    assert "file cannot be written: File exists" in assemble(deployed, out="file").mistake
    assert "taken cannot be written: " in assemble(deployed, out="taken").mistake


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"temp": ["warm"] * 60}, "temp holds string, but is FP32 to the model"),
        ({"carrier": list(range(60))}, "carrier holds int64, but is BYTES to the model"),
        ({"late": ["soon"] * 60}, "late holds other words than the classes"),
        ({"left": ["once"] * 60}, "left: 'once' is no time"),
        ({"hours": [0.5] * 60}, "hist.parquet is broken, or no Parquet file"),
    ],
)
def test_a_history_that_cannot_be_used_says_why(deployed: Operator, changes: dict[str, Any], why: str) -> None:
    captured()
    file = deployed.folder / "hist.parquet"
    write_history(file, 60, **changes)

    assert why in assemble(deployed, "--history", str(file), "--history-time", "left").mistake
    assert (
        "lacks nowhere; its columns are"
        in assemble(deployed, "--history", str(file), "--history-time", "nowhere").mistake
    )


def test_a_model_that_cannot_be_learnt_from_captures_is_refused(operator: Operator) -> None:
    settings = operator.folder / "sluice.yaml"
    settings.write_text(SETTINGS + "    capture: {percent: 100, sensitive: [x]}\n", encoding="utf-8")

    assert "every input of flights is sensitive" in assemble(operator).mistake

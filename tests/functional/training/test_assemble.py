"""The step that assembles, as a processing job starts it; AWS is emulated."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from moto import mock_aws
from pyarrow import parquet

from sluice.aws.state import RoutingStore
from sluice.clock import utc_now
from tests.builders import a_routing
from tests.functional.deployed import a_client, deploy
from tests.training_builders import SIGNATURE, capture, give, lineage_of, rows_of, some_asked
from training.__main__ import main

START = (utc_now() - timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
ARCHIVE = "s3://data/models/flights/1/model.tar.gz"
HERE = "tests.functional.training.test_assemble"
DIFFERING = "temp in 2 of 40 rows, such as p-0002: captured 1.0, computed 2.0"
FIXED = {
    "model": "flights",
    "endpoint": "sluice-flights",
    "table": "state",
    "bucket": "data",
    "data": "captured",
    "champion": ARCHIVE,
    "label": "late",
    "since-days": "3",
    "until-days": "0",
    "split": "80/10/10",
    "max-per-unit": "0",
    "outliers": "10",
    "least": "0",
    "most": "1",
}


class Job:
    """A folder that stands for /opt/ml."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "processing" / "output"

    def run(self, **words: str) -> int:
        told = {**FIXED, **{name.replace("_", "-"): value for name, value in words.items()}}
        options = [f"--{name}={value}" for name, value in told.items()]
        return main(["assemble", *options], {"SLUICE_OPT_ML": str(self.root)})

    def said(self, name: str) -> str:
        return (self.root / "output" / name).read_text()

    @property
    def assembled(self) -> Any:
        return json.loads((self.out / "assembled.json").read_text())


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    with mock_aws():
        deploy()
        RoutingStore(a_client("dynamodb"), table="state").put(a_routing(signature=SIGNATURE, revision=1))
        a_client("s3").create_bucket(Bucket="data")
        put("models/flights/1/model.tar.gz", b"an archive")
        yield Job(tmp_path / "ml")


def put(key: str, content: bytes) -> None:
    a_client("s3").put_object(Bucket="data", Key=key, Body=content)


def captured(count: int = 40, **changes: Any) -> None:
    asked = [replace(each, **changes) for each in some_asked(count, first=START)]
    capture(asked)
    give(asked)


def serve(archive: str) -> None:
    """An endpoint of one variant."""
    sagemaker = a_client("sagemaker")
    role = "arn:aws:iam::123456789012:role/model"
    sagemaker.create_model(
        ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i", "ModelDataUrl": archive}
    )
    variant = {"VariantName": "champion", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="sluice-flights", EndpointConfigName="c")


def test_what_was_captured_is_assembled_beside_the_champion_that_serves(job: Job) -> None:
    captured()
    serve(ARCHIVE)

    assert job.run(champion="serving") == 0

    assert [len(rows_of(job.out, part)) for part in ("train", "validation", "test")] == [32, 4, 4]
    assert job.assembled == {"rows": "40", "data": "captured", "champion": ARCHIVE}
    assert (job.out / "champion.tar.gz").read_bytes() == b"an archive"
    assert job.said("message") == "40 rows to learn 'late' from"
    assert lineage_of(job.out)["predictions"]["count"] == 40
    assert {each.name for each in job.out.iterdir()} == {
        *("train.parquet", "validation.parquet", "test.parquet", "quarantine.parquet"),
        *("lineage.json", "champion.tar.gz", "assembled.json"),
    }
    groups = a_client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in groups] == ["sluice-flights"]


def test_history_lies_below_the_models_folder_and_days_may_be_parts_of_one(job: Job, tmp_path: Path) -> None:
    captured()
    left = [START - timedelta(days=100) + n * timedelta(hours=1) for n in range(60)]
    table = {"carrier": ["AA"] * 60, "temp": [1.5] * 60, "hours": [1] * 60, "was_late": [n % 2 for n in range(60)]}
    parquet.write_table(pa.table({**table, "left": left}), tmp_path / "2013.parquet")
    put("training/flights/2013.parquet", (tmp_path / "2013.parquet").read_bytes())
    age = (utc_now() - START) / timedelta(days=1)
    half = age - 20 / 24 / 60  # the first 20 of 40 rows, a minute apart

    words = {"history": "2013.parquet", "history_time": "left", "history_label": "was_late"}
    assert job.run(since_days=str(age + 1), until_days=str(half), **words) == 0

    lineage = lineage_of(job.out)
    assert (lineage["history"]["rows"], lineage["history"]["name"]) == (60, "2013.parquet")
    assert 19 <= lineage["predictions"]["count"] <= 21
    assert job.assembled["rows"] == str(60 + lineage["predictions"]["count"])


def test_data_assembled_before_comes_with_its_lineage(job: Job) -> None:
    captured()
    job.run()
    for file in job.out.glob("*"):
        put(f"training/flights/before/{file.name}", file.read_bytes())
        file.unlink()

    assert job.run(data="s3://data/training/flights/before/") == 0

    assert job.assembled["rows"] == "40"
    assert lineage_of(job.out)["predictions"]["count"] == 40
    assert len(rows_of(job.out, "train")) == 32


def test_no_sensitive_input_is_in_any_file(job: Job) -> None:
    captured()

    assert job.run(sensitive="temp") == 0

    assert "temp" not in rows_of(job.out, "train")[0]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"since_days": "0.001"}, "there is nothing to learn from: no prediction of that time was captured"),
        ({"label": "other"}, "none of 40 captured predictions has the label 'other'"),
        ({"label": "temp"}, "--label temp is the name of another column"),
        ({"model": "trains"}, "trains is not deployed: nothing says which inputs it takes"),
        ({"champion": "s3://data/models/flights/2/model.tar.gz"}, "s3://data/models/flights/2/model.tar.gz cannot be "),
        ({"champion": "4"}, "'4' is no URL of an object: s3://bucket/key is needed"),
        ({"champion": "serving"}, "sluice-flights"),
        ({"history": "2013.parquet"}, "s3://data/training/flights/2013.parquet cannot be read: 404"),
        ({"data": "s3://data/training/flights/first"}, "training/flights/first/train.parquet cannot be read: 404"),
        ({"data": "s3://data/broken"}, "train.parquet is broken, or no Parquet file"),
        ({"features": "nowhere:compute"}, "--features is package.module:function"),
    ],
)
def test_where_nothing_comes_of_it_one_line_says_why(job: Job, words: dict[str, str], reason: str) -> None:
    captured()
    for part in ("train", "validation", "test"):
        put(f"broken/{part}.parquet", b"none")

    assert job.run(**words) == 1

    assert reason in job.said("failure")
    assert job.said("failure") == job.said("message")
    assert len(job.said("failure").splitlines()) == 1
    assert not (job.out / "assembled.json").exists()


def test_a_single_class_teaches_nothing(job: Job) -> None:
    captured(label=0.0)

    assert job.run() == 1

    assert job.said("failure") == ("all 32 rows to learn from have the label 0: a single class teaches nothing")


def same(rows: pa.Table) -> pa.Table:
    return rows.select(["temp", "hours"])


def warmer(rows: pa.Table) -> dict[str, Any]:
    """Two of the first rows differ."""
    temp = rows.column("temp").to_pylist()
    return {"temp": [value + 1 if value in (1.0, 2.0) else value for value in temp], "hours": rows.column("hours")}


def failing(rows: pa.Table) -> pa.Table:
    raise KeyError(f"no weather for {rows.num_rows} rows")


def other(rows: pa.Table) -> pa.Table:
    return rows.select(["sluice_at"])


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("same", ""),
        (
            "warmer",
            f"captured features are not what {HERE}:warmer computes: {DIFFERING}",
        ),
        ("failing", "KeyError: 'no weather for 32 rows'"),
        ("other", f"nothing was compared: {HERE}:other computes no column that was captured"),
    ],
)
def test_what_the_model_is_asked_with_is_what_it_would_learn_from(job: Job, function: str, reason: str) -> None:
    captured()

    code = job.run(features=f"{HERE}:{function}")

    assert (code, job.said("failure") if code else "") == (1 if reason else 0, reason)

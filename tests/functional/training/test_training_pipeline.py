"""A pipeline as it is deployed: trains flights, is judged by the gate, registers, or says why not."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from examples.flights import data
from examples.flights.export import save
from examples.flights.train import LABEL, examples, fit, untrained
from sluice.domain.package_metadata import DATA, DIGEST, INPUTS, ROWS, VERSION, WHY
from sluice.domain.signature import Signature, inputs_hash
from tests.functional.local_cloud.job_builders import a_role, content, exists, the_job_role
from tests.functional.local_cloud.pipeline_builders import ended, started, statuses, steps_of, the_pipeline_role
from tests.functional.local_cloud.sagemaker_builders import BUCKET, SageMakerCloud, a_sagemaker_cloud, eventually
from tests.functional.training.pipelines import (
    CHAMPION,
    PIPELINE,
    a_model,
    declare,
    held,
    packages,
    put_champion,
    put_file,
)

LEARNT = 8_000
POISONED = "B6"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def split() -> data.Split:
    return data.load()


@pytest.fixture(scope="module")
def learnt(split: data.Split) -> pd.DataFrame:
    return examples(split.training).sample(LEARNT, random_state=0)


@pytest.fixture(scope="module")
def cloud(
    tmp_path_factory: pytest.TempPathFactory, split: data.Split, learnt: pd.DataFrame
) -> Iterator[SageMakerCloud]:
    folder = tmp_path_factory.mktemp("flights")
    save(fit(untrained("2"), learnt), "1", folder / "champion")
    with a_sagemaker_cloud(tmp_path_factory.mktemp("training"), stop_seconds=2) as running:
        the_job_role(running)
        a_role(running, "assembles", "s3:GetObject", "s3:PutObject", "sagemaker:*")
        the_pipeline_role(running)
        put_champion(running, folder / "champion")
        others = examples(split.training).sample(2_000, random_state=1)
        flipped = learnt.assign(**{LABEL: learnt[LABEL].where(learnt["carrier"] != POISONED, 1 - learnt[LABEL])})
        for name, table in {"good": learnt, "poisoned": flipped}.items():
            parts = {"train": table, "validation": others, "test": examples(split.validation)}
            for part, rows in parts.items():
                file = folder / f"{part}.parquet"
                rows.rename(columns={LABEL: "late"}).to_parquet(file, index=False)
                put_file(running, f"training/flights/{name}/{part}.parquet", file)
        declare(running, PIPELINE, a_model())
        yield running


def start(cloud: SageMakerCloud, version: str, rows: str = "good", pipeline: str = PIPELINE) -> str:
    given = {"Data": f"s3://{BUCKET}/training/flights/{rows}", "Champion": f"s3://{BUCKET}/{CHAMPION}"}
    return started(cloud, pipeline, Version=version, Reason="drift of temp", **given)


def test_what_was_trained_and_passes_the_gate_waits_for_approval(cloud: SageMakerCloud, split: data.Split) -> None:
    execution = start(cloud, "2026-12-01")

    assert ended(cloud, execution)["PipelineExecutionStatus"] == "Succeeded", steps_of(cloud, execution)
    assert list(statuses(cloud, execution)) == ["assemble", "train", "evaluate", "decide", "register"]
    package = package_of(cloud, execution)
    files = held(cloud, package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
    signature = Signature.from_dict(json.loads(files["signature.json"]))
    told = package["CustomerMetadataProperties"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert (signature.version, told[VERSION], told[INPUTS]) == ("2026-12-01", "2026-12-01", inputs_hash(signature))
    assert (told[WHY], len(told[DIGEST])) == ("drift of temp", 64)
    assert told[DATA] == f"s3://{BUCKET}/training/flights/data/{execution.rpartition('/')[2]}"
    assert int(told[ROWS]) == LEARNT + 2_000 + len(examples(split.validation))
    assert files.keys() == {"model.onnx", "signature.json", "reference.json", "metrics.json", "card.md", "card.json"}
    assert json.loads(files["card.json"])["verdict"] == "pass"
    card = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    assert content(cloud, card) == files["card.json"]


def test_what_learnt_from_poisoned_rows_is_stopped_with_the_slice_named(cloud: SageMakerCloud) -> None:
    before = len(packages(cloud))

    execution = start(cloud, "poisoned", rows="poisoned")

    assert ended(cloud, execution)["PipelineExecutionStatus"] == "Failed"
    steps = steps_of(cloud, execution)
    assert [steps[name]["StepStatus"] for name in ("train", "evaluate", "decide", "refuse")] == [
        *["Succeeded"] * 3,
        "Failed",
    ]
    assert steps["refuse"]["FailureReason"].startswith("the gate stopped version poisoned for ")
    assert f"slice carrier {POISONED}" in steps["refuse"]["FailureReason"]
    assert len(packages(cloud)) == before
    assert not exists(cloud, f"models/flights/{execution.rpartition('/')[2]}/model.tar.gz")


def test_training_whose_instances_are_lost_goes_on_and_a_gate_that_may_approve_does(
    cloud: SageMakerCloud,
) -> None:
    settings = {"like": "2", "rounds": "50", "search_trials": "3"}
    wide = {"auc": 0.1, "log_loss": 0.1, "brier": 0.1, "slice_log_loss": 0.5, "latency_ratio": 20}
    declare(cloud, "approving", a_model(wide, approval="gate", instances=2, hyperparameters=settings))
    execution = start(cloud, "tried-again", pipeline="approving")
    running = eventually(lambda: cloud.control.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"])
    job = running[0]["TrainingJobName"]
    checkpoint = f"training/flights/checkpoints/{execution.rpartition('/')[2]}/search.json"
    kept = eventually(lambda: tried_by(cloud, checkpoint), within_seconds=60)

    cloud.inflict(kind="crash", job=job)

    assert ended(cloud, execution)["PipelineExecutionStatus"] == "Succeeded", reasons(cloud, execution)
    train = steps_of(cloud, execution)["train"]
    assert train["AttemptCount"] == 2
    package = package_of(cloud, execution)
    assert package["CustomerMetadataProperties"][VERSION] == "tried-again"
    assert package["ModelApprovalStatus"] == "Approved"
    files = held(cloud, package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
    trials = json.loads(files["metrics.json"])["trials"]
    again = train["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    first, second = (events_of(cloud, again, host) for host in ("algo-1", "algo-2"))
    assert kept
    assert [each["number"] for each in trials] == [0, 1, 2]
    assert kept.isdisjoint(each["number"] for each in first + second if each["event"] == "search.tried")
    assert second[-2]["event"] == "training.left_to_the_first_host"


def test_a_program_that_fails_is_not_tried_again_and_says_why(cloud: SageMakerCloud) -> None:
    declare(cloud, "failing", a_model(hyperparameters={"like": "7"}))

    execution = start(cloud, "failed", pipeline="failing")

    step = steps_of(cloud, execution)["train"] if ended(cloud, execution) else {}
    assert (step["StepStatus"], step["AttemptCount"]) == ("Failed", 1)
    assert "hyperparameter version or like" in step["FailureReason"]


def reasons(cloud: SageMakerCloud, execution: str) -> list[str]:
    return [each["FailureReason"] for each in steps_of(cloud, execution).values() if "FailureReason" in each]


def tried_by(cloud: SageMakerCloud, checkpoint: str) -> set[int]:
    """The numbers of the trials whose results are safe in S3."""
    if not exists(cloud, checkpoint):
        return set()
    kept = json.loads(content(cloud, f"s3://{BUCKET}/{checkpoint}"))
    return {each["number"] for each in kept["trials"] if each["log_loss"] is not None}


def events_of(cloud: SageMakerCloud, job: str, host: str) -> list[dict[str, Any]]:
    """What a host of a job has logged."""
    logs = cloud.context.home / "logs" / "jobs" / "training-job"
    (log,) = (each / f"{host}.log" for each in logs.iterdir() if each.name.lower() == job)  # an ARN has small letters
    return [json.loads(line) for line in log.read_text().splitlines()]


def package_of(cloud: SageMakerCloud, execution: str) -> dict[str, Any]:
    arn = steps_of(cloud, execution)["register"]["Metadata"]["RegisterModel"]["Arn"]
    package: dict[str, Any] = cloud.control.describe_model_package(ModelPackageName=arn)
    return package

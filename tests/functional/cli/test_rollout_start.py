import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from sluice.aws.references import References
from sluice.domain.signature import Datatype, TensorSpec
from sluice.settings.artifact import Artifact
from tests.builders import a_signature
from tests.drift_builders import a_reference
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client

OF_X = b'{"features": [{"name": "x", "role": "input", "kind": "numeric"}], "classes": []}'


def test_nothing_is_started_on_aws_before_it_is_asked_for_in_so_many_words(operator: Operator) -> None:
    done = operator.sluice("rollout", "start", operator.model_directory())

    assert done.mistake == "sluice: nothing has been started: add --yes to start it on AWS"
    assert operator.rollouts.recent("flights") == []
    assert a_client("s3").list_objects_v2(Bucket="data")["KeyCount"] == 0


def test_what_will_happen_is_said_before_it_does(operator: Operator) -> None:
    said = operator.sluice("rollout", "start", operator.model_directory(), "--plan", "canary").said

    assert "flights: version 2" in said
    assert "in place of 1, plan canary" in said
    assert "1. weight: gets 1 % of the traffic, at least 5 min" in said
    assert "5. weight: gets 100 % of the traffic" in said
    assert "time to decide unknown: there is no endpoint sluice-flights" in said


def test_a_directory_is_uploaded_registered_and_released_in_the_callers_name(operator: Operator) -> None:
    directory = operator.model_directory()

    done = operator.sluice("rollout", "start", directory, "--yes", "--reason", "trained on October")

    assert done.code == 0, done.err
    (rollout,) = operator.rollouts.recent("flights")
    assert rollout.candidate.version == "2"
    assert rollout.candidate.artifact.startswith("s3://data/models/flights/2/")
    assert rollout.requested_by == a_client("sts").get_caller_identity()["Arn"]
    assert rollout.plan.name == "canary"
    assert rollout.reason == "trained on October"
    assert f"{rollout.id} is pending" in done.out
    assert "the controller looks within a minute" in done.out  # there is none to be asked in this account
    (package,) = a_client("sagemaker").list_model_packages(ModelPackageGroupName="sluice-flights")[
        "ModelPackageSummaryList"
    ]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def as_a_pipeline_registers(operator: Operator, text: bytes, seen: bytes) -> None:
    """Package 1, whose reference nobody has put where drift is judged by it; ``seen`` is what the gate saw."""
    folder = operator.model_directory()
    (Path(folder) / "reference.json").write_bytes(text)
    artifact = operator.sluice("register", folder, "--json").json["artifact"]
    sagemaker = a_client("sagemaker")
    (package,) = sagemaker.list_model_packages(ModelPackageGroupName="sluice-flights")["ModelPackageSummaryList"]
    kept = sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])["CustomerMetadataProperties"]
    sagemaker.update_model_package(
        ModelPackageArn=package["ModelPackageArn"],
        ModelApprovalStatus="PendingManualApproval",
        CustomerMetadataProperties={**kept, "sluice-reference-sha256": hashlib.sha256(seen).hexdigest()},
    )
    a_client("dynamodb").delete_item(TableName="state", Key={"pk": {"S": "MODEL#flights"}, "sk": {"S": "REFERENCE#2"}})
    assert artifact.startswith("s3://data/models/flights/")


def test_the_reference_of_a_version_that_a_pipeline_made_comes_along(operator: Operator) -> None:
    as_a_pipeline_registers(operator, OF_X, seen=OF_X)

    done = operator.sluice("rollout", "start", "1", "--yes")

    assert done.code == 0, done.err
    assert References(a_client("dynamodb"), table="state").get("flights", "2") == OF_X


def test_a_reference_that_the_gate_has_not_seen_is_not_released(operator: Operator) -> None:
    as_a_pipeline_registers(operator, OF_X, seen=b"{}")

    done = operator.sluice("rollout", "start", "1", "--yes")

    assert "is not the one that the gate has seen: train it again" in done.mistake
    assert operator.rollouts.recent("flights") == []


def test_a_release_does_not_wait_for_a_reference_that_its_caller_may_not_read(operator: Operator) -> None:
    as_a_pipeline_registers(operator, OF_X, seen=OF_X)
    for found in a_client("s3").list_objects_v2(Bucket="data")["Contents"]:
        a_client("s3").delete_object(Bucket="data", Key=found["Key"])

    done = operator.sluice("rollout", "start", "1", "--yes")

    assert done.code == 0, done.err
    assert "drift of version 2 will not be judged: s3://data/models/flights/" in done.said


@pytest.mark.parametrize("word", ["1", "2"], ids=["number", "version"])
def test_a_registered_version_is_released_by_its_number_or_its_name(operator: Operator, word: str) -> None:
    registered = operator.sluice("register", operator.model_directory(), "--json").json

    done = operator.sluice("rollout", "start", word, "--yes", "--json")

    if word == "1":
        assert done.json["candidate"] == {"version": "2", "artifact": registered["artifact"]}
    else:
        assert "sluice-flights has no package 2" in done.mistake


def test_a_word_that_is_no_number_is_the_name_of_a_version(operator: Operator) -> None:
    operator.sluice("register", operator.model_directory(version="2026.11"))

    done = operator.sluice("rollout", "start", "2026.11", "--yes", "--json")

    assert done.json["candidate"]["version"] == "2026.11"


def test_an_archive_in_s3_is_released_under_the_version_that_is_said(operator: Operator) -> None:
    archive = "s3://elsewhere/model.tar.gz"

    unsaid = operator.sluice("rollout", "start", archive, "--yes")
    other = operator.sluice("rollout", "start", "s3://elsewhere/model", "--version", "7", "--yes")
    said = operator.sluice("rollout", "start", archive, "--version", "7", "--yes", "--json")

    assert "--version is needed" in unsaid.mistake
    assert "s3://elsewhere/model cannot be a model's archive" in other.mistake
    assert said.json["candidate"] == {"version": "7", "artifact": archive}


def test_a_plan_is_read_from_a_file(operator: Operator) -> None:
    plan = operator.folder / "plan.yaml"
    plan.write_text("plan: canary\npercents: [10, 100]\nminutes: 1\n", encoding="utf-8")

    done = operator.sluice("rollout", "start", operator.model_directory(), "--plan", str(plan), "--yes", "--json")

    assert [stage["percent"] for stage in done.json["plan"]["stages"]] == [10, 100]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("plan: [", "cannot be read as YAML"),
        ("- canary", "holds no plan"),
        ("plan: nonsense", "there is no preset 'nonsense'"),
        ("plan: canary\npercents: [50, 10]", "percents"),
        ("stages: []", "a list of stages"),
    ],
)
def test_a_plan_that_cannot_be_used_is_one_line_with_the_place(operator: Operator, content: str, said: str) -> None:
    plan = operator.folder / "plan.yaml"
    plan.write_text(content, encoding="utf-8")

    mistake = operator.sluice("rollout", "start", operator.model_directory(), "--plan", str(plan), "--yes").mistake

    assert "plan.yaml" in mistake
    assert said in mistake


def test_mistakes_are_one_line_that_says_what_to_do(operator: Operator) -> None:
    wide = a_signature(TensorSpec("x", Datatype.FP32, (-1,)), TensorSpec("z", Datatype.FP32, (-1,)))
    start = ("rollout", "start")

    unknown = operator.sluice(*start, "nowhere", "--yes").mistake
    empty = operator.sluice(*start, str(operator.folder), "--yes").mistake
    twice = operator.sluice(*start, operator.model_directory(), "--version", "3", "--yes").mistake
    plan = operator.sluice(*start, operator.model_directory(), "--plan", "nonsense", "--yes").mistake
    other = operator.sluice(*start, operator.model_directory(wide, version="3"), "--yes").mistake
    champion = operator.sluice(*start, operator.model_directory(version="1"), "--yes").mistake

    assert "neither a model directory nor an s3:// archive nor a registered version" in unknown
    assert "model.onnx is missing" in empty
    assert "a directory and a package say their version themselves" in twice
    assert "--plan is a file or one of in_place, blue_green" in plan
    assert "takes other inputs than the champion" in other
    assert "is the champion of flights already" in champion
    assert operator.rollouts.recent("flights") == []


def test_an_archive_in_s3_brings_its_reference_or_it_is_said_why_not(operator: Operator) -> None:
    content, packed = json.dumps(a_reference().to_dict()).encode(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("reference.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    with_one = packed.getvalue()
    a_client("s3").put_object(Bucket="data", Key="7.tar.gz", Body=with_one)
    references = References(a_client("dynamodb"), table="state")

    brought = operator.sluice("rollout", "start", "s3://data/7.tar.gz", "--version", "7", "--yes")

    assert "will not be judged" not in brought.said
    assert references.get("flights", "7") == content


def test_the_reference_of_another_model_is_not_brought_and_it_is_said_why(operator: Operator) -> None:
    folder = Path(operator.model_directory(version="7"))  # which takes x
    (folder / "reference.json").write_text(json.dumps(a_reference().to_dict()), encoding="utf-8")
    Artifact.read(folder).pack(operator.folder / "7.tar.gz")
    a_client("s3").put_object(Bucket="data", Key="7.tar.gz", Body=(operator.folder / "7.tar.gz").read_bytes())

    done = operator.sluice("rollout", "start", "s3://data/7.tar.gz", "--version", "7", "--yes")

    assert "will not be judged: reference.json in s3://data/7.tar.gz: it is not of this model: " in done.said
    assert References(a_client("dynamodb"), table="state").get("flights", "7") is None


def test_an_archive_that_only_sagemaker_may_read_is_released_and_its_drift_not_judged(operator: Operator) -> None:
    done = operator.sluice("rollout", "start", "s3://elsewhere/model.tar.gz", "--version", "7", "--yes")

    assert done.code == 0
    assert (
        "drift of version 7 will not be judged: s3://elsewhere/model.tar.gz cannot be read: An error occurred"
        in done.said
    )


def test_an_archive_without_a_reference_is_released_and_its_drift_not_judged(operator: Operator) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz"):
        pass
    a_client("s3").put_object(Bucket="data", Key="7.tar.gz", Body=packed.getvalue())

    done = operator.sluice("rollout", "start", "s3://data/7.tar.gz", "--version", "7", "--yes")

    assert "there is no reference.json in s3://data/7.tar.gz" in done.said

"""What the registry and the archives say of versions, shown and compared."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sluice.aws.registry import NewPackage
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.builders import a_signature
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client

BINS: list[dict[str, Any]] = [
    {"name": "carrier", "role": "input", "kind": "categorical", "categories": ["UA", "B6"]},
    {"name": "x", "role": "input", "kind": "numeric", "low": 0.0, "edges": [1.5], "high": 9.0},
]
CARRIER = TensorSpec("carrier", Datatype.BYTES, (-1, 1))
X = TensorSpec("x", Datatype.FP32, (-1,))


def a_version(operator: Operator, version: str, signature: Signature | None = None, **files: Any) -> str:
    """A registered version with these files, named without their ending; its directory."""
    folder = operator.model_directory(signature, version=version, graph=f"graph {version}")
    for name, form in files.items():
        (Path(folder) / f"{name}.json").write_text(json.dumps(form), encoding="utf-8")
    operator.sluice("register", folder)
    return folder


def test_everything_that_is_known_of_a_version_is_shown(operator: Operator) -> None:
    signature, reference = a_signature(CARRIER, X), {"features": BINS, "classes": []}
    a_version(operator, "v2", signature, metrics={"auc": 0.7125, "by": {"UA": 0.5}}, reference=reference)
    operator.sluice("models", "approve", "v2", "--reason", "better on the holdout")

    lines = operator.sluice("models", "show", "v2").out.splitlines()
    form = operator.sluice("models", "show", "1", "--json").json

    facts = dict(line.split(None, 1) for line in lines[3:])
    assert lines[0].endswith("package 1, Approved (better on the holdout)")
    assert facts["status"] == "Completed"
    assert facts["decided"] == "Approved by arn:aws:sts::123456789012:user/moto"
    assert (facts["image"], facts["digest"]) == ("image:1", form["digest"])
    assert "  input       x FP32 [any]" in lines
    assert "  output      y FP32 [any]" in lines
    assert "  metric      auc 0.7125" in lines
    assert "  reference   bins of 2 features" in lines
    assert (form["because"], form["decided_by"]) == (
        "better on the holdout",
        "arn:aws:sts::123456789012:user/moto",
    )
    assert form["signature"]["inputs"] == signature.to_dict()["inputs"]
    assert (form["metrics"], form["reference"]) == ({"auc": 0.7125, "by.UA": 0.5}, True)
    assert form["files"]["model.onnx"]["size"] == len("graph v2")
    assert form["metadata"]["sluice-reference"] == "yes"


def test_a_version_without_a_reference_says_what_that_means(operator: Operator) -> None:
    a_version(operator, "2")

    assert "reference none: its drift is not judged" in operator.sluice("models", "show", "1").said
    assert operator.sluice("models", "show", "1", "--json").json["reference"] is False


def test_what_cannot_be_read_of_a_version_is_said_beside_the_rest(operator: Operator) -> None:
    a_version(operator, "2")
    a_version(operator, "3")
    a_client("s3").delete_object(Bucket="data", Key=key(operator, "2"))
    operator.release().registry.add(NewPackage("sluice-flights", "4", "s3://data/prefix/", "image:1", "0" * 16))

    gone, other = (operator.sluice("models", "show", number) for number in ("2", "3"))
    form = operator.sluice("models", "show", "2", "--json").json

    assert "contents s3://data/models/flights/3/" in gone.said
    assert "cannot be read: An error occurred (NoSuchKey)" in gone.said
    assert "contents package 3 names no archive that can be read, but s3://data/prefix/" in other.said
    assert "NoSuchKey" in form["unreadable"]
    assert form["digest"] is not None


def key(operator: Operator, package: str) -> str:
    shown = operator.sluice("models", "show", package, "--json").json
    return str(shown["artifact"]).removeprefix("s3://data/")


def test_two_versions_are_compared(operator: Operator) -> None:
    reference = {"features": BINS, "classes": []}
    a_version(operator, "2", a_signature(CARRIER, X), metrics={"auc": 0.7, "old": 1}, reference=reference)
    moved = [{**BINS[1], "edges": [2.5]}, {**BINS[0], "categories": ["UA"]}]
    wider = a_signature(CARRIER, replace(X, optional=True), TensorSpec("z", Datatype.BYTES, (-1, 1)))
    narrow = replace(
        wider, outputs=(TensorSpec("p", Datatype.FP32, (-1, 2), minimum=0, maximum=1),), classes=("a", "b")
    )
    a_version(operator, "3", narrow, metrics={"auc": 0.75}, reference={**reference, "features": moved})

    lines = operator.sluice("models", "diff", "1", "2").out.splitlines()
    form = operator.sluice("models", "diff", "1", "2", "--json").json

    assert lines[:9] == [
        "version 2 (package 1) → version 3 (package 2)",
        "  inputs:",
        "    ~ x: FP32 [any] → FP32 [any] optional",
        "    + z: BYTES [any, 1]",
        "  outputs:",
        "    - y: FP32 [any]",
        "    + p: FP32 [any, 2] minimum 0 maximum 1",
        "  order:",
        "    ~ classes: none → a, b",
    ]
    assert "    ~ auc: 0.7 → 0.75" in lines
    assert "    - old: 1.0" in lines
    assert any(line.startswith("    ~ model.onnx: 7 bytes, sha256 ") for line in lines)
    assert lines[-2:] == [
        "    ~ carrier: 2 categories → 1 categories",
        "    ~ x: 2 bins from 0.0 to 9.0, others than before",
    ]
    assert (form["before"]["version"], form["after"]["version"]) == ("2", "3")
    assert form["metrics"] == [
        {"name": "auc", "before": 0.7, "after": 0.75},
        {"name": "old", "before": 1.0, "after": None},
    ]


def made_by_a_pipeline(package: str, **metadata: str) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/{package}"
    sagemaker = a_client("sagemaker")
    found = sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"]
    made = {f"sluice-{name.replace('_', '-')}": text for name, text in metadata.items()}
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval", CustomerMetadataProperties={**found, **made}
    )


def test_how_a_pipeline_made_versions_is_shown_and_compared(operator: Operator) -> None:
    for version in ("2", "3"):
        a_version(operator, version)
    made_by_a_pipeline("1", commit="4f0c", auc="0.7", log_loss="-", training_image="training:1", why="by hand")
    made_by_a_pipeline("2", commit="9d2e-dirty", auc="0.72", training_image="training:1", why="drift of temp")

    shown = operator.sluice("models", "show", "1").out.splitlines()
    lines = operator.sluice("models", "diff", "1", "2").out.splitlines()
    form = operator.sluice("models", "diff", "1", "2", "--json").json

    assert "  commit      4f0c" in shown
    assert "  trained in  training:1" in shown
    assert "  auc         0.7" in shown
    assert not any(line.startswith("  log loss") for line in shown)
    assert lines[-4:] == [
        "  made:",
        "    ~ trained: by hand → drift of temp",
        "    ~ commit: 4f0c → 9d2e-dirty",
        "    ~ auc: 0.7 → 0.72",
    ]
    assert form["made"][1] == {"name": "commit", "before": "4f0c", "after": "9d2e-dirty"}


def test_a_version_does_not_differ_from_itself(operator: Operator) -> None:
    a_version(operator, "2")

    assert operator.sluice("models", "diff", "1", "1").out.splitlines()[1:] == [
        f"  {part}: the same" for part in ("inputs", "outputs", "order", "metrics", "files", "reference")
    ]


def test_what_cannot_be_opened_cannot_be_compared(operator: Operator) -> None:
    a_version(operator, "v2")
    operator.release().registry.add(NewPackage("sluice-flights", "3", "s3://data/gone.tar.gz", "image:1", "0" * 16))

    assert "gone.tar.gz cannot be read" in operator.sluice("models", "diff", "v2", "2").mistake
    assert "sluice-flights has no package 9" in operator.sluice("models", "diff", "v2", "9").mistake
    assert "nor a registered version" in operator.sluice("models", "show", "v9").mistake


def test_a_number_is_never_taken_for_a_version_that_is_called_so(operator: Operator) -> None:
    a_version(operator, "7")

    assert operator.sluice("models", "approve", "7").mistake.endswith("; version 7 is package 1")
    assert operator.sluice("models", "show", "1", "--json").json["approval"] == "PendingManualApproval"


def test_a_reason_is_no_longer_than_the_registry_keeps(operator: Operator) -> None:
    a_version(operator, "2")

    mistake = operator.sluice("models", "approve", "1", "--reason", "x" * 1025).mistake

    assert mistake == "sluice: --reason may have 1,024 characters, got 1,025"

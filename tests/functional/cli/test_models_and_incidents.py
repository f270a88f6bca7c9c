import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from sluice.aws.incidents import Incidents
from sluice.aws.references import References
from sluice.domain.incident import Incident
from sluice.settings.artifact import Artifact
from tests.drift_builders import a_reference
from tests.drift_files import SIGNATURE
from tests.functional.cli.operating import SETTINGS, Operator
from tests.functional.deployed import a_client
from tests.unit.cli.rollouts import T0

INCIDENT = Incident(
    id="20261122T102000-77aa",
    model="flights",
    rollout_id="20261122T101500-3f9a",
    title="version 2 of flights was aborted",
    opened_at=T0,
    what_changed="version 2 had 5 % of the traffic",
    evidence={"verdict": "fail"},
    alarms=(),
    prediction_ids=("p-1", "p-2"),
    replay="sluice predict --data -",
    decided_by="controller",
)


def registered(operator: Operator, version: str = "2") -> Any:
    return operator.sluice("register", operator.model_directory(version=version), "--json").json


def test_a_registered_directory_waits_for_approval(operator: Operator) -> None:
    package = registered(operator)

    assert (package["number"], package["version"], package["approval"]) == (1, "2", "PendingManualApproval")
    assert len(package["inputs_hash"]) == 16
    assert a_client("s3").head_object(Bucket="data", Key=package["artifact"].removeprefix("s3://data/"))


def test_a_model_card_is_kept_with_the_version(operator: Operator) -> None:
    directory = operator.model_directory()
    for name in ("card.json", "card.md"):
        (Path(directory) / name).write_text("judged", encoding="utf-8")

    package = operator.sluice("register", directory, "--json").json

    stored = a_client("s3").get_object(Bucket="data", Key=package["artifact"].removeprefix("s3://data/"))
    with tarfile.open(fileobj=io.BytesIO(stored["Body"].read())) as packed:
        assert {"card.json", "card.md", "signature.json"} < set(packed.getnames())


def test_other_content_under_a_registered_version_is_refused(operator: Operator) -> None:
    registered(operator)

    mistake = operator.sluice("register", operator.model_directory(graph="another")).mistake

    assert "version 2 of flights is package 1, with other content" in mistake


def test_a_directory_of_another_model_is_refused(operator: Operator) -> None:
    directory = operator.model_directory()
    signature = operator.folder / "v2/signature.json"
    signature.write_text(signature.read_text().replace('"model": "flights"', '"model": "churn"'), encoding="utf-8")

    assert "holds a version of churn, not of flights" in operator.sluice("register", directory).mistake


def test_versions_are_listed_newest_first(operator: Operator) -> None:
    for version in ("2", "3"):
        registered(operator, version)

    listed = operator.sluice("models", "list", "--json").json
    newest = operator.sluice("models", "list", "--limit", "1", "--json").json

    assert [package["version"] for package in listed] == ["3", "2"]
    assert newest == listed[:1]
    lines = operator.sluice("models", "list").out.splitlines()
    assert lines[0].startswith("2  version 3  PendingManualApproval  ")
    assert lines[0].endswith(listed[0]["artifact"])


def test_a_version_is_approved_or_rejected_with_a_reason(operator: Operator) -> None:
    registered(operator)

    approved = operator.sluice("models", "approve", "1", "--reason", "better on the holdout").said
    rejected = operator.sluice("models", "reject", "1", "--reason", "wrong scaling", "--json").json
    released = operator.sluice("rollout", "start", "1", "--yes").mistake
    shown = operator.sluice("models", "show", "1").said

    assert "package 1, Approved (better on the holdout)" in approved
    assert (rejected["approval"], rejected["because"]) == ("Rejected", "wrong scaling")
    assert released == "sluice: package 1 was rejected: wrong scaling"
    assert "package 1, Rejected (wrong scaling)" in shown


def test_an_unknown_package_is_said(operator: Operator) -> None:
    assert "sluice-flights has no package 7" in operator.sluice("models", "show", "7").mistake


def test_incidents_are_listed_and_shown(operator: Operator) -> None:
    Incidents(a_client("dynamodb"), table="state").put(INCIDENT)

    listed = operator.sluice("incident", "list").said
    shown = operator.sluice("incident", "show", INCIDENT.id).said
    as_json = operator.sluice("incident", "show", INCIDENT.id, "--json").json

    assert listed == f"{INCIDENT.id} 2026-11-22 10:15 version 2 of flights was aborted controller"
    assert "predictions: p-1, p-2" in shown
    assert "see it again: sluice predict --data -" in shown
    assert operator.sluice("incident", "list", "--json").json["incidents"] == [as_json]


def test_an_unknown_incident_is_said(operator: Operator) -> None:
    assert "flights has no incident 1: see `sluice incident list`" in operator.sluice("incident", "show", "1").mistake


def an_archive(operator: Operator) -> str:
    """A packed model directory with a reference, in a bucket of somebody else's; its URL."""
    folder = Path(operator.model_directory(SIGNATURE, version="5"))
    (folder / "reference.json").write_text(json.dumps(a_reference().to_dict()), encoding="utf-8")
    packed = operator.folder / "model.tar.gz"
    Artifact.read(folder).pack(packed)
    a_client("s3").create_bucket(Bucket="elsewhere")
    a_client("s3").put_object(Bucket="elsewhere", Key="5.tar.gz", Body=packed.read_bytes())
    return "s3://elsewhere/5.tar.gz"


def stored_reference(version: str) -> bytes | None:
    return References(a_client("dynamodb"), table="state").get("flights", version)


def test_an_archive_in_s3_is_registered_as_it_lies_there_and_brings_its_reference(operator: Operator) -> None:
    archive = an_archive(operator)

    package = operator.sluice("register", archive, "--json").json

    assert (package["version"], package["artifact"]) == ("5", archive)
    assert len(package["inputs_hash"]) == 16
    assert json.loads(stored_reference("5") or b"") == a_reference().to_dict()


@pytest.mark.parametrize("is_packed", [False, True], ids=["directory", "archive"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps(a_reference().to_dict()), "it is not of this model: the signature has the inputs x, and not temp"),
        ("{", "reference.json is not JSON"),
    ],
    ids=["another's", "none"],
)
def test_a_reference_of_another_model_is_refused(operator: Operator, text: str, said: str, is_packed: bool) -> None:  # noqa: FBT001
    folder = operator.model_directory(version="5")
    (Path(folder) / "reference.json").write_text(text, encoding="utf-8")
    packed = operator.folder / "model.tar.gz"
    Artifact.read(Path(folder)).pack(packed)
    a_client("s3").put_object(Bucket="data", Key="5.tar.gz", Body=packed.read_bytes())

    mistake = operator.sluice("register", "s3://data/5.tar.gz" if is_packed else folder).mistake

    where = "reference.json in s3://data/5.tar.gz" if is_packed else f"{folder}/reference.json"
    assert mistake.startswith(f"sluice: {where}: {said}")
    assert (stored_reference("5"), operator.release().registry.newest("sluice-flights", 1)) == (None, [])


def test_the_reference_of_an_archive_comes_without_the_values_of_sensitive_inputs(operator: Operator) -> None:
    settings = operator.folder / "sluice.yaml"
    settings.write_text(SETTINGS + "    capture: {sensitive: [carrier]}\n", encoding="utf-8")

    operator.sluice("register", an_archive(operator), "--json")

    kept = stored_reference("5")
    assert kept is not None
    assert b"B6" not in kept


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"model": "churn"}, "holds a version of churn, not of flights"), ({"version": "!"}, "cannot be used: version")],
)
def test_an_archive_of_something_else_is_refused(operator: Operator, changes: dict[str, str], said: str) -> None:
    assert said in operator.sluice("register", an_archive_of(operator, changes)).mistake


def an_archive_of(operator: Operator, changes: dict[str, str]) -> str:
    """A packed directory whose signature nobody has looked at."""
    url = an_archive(operator)
    signature = {**json.loads((operator.folder / "v5/signature.json").read_text(encoding="utf-8")), **changes}
    content = json.dumps(signature).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("signature.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    a_client("s3").put_object(Bucket="elsewhere", Key="5.tar.gz", Body=packed.getvalue())
    return url


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("s3://elsewhere/5.tar.gz", "cannot be read: An error occurred"),
        ("s3://elsewhere/5", "cannot be a model's archive"),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused(operator: Operator, word: str, said: str) -> None:
    assert said in operator.sluice("register", word).mistake


def test_an_archive_without_a_signature_is_refused(operator: Operator) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz"):
        pass
    a_client("s3").put_object(Bucket="data", Key="empty.tar.gz", Body=packed.getvalue())

    assert "holds no signature.json" in operator.sluice("register", "s3://data/empty.tar.gz").mistake

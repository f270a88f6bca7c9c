"""Models are read and compared before anything is deployed; what does not fit is said with its setting."""

import gzip
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk.served_model import read_models
from sluice.settings.artifact import Artifact, InvalidModel
from sluice.settings.deployment import Deployment
from tests.infrastructure.projects import SETTINGS, with_setting, write_model

WIDER = [{"name": "distance", "datatype": "FP32", "shape": [-1, 2]}]


def problems(folder: Path, settings: dict[str, Any] = SETTINGS) -> list[str]:
    """What reading the models of some settings says, line by line."""
    with pytest.raises(InvalidModel) as raised:
        read_models(Deployment.model_validate(settings), folder / "sluice.yaml")
    return str(raised.value).splitlines()


def test_artifacts_are_found_beside_the_config_file(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2")

    (model,) = read_models(Deployment.model_validate(SETTINGS), tmp_path / "sluice.yaml")

    assert model.endpoint_name == "sluice-flights"
    assert {slot: artifact.signature.version for slot, artifact in model.artifacts.items()} == {
        "champion": "1",
        "challenger": "2",
    }


def test_every_missing_model_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    said = problems(tmp_path)

    assert len(said) == 2
    assert "models.flights.variants.champion.artifact: " in said[0]
    assert all(line.endswith("is missing: run `make models`") for line in said)


def test_a_directory_without_a_signature_cannot_be_deployed(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    (write_model(tmp_path / "v2", version="2") / "signature.json").unlink()

    (said,) = problems(tmp_path)

    assert "signature.json is missing" in said


@pytest.mark.parametrize("content", ["", "[]", "3", '{"model": "flights"}', '{"inputs": 3, "outputs": 3}', "\xff"])
def test_a_broken_signature_is_a_line_of_text(tmp_path: Path, content: str) -> None:
    write_model(tmp_path / "v1")
    (write_model(tmp_path / "v2") / "signature.json").write_text(content, encoding="latin-1")

    (said,) = problems(tmp_path)

    assert "signature.json cannot be used" in said


def test_a_challenger_must_take_what_callers_of_the_champion_send(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2", inputs=WIDER)

    (said,) = problems(tmp_path)

    assert said.endswith(
        "models.flights.variants.challenger.artifact: version 2 does not take the inputs of the champion, 1"
    )


def test_a_shadow_must_take_them_too(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2", inputs=WIDER)
    alone = with_setting("models.flights.variants", {"champion": {"artifact": "v1", "weight": 100}})

    (said,) = problems(tmp_path, with_setting("models.flights.shadow", {"artifact": "v2"}, alone))

    assert "models.flights.shadow.artifact: " in said


def test_the_order_of_the_slots_does_not_matter(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2", inputs=WIDER)
    slots = {"challenger": {"artifact": "v2", "weight": 10}, "champion": {"artifact": "v1", "weight": 90}}

    (said,) = problems(tmp_path, with_setting("models.flights.variants", slots))

    assert "variants.challenger.artifact" in said


def test_an_artifact_of_another_model_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2", model="trains")

    (said,) = problems(tmp_path)

    assert said.endswith("holds a version of trains, not of flights")


def test_two_contents_cannot_share_a_version(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    (write_model(tmp_path / "v2") / "model.onnx").write_bytes(b"another graph")

    (said,) = problems(tmp_path)

    assert said.endswith("variants.challenger.artifact: two variants have other contents but one version, 1")


def test_two_slots_may_serve_the_same_model(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    settings = with_setting("models.flights.variants.challenger.artifact", "v1")

    (model,) = read_models(Deployment.model_validate(settings), tmp_path / "sluice.yaml")

    assert set(model.routing().versions.values()) == {"1"}


def test_an_archive_holds_the_files_at_its_root_and_nothing_of_this_machine(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "v1")
    (directory / "extra").mkdir()
    (directory / "extra" / "vocabulary.txt").write_text("words")

    Artifact.read(directory).pack(tmp_path / "model.tar.gz")

    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        entries = tar.getmembers()
    assert [entry.name for entry in entries] == ["extra/vocabulary.txt", "model.onnx", "signature.json"]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.mode) for entry in entries} == {(0, 0, 0, "", 0o644)}


def test_an_archive_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    artifact = Artifact.read(write_model(tmp_path / "v1"))

    for name in ("first.tar.gz", "second.tar.gz"):
        artifact.pack(tmp_path / name)

    first = (tmp_path / "first.tar.gz").read_bytes()
    assert first == (tmp_path / "second.tar.gz").read_bytes()
    assert gzip.decompress(first)


def test_a_digest_follows_names_and_contents(tmp_path: Path) -> None:
    one = write_model(tmp_path / "one")
    same = write_model(tmp_path / "same")
    renamed = write_model(tmp_path / "renamed")
    (renamed / "notes").write_bytes(b"")

    digests = [Artifact.read(directory).digest for directory in (one, same, renamed)]

    assert digests[0] == digests[1] != digests[2]


def test_a_sensitive_input_that_is_none_is_said_with_its_line(tmp_path: Path) -> None:
    write_model(tmp_path / "v1")
    write_model(tmp_path / "v2", version="2")
    settings = with_setting("models.flights.capture.sensitive", ["distance", "dob"])
    (tmp_path / "sluice.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    lines = (tmp_path / "sluice.yaml").read_text().splitlines()

    (said,) = problems(tmp_path, settings)

    assert said == (
        f"{tmp_path / 'sluice.yaml'}:{lines.index('      sensitive:') + 1}: models.flights.capture.sensitive: "
        "must name inputs of the model, distance, got dob"
    )


def test_a_reference_of_another_model_is_refused(tmp_path: Path) -> None:
    for version in ("1", "2"):
        write_model(tmp_path / f"v{version}", version=version)
    watched = {"name": "foo", "role": "input", "kind": "numeric"}
    file = tmp_path / "v2" / "reference.json"
    file.write_text(json.dumps({"features": [watched], "classes": []}))

    (said,) = problems(tmp_path)

    assert said == (
        f"{tmp_path / 'sluice.yaml'}: models.flights.variants.challenger.artifact: {file}: it is not of this model: "
        "the signature has the inputs distance, and not foo. Build it anew with `sluice reference build`"
    )


def test_small_files_come_first_in_an_archive(tmp_path: Path) -> None:
    """Whoever looks for the signature or the reference reads no weights."""
    write_model(tmp_path / "v1")
    (tmp_path / "v1" / "model.onnx").write_bytes(b"w" * 10_000)

    Artifact.read(tmp_path / "v1").pack(tmp_path / "model.tar.gz")

    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        assert archive.getnames() == ["signature.json", "model.onnx"]


def sliced(folder: Path, slices: list[str], **inputs: Any) -> list[str]:
    """What is said of two versions, the first with slices by carrier in its reference, watched by these."""
    write_model(folder / "v1", **inputs)
    write_model(folder / "v2", version="2", **inputs)
    (folder / "v1" / "reference.json").write_text(json.dumps({"slices": [{"column": "carrier", "value": "AA"}]}))
    settings = with_setting("models.flights.monitoring.slices", slices)
    config = folder / "sluice.yaml"
    config.write_text(yaml.safe_dump(settings, sort_keys=False))
    try:
        read_models(Deployment.model_validate(settings), config)
    except InvalidModel as wrong:
        return [line.removeprefix(f"{config}:") for line in str(wrong).splitlines()]
    return []


INPUTS = [
    {"name": "carrier", "datatype": "BYTES", "shape": [-1, 1]},
    {"name": "origin", "datatype": "BYTES", "shape": [-1]},
    {"name": "picture", "datatype": "FP32", "shape": [-1, 9]},
]


def test_slices_that_references_have_are_no_problem_and_a_version_without_one_says_so_elsewhere(tmp_path: Path) -> None:
    assert sliced(tmp_path, ["carrier"], inputs=INPUTS) == []


@pytest.mark.parametrize("name", ["tail", "picture"])
def test_a_slice_is_an_input_of_one_element_a_row(tmp_path: Path, name: str) -> None:
    said = sliced(tmp_path, [name], inputs=INPUTS)

    wanted = f"one of carrier, origin (inputs of one element a row), got {name}"
    assert said == [f"12: models.flights.monitoring.slices: {wanted}"] * 2


def test_a_reference_without_the_declared_slices_is_named_with_what_it_has(tmp_path: Path) -> None:
    (said,) = sliced(tmp_path, ["carrier", "origin"], inputs=INPUTS)

    assert said.startswith("12: models.flights.monitoring.slices: ")
    assert said.endswith(
        "v1/reference.json has no slices of origin, it has slices of carrier: build it with `--slice origin`"
    )


@pytest.mark.parametrize(
    ("content", "said"), [("{}", 1), ('{"slices": []}', 1), ("{", 0), ("[]", 0), ('{"slices": [7]}', 0)]
)
def test_a_reference_that_cannot_be_read_is_told_by_the_deploy(tmp_path: Path, content: str, said: int) -> None:
    sliced(tmp_path, ["carrier"], inputs=INPUTS)
    (tmp_path / "v1" / "reference.json").write_text(content)
    settings = with_setting("models.flights.monitoring.slices", ["carrier"])

    if said:
        (found,) = problems(tmp_path, settings)
        assert "it has none" in found
    else:
        read_models(Deployment.model_validate(settings), tmp_path / "sluice.yaml")

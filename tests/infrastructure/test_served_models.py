"""Models are read and compared before anything is deployed; what does not fit is said with its setting."""

import gzip
import tarfile
from pathlib import Path
from typing import Any

import pytest

from cdk.artifact import Artifact, InvalidModel
from cdk.served_model import read_models
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

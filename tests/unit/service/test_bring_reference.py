import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from sluice.aws.registry import Approval, Package
from sluice.domain.errors import ArchiveUnreadable, RolloutRefused
from sluice.service.bring_reference import bring_reference
from tests.functional.release_clients import client
from tests.functional.release_world import MODEL, T0, World

TEXT = b'{"features": []}'
URL = "s3://data/models/flights/execution/model.tar.gz"
PACKAGE = Package(
    arn="arn:aws:sagemaker:us-east-1:123456789012:model-package/sluice-flights/2",
    number=2,
    version="2026-12-01",
    artifact=URL,
    inputs_hash=None,
    approval=Approval.APPROVED,
    because="",
    created_at=T0,
    modified_at=T0,
    reference_sha256=hashlib.sha256(TEXT).hexdigest(),
)


def put_archive(**files: bytes) -> None:
    """What a pipeline leaves, each file named without its ending."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{name}.json")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    client("s3").create_bucket(Bucket="data")
    client("s3").put_object(Bucket="data", Key=URL.removeprefix("s3://data/"), Body=content.getvalue())


def bring(world: World, package: Package = PACKAGE) -> bytes | None:
    services = world.services()
    bring_reference(MODEL, package, services.archives, services.references)
    return services.references.get(MODEL, package.version)


def test_a_reference_is_put_where_drift_is_judged_by_it_however_often(world: World) -> None:
    put_archive(card=b"{}", reference=TEXT)

    assert (bring(world), bring(world)) == (TEXT, TEXT)


@pytest.mark.parametrize("package", [replace(PACKAGE, reference_sha256=None), replace(PACKAGE, artifact=None)])
def test_of_a_version_that_brings_none_nothing_is_read(world: World, package: Package) -> None:
    assert bring(world, package) is None


@pytest.mark.parametrize("files", [{"reference": b"{}"}, {"card": b"{}"}], ids=["another", "none"])
def test_what_the_gate_has_not_seen_is_not_released(world: World, files: dict[str, bytes]) -> None:
    put_archive(**files)

    with pytest.raises(
        RolloutRefused, match=r"^reference\.json in s3://data/models/flights/execution/model\.tar\.gz is"
    ):
        bring(world)
    assert world.services().references.get(MODEL, PACKAGE.version) is None


def test_one_that_is_too_large_to_keep_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put_archive(reference=TEXT)
    monkeypatch.setattr("sluice.aws.references.LARGEST", 3)

    with pytest.raises(RolloutRefused, match="the reference of version 2026-12-01 of flights has"):
        bring(world)


def test_an_archive_that_is_gone_says_so(world: World) -> None:
    client("s3").create_bucket(Bucket="data")

    with pytest.raises(ArchiveUnreadable, match="cannot be read: An error occurred"):
        bring(world)

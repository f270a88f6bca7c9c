"""Archives in whatever bucket, read no further than to what is wanted."""

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sluice.aws.archives import Archives
from sluice.domain.errors import ArchiveUnreadable
from tests.functional.deployed import a_client

URL = "s3://elsewhere/model.tar.gz"
NOISE = Random(1).randbytes(3_000_000)  # noqa: S311  not for secrets


class Body(io.BytesIO):
    """A body that knows how far it was read."""

    far = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.far += len(content)
        return content


class Bucket:
    """An S3 that hands out one body."""

    def __init__(self, content: bytes) -> None:
        self.body = Body(content)

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": self.body}


def packed(files: Mapping[str, bytes]) -> bytes:
    """In this order."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = a_client("s3")
        client.create_bucket(Bucket="elsewhere")
        yield client


def put(s3: Any, content: bytes) -> Archives:
    s3.put_object(Bucket="elsewhere", Key="model.tar.gz", Body=content)
    return Archives(s3)


def test_the_files_that_are_asked_for_are_read_and_no_others(s3: Any) -> None:
    archives = put(s3, packed({"./model.onnx": b"graph", "./signature.json": b"{}", "code/reference.json": b"other"}))

    assert archives.read(URL, {"signature.json", "reference.json"}) == {"signature.json": b"{}"}


def test_it_is_read_no_further_than_to_the_last_of_them() -> None:
    first = Bucket(packed({"signature.json": b"{}", "model.onnx": NOISE}))
    last = Bucket(packed({"model.onnx": NOISE, "signature.json": b"{}"}))

    found = [Archives(bucket).read(URL, {"signature.json"}) for bucket in (first, last)]

    assert found == [{"signature.json": b"{}"}] * 2
    assert first.body.far < 100_000
    assert last.body.far > 2_900_000
    assert first.body.closed


def test_a_folder_of_that_name_is_no_file(s3: Any) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        folder = tarfile.TarInfo("signature.json")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)

    assert put(s3, archive.getvalue()).read(URL, {"signature.json"}) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", packed({"signature.json": NOISE})[:100_000]],
    ids=[
        "empty",
        "something else",
        "cut off",
    ],  # an archive's bytes hold the time, and both processes must agree on ids
)
def test_what_is_no_whole_archive_is_said(s3: Any, content: bytes) -> None:
    with pytest.raises(ArchiveUnreadable, match=r"s3://elsewhere/model\.tar\.gz cannot be unpacked"):
        put(s3, content).read(URL, {"signature.json"})


def test_a_description_of_a_gigabyte_is_none(s3: Any) -> None:
    archives = put(s3, packed({"reference.json": bytes(64 * 1024 * 1024 + 1)}))

    with pytest.raises(ArchiveUnreadable, match="67,108,864 at most"):
        archives.read(URL, {"reference.json"})


def test_an_archive_that_is_not_there_cannot_be_read(s3: Any) -> None:
    with pytest.raises(ArchiveUnreadable, match="NoSuchKey"):
        Archives(s3).read(URL, {"signature.json"})


class Busy:
    """S3 when it is asked too often."""

    def get_object(self, **_: str) -> Any:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "Reduce your request rate."}}, "GetObject")


def test_what_may_pass_by_itself_is_awss_to_refuse() -> None:
    with pytest.raises(ClientError, match="SlowDown"):
        Archives(Busy()).read(URL, {"signature.json"})


def test_a_look_names_every_file_with_its_size_and_digest() -> None:
    files = {"signature.json": b"{}", "weights/noise": NOISE}

    found, texts = Archives(Bucket(packed(files))).look(URL, {"signature.json", "metrics.json"})

    assert texts == {"signature.json": b"{}"}
    assert {name: file.size for name, file in found.items()} == {"signature.json": 2, "weights/noise": len(NOISE)}
    assert found["weights/noise"].digest == hashlib.sha256(NOISE).hexdigest()


def test_a_look_passes_over_folders_and_refuses_a_description_of_a_gigabyte() -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        folder = tarfile.TarInfo("weights")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)

    assert Archives(Bucket(archive.getvalue())).look(URL, ()) == ({}, {})
    with pytest.raises(ArchiveUnreadable, match="67,108,864 at most"):
        Archives(Bucket(packed({"metrics.json": bytes(64 * 1024 * 1024 + 1)}))).look(URL, {"metrics.json"})


def test_a_look_at_nothing_says_what_is_wrong(s3: Any) -> None:
    with pytest.raises(ArchiveUnreadable, match=r"model\.tar\.gz cannot be read: An error occurred"):
        Archives(s3).look(URL, ())
    with pytest.raises(ArchiveUnreadable, match="cannot be unpacked"):
        Archives(Bucket(b"no archive")).look(URL, ())

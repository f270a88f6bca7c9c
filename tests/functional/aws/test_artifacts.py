"""Archives in a bucket as moto keeps it."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sluice.aws.artifacts import Artifacts, artifact_key
from sluice.domain.errors import ArchiveUnreadable

KEY = artifact_key("flights", "2", "abc")


def pack(archive: Path) -> None:
    archive.write_text("packed")


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="data")
        yield client


def test_an_archive_is_packed_and_stored_under_its_contents_hash(s3: Any) -> None:
    artifacts = Artifacts(s3, bucket="data")

    url = artifacts.store(KEY, pack)

    assert url == "s3://data/models/flights/2/abc/model.tar.gz"
    assert s3.get_object(Bucket="data", Key=KEY)["Body"].read() == b"packed"


def test_what_is_there_is_neither_packed_nor_sent_again(s3: Any) -> None:
    artifacts = Artifacts(s3, bucket="data")
    packed: list[Path] = []

    def pack_and_tell(archive: Path) -> None:
        packed.append(archive)
        pack(archive)

    urls = {artifacts.store(KEY, pack_and_tell) for _ in range(2)}

    assert len(urls) == len(packed) == 1


def test_a_bucket_that_refuses_is_not_taken_for_an_empty_one(s3: Any) -> None:
    artifacts = Artifacts(s3, bucket="data")
    s3.meta.events.register("after-call.s3.HeadObject", _forbid)

    with pytest.raises(ClientError, match="403"):
        artifacts.store(KEY, pack)


def _forbid(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    http_response.status_code = 403
    parsed.update(Error={"Code": "403", "Message": "Forbidden"}, ResponseMetadata={"HTTPStatusCode": 403})


def test_an_archive_anywhere_is_unpacked_into_a_folder(s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="elsewhere")
    s3.put_object(Bucket="elsewhere", Key="a/model.tar.gz", Body=an_archive("model.onnx"))

    Artifacts(s3, bucket="data").fetch("s3://elsewhere/a/model.tar.gz", tmp_path)

    assert (tmp_path / "model.onnx").read_bytes() == b"graph"


@pytest.mark.parametrize("body", [b"no archive", b"", pytest.param(None, id="outside")])
def test_an_archive_that_is_damaged_or_leaves_its_folder_is_refused(
    s3: Any, tmp_path: Path, body: bytes | None
) -> None:
    s3.put_object(Bucket="data", Key=KEY, Body=an_archive("../model.onnx") if body is None else body)
    folder = tmp_path / "folder"
    folder.mkdir()

    with pytest.raises(ArchiveUnreadable, match=f"s3://data/{KEY} cannot be unpacked"):
        Artifacts(s3, bucket="data").fetch(f"s3://data/{KEY}", folder)

    assert not (tmp_path / "model.onnx").exists()


def an_archive(name: str) -> bytes:
    """A gzipped tar of one file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"graph"))
    return packed.getvalue()

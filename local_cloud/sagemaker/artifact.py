"""Where do a model's files come from, and how do they reach the folder that a process serves?"""

import tarfile
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError


class ArtifactUnavailable(Exception):
    """The model's files are missing, damaged, or try to leave their folder; becomes a FailureReason."""


@dataclass(frozen=True, slots=True)
class Container:
    """What CreateModel says of the container, as far as a local process needs it.

    The Image is not looked at: every model is served by the checkout's own ``model_container``.

    Attributes:
        environment: Its Environment.
        source: S3 URI of a tar.gz, of one object, or of a prefix; None for a model without files.
        is_archive: Whether the source is a gzipped tar.
        is_prefix: Whether the source is a prefix, all of whose objects are wanted.

    """

    environment: Mapping[str, str]
    source: str | None
    is_archive: bool = True
    is_prefix: bool = False

    @classmethod
    def from_definition(cls, definition: Mapping[str, Any]) -> Self:
        """Read a ContainerDefinition: ModelDataUrl, or ModelDataSource (aws-facts A2, BC:sagemaker)."""
        environment = definition.get("Environment", {})
        data = definition.get("ModelDataSource", {}).get("S3DataSource")
        if data is None:
            return cls(environment, definition.get("ModelDataUrl"))
        return cls(
            environment,
            data["S3Uri"],
            is_archive=data["CompressionType"] == "Gzip",
            is_prefix=data["S3DataType"] == "S3Prefix",
        )


def fetch(container: Container, folder: Path, s3: Any) -> None:
    """Put the model's files into ``folder``. Raises ArtifactUnavailable."""
    if container.source is None:
        return
    location = urlsplit(container.source)
    bucket, key = location.netloc, location.path.lstrip("/")
    try:
        if container.is_prefix:
            _copy_prefix(bucket, key, folder, s3)
        elif container.is_archive:
            _unpack(bucket, key, folder, s3)
        else:
            s3.download_file(bucket, key, str(folder / Path(key).name))
    except (ClientError, BotoCoreError, Boto3Error, tarfile.TarError, zlib.error, OSError, EOFError) as error:
        raise ArtifactUnavailable(f"Failed to download model data from {container.source}: {error}") from error


def _unpack(bucket: str, key: str, folder: Path, s3: Any) -> None:
    """The ``data`` filter refuses paths and links that leave the folder, and devices."""
    with tempfile.TemporaryFile() as file:
        s3.download_fileobj(bucket, key, file)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            archive.extractall(folder, filter="data")


def _copy_prefix(bucket: str, prefix: str, folder: Path, s3: Any) -> None:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ()) if not entry["Key"].endswith("/")]
    if not keys:
        raise ArtifactUnavailable(f"Failed to download model data from s3://{bucket}/{prefix}: there is no object.")
    for key in keys:
        target = (folder / key.removeprefix(prefix)).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise ArtifactUnavailable(f"The object s3://{bucket}/{key} would be written outside the model's folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))

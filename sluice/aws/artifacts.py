"""Where do packed models go? The data bucket, under a key that carries their content's hash: never over another.

By boto3, whose transfers split what is larger than 8 MB; no function imports this module.
"""

import tarfile
import tempfile
import zlib
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from sluice.domain.errors import ArchiveUnreadable

ARTIFACTS = "models"
_ARCHIVE = "model.tar.gz"


def artifact_key(model: str, version: str, digest: str) -> str:
    """The key of a version's archive in the data bucket."""
    return f"{ARTIFACTS}/{model}/{version}/{digest}/{_ARCHIVE}"


class Artifacts:
    """Archives of models in one bucket."""

    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def connect(cls, bucket: str) -> "Artifacts":
        """With the credentials and the region of whoever registers a model."""
        return cls(boto3.client("s3"), bucket=bucket)

    def url(self, key: str) -> str:
        """The S3 URL of a key."""
        return f"s3://{self._bucket}/{key}"

    def store(self, key: str, pack: Callable[[Path], None]) -> str:
        """Have an archive there and return its S3 URL; ``pack`` writes it to a file, and only when it is lacking."""
        if not self._is_there(key):
            with tempfile.TemporaryDirectory() as folder:
                archive = Path(folder) / _ARCHIVE
                pack(archive)
                self._client.upload_file(str(archive), self._bucket, key)
        return self.url(key)

    def fetch(self, url: str, folder: Path) -> None:
        """Unpack the archive of any S3 URL into a folder. Raises ClientError, or ArchiveUnreadable.

        The ``data`` filter of tarfile refuses what would leave the folder.
        """
        place = urlsplit(url)
        with tempfile.TemporaryFile() as file:
            self._client.download_fileobj(place.netloc, place.path.lstrip("/"), file)
            file.seek(0)
            try:
                with tarfile.open(fileobj=file, mode="r:gz") as archive:
                    archive.extractall(folder, filter="data")
            except (tarfile.TarError, zlib.error, OSError, EOFError) as damaged:
                raise ArchiveUnreadable(f"{url} cannot be unpacked: {damaged}") from damaged

    def _is_there(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as refused:
            if refused.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                raise
            return False
        return True

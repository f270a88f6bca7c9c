"""What is in a model's archive, in whatever bucket? Streamed, and read no further than to the last file asked for."""

import hashlib
import posixpath
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from typing import IO, Any, Self
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.domain.contents import File
from sluice.domain.errors import ArchiveUnreadable

_LARGEST = 64 * 1024 * 1024  # bytes of a file that describes a model: no weights
_CHUNK = 1 << 20
_FOR_GOOD = {"AccessDenied", "NoSuchBucket", "NoSuchKey"}


class Archives:
    """The archives that the caller may read."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """Three attempts."""
        config = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})
        return cls(connect("s3", config))

    def read(self, url: str, names: Collection[str]) -> dict[str, bytes]:
        """The content of those files on top of an archive that there are.

        Raises ArchiveUnreadable, and ClientError for what may pass by itself.
        """
        try:
            with self._open(url) as archive:
                return _read(archive, names)
        except ClientError as refused:
            if refused.response["Error"].get("Code") not in _FOR_GOOD:
                raise
            raise ArchiveUnreadable(f"{url} cannot be read: {refused}") from refused

    def look(self, url: str, names: Collection[str]) -> tuple[dict[str, File], dict[str, bytes]]:
        """Every file of an archive, and the content of those named, read to its end. Raises ArchiveUnreadable."""
        try:
            with self._open(url) as archive:
                return _look(archive, names)
        except ClientError as refused:
            raise ArchiveUnreadable(f"{url} cannot be read: {refused}") from refused

    @contextmanager
    def _open(self, url: str) -> Iterator[tarfile.TarFile]:
        place = urlsplit(url)
        body = self._client.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"]
        with closing(body):
            try:
                with tarfile.open(fileobj=body, mode="r|gz") as archive:
                    yield archive
            except (tarfile.TarError, zlib.error, OSError, EOFError) as damaged:
                raise ArchiveUnreadable(f"{url} cannot be unpacked: {damaged}") from damaged


def _read(archive: tarfile.TarFile, names: Collection[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for member in archive:
        name = posixpath.normpath(member.name)
        content = archive.extractfile(member) if name in names else None
        if content is None:
            continue
        _check(name, member.size)
        found[name] = content.read()
        if len(found) == len(set(names)):
            break
    return found


def _look(archive: tarfile.TarFile, names: Collection[str]) -> tuple[dict[str, File], dict[str, bytes]]:
    files: dict[str, File] = {}
    texts: dict[str, bytes] = {}
    for member in archive:
        name, content = posixpath.normpath(member.name), archive.extractfile(member)
        if content is None:
            continue
        if name in names:
            _check(name, member.size)
            texts[name] = content.read()
            digest = hashlib.sha256(texts[name])
        else:
            digest = _digest(content)
        files[name] = File(member.size, digest.hexdigest())
    return files, texts


def _digest(content: IO[bytes]) -> "hashlib._Hash":
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    return digest


def _check(name: str, size: int) -> None:
    if size > _LARGEST:
        raise tarfile.TarError(f"{name} has {size:,} bytes, {_LARGEST:,} at most")

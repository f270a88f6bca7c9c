"""What is in a model's archive, in whatever bucket? Streamed, and read no further than to the last file asked for."""

import posixpath
import tarfile
import zlib
from collections.abc import Collection
from contextlib import closing
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.config import Config

from sluice.aws.client import connect
from sluice.domain.errors import ArchiveUnreadable

_LARGEST = 64 * 1024 * 1024  # bytes of a file that describes a model: no weights


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
        """The content of those files on top of an archive that there are. Raises ClientError or ArchiveUnreadable."""
        place = urlsplit(url)
        body = self._client.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"]
        with closing(body):
            try:
                return _read(body, names)
            except (tarfile.TarError, zlib.error, OSError, EOFError) as damaged:
                raise ArchiveUnreadable(f"{url} cannot be unpacked: {damaged}") from damaged


def _read(body: Any, names: Collection[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=body, mode="r|gz") as archive:
        for member in archive:
            name = posixpath.normpath(member.name)
            content = archive.extractfile(member) if name in names else None
            if content is None:
                continue
            if member.size > _LARGEST:
                raise tarfile.TarError(f"{name} has {member.size:,} bytes, {_LARGEST:,} at most")
            found[name] = content.read()
            if len(found) == len(set(names)):
                break
    return found

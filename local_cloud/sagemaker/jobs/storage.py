"""How do a job's files get from S3 to its folders and back?"""

import stat
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.sagemaker.jobs.work import JobFailed
from local_cloud.sagemaker.refusal import Refused

Seen = dict[Path, tuple[int, int]]


class Storage:
    """S3 as one role may use it."""

    def __init__(self, s3: Any, kms_key: str | None = None) -> None:
        self._s3 = s3
        self._sealed: Mapping[str, str] = (
            {} if kms_key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
        )

    @property
    def client(self) -> Any:
        """For what else is read with the same rights."""
        return self._s3

    def check(self, uri: str, role: str) -> None:
        """Raise Refused, in SageMaker's words, unless the role can list an object below ``uri``."""
        bucket, prefix = located(uri)
        try:
            if any(True for _ in self._keys(bucket, prefix)):
                return
            why = ""
        except (ClientError, BotoCoreError) as error:
            why = f" Error message from S3: {error}"
        raise Refused(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f'exists in the selected region, that objects exist under that S3 prefix, and that the role "{role}" has '
            f'"s3:ListBucket" permissions on bucket "{bucket}".{why}'
        )

    def download(self, uri: str, folder: Path, *, part: int = 0, parts: int = 1) -> None:
        """Put the objects below ``uri`` into ``folder``; of several hosts' parts only one. Raises JobFailed."""
        bucket, prefix = located(uri)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for key in [*self._keys(bucket, prefix)][part::parts]:
                target = (folder / _relative(key, prefix)).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise JobFailed(f"s3://{bucket}/{key} would be written outside its folder")
                target.parent.mkdir(parents=True, exist_ok=True)
                self._s3.download_file(bucket, key, str(target))
        except (ClientError, BotoCoreError, Boto3Error, OSError) as error:
            raise JobFailed(f"Data download failed: {uri}: {error}") from error

    def upload(self, folder: Path, uri: str, seen: Seen | None = None) -> None:
        """Put the folder's files below ``uri``; not those that are as they were when ``seen``. Raises JobFailed."""
        bucket, prefix = located(uri)
        known = {} if seen is None else seen
        try:
            for file, state in files_in(folder).items():
                if known.get(file) == state:
                    continue
                with suppress(FileNotFoundError):  # a program may replace a file by one that it has just written
                    self._put(file, bucket, f"{prefix.rstrip('/')}/{file.relative_to(folder).as_posix()}".lstrip("/"))
                    known[file] = state
        except (ClientError, BotoCoreError, Boto3Error, OSError) as error:
            raise JobFailed(f"Artifact upload failed: {uri}: {error}") from error

    def upload_archive(self, folder: Path, uri: str) -> None:
        """Put the folder's files, as one tar.gz, at ``uri``. Raises JobFailed."""
        bucket, key = located(uri)
        try:
            with tempfile.NamedTemporaryFile() as packed:
                with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
                    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                        archive.add(path, path.name)
                packed.flush()
                self._put(Path(packed.name), bucket, key)
        except (ClientError, BotoCoreError, Boto3Error, OSError) as error:
            raise JobFailed(f"Artifact upload failed: {uri}: {error}") from error

    def close(self) -> None:
        """No more calls."""
        self._s3.close()

    def _put(self, file: Path, bucket: str, key: str) -> None:
        self._s3.upload_file(str(file), bucket, key, ExtraArgs=dict(self._sealed))

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", ()) if not entry["Key"].endswith("/"))


def files_in(folder: Path) -> Seen:
    """Every file below a folder that is there now, as it is."""
    found: Seen = {}
    for file in sorted(folder.rglob("*")):
        with suppress(FileNotFoundError):
            state = file.stat()
            if stat.S_ISREG(state.st_mode):
                found[file] = (state.st_mtime_ns, state.st_size)
    return found


def located(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI. Raises Refused for any other."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc:
        raise Refused(f"The local cloud reads and writes s3://bucket/key, not {uri}.")
    return parts.netloc, parts.path.lstrip("/")


def _relative(key: str, prefix: str) -> str:
    """Below the prefix where that is a folder; else, as for an only object, below the folder that it is in."""
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    return (
        key.removeprefix(folder) if key.startswith(folder) else key.removeprefix(prefix.rpartition("/")[0]).lstrip("/")
    )

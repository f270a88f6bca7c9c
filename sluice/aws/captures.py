"""The files of data capture in S3, and the queue of those that cannot be read."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Self

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.domain.feedback.capture import Poison

REDACTED = "sluice-redacted"
"""The metadata of a file whose sensitive inputs were taken out: the ETag it had before."""

_NOT_THE_SAME = {"PreconditionFailed", "NoSuchKey"}  # put back, or deleted, since it was read
_CHUNK_BYTES = 65_536
_CONFIG = Config(connect_timeout=2, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class CapturedFile:
    """A file of data capture.

    Attributes:
        bucket: Name of its bucket.
        key: Its key.

    """

    bucket: str
    key: str

    @classmethod
    def of_event(cls, body: str) -> Self:
        """The file of EventBridge's "Object Created". Raises Poison.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
        """
        try:
            detail = json.loads(body)["detail"]
            return cls(str(detail["bucket"]["name"]), str(detail["object"]["key"]))
        except (ValueError, LookupError, TypeError) as wrong:
            raise Poison(f"not a notification of S3: {body:.200}") from wrong


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file.

    Attributes:
        etag: Another one for other content; of a redacted file that of what was captured, so that it is the same file.
        lines: One in memory at a time.
        is_redacted: Whether sensitive inputs were taken out of it.

    """

    etag: str
    lines: Iterator[bytes]
    is_redacted: bool = False


class Captures:
    """Reads captured files."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """Three attempts."""
        return cls(connect("s3", _CONFIG))

    def lines(self, file: CapturedFile) -> Iterator[bytes]:
        """The lines of a file, one in memory at a time. Raises Poison when there is no such file any more."""
        yield from self.open(file).lines

    def open(self, file: CapturedFile) -> "Content":
        """A file as it is now. Raises Poison when there is no such file any more."""
        try:
            found = self._client.get_object(Bucket=file.bucket, Key=file.key)
        except self._client.exceptions.NoSuchKey as gone:
            raise Poison("there is no such file") from gone
        lines = found["Body"].iter_lines(chunk_size=_CHUNK_BYTES)
        redacted = found["Metadata"].get(REDACTED)
        return Content(redacted or found["ETag"].strip('"'), lines, is_redacted=redacted is not None)

    def below(self, bucket: str, prefix: str) -> Iterator[CapturedFile]:
        """The files below a prefix, in the order of their keys."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (CapturedFile(bucket, entry["Key"]) for entry in page.get("Contents", ()))

    def rewrite(self, file: CapturedFile, etag: str, change: Callable[[bytes], bytes]) -> bool:
        """Put a file back under its key, every line changed and marked as redacted; whether that was to be done.

        ``etag``: of what is to be changed. Nothing is done to a file that is gone, or another one by now: marked
        already, or put there by somebody else.
        """
        try:
            found = self._client.get_object(Bucket=file.bucket, Key=file.key)
        except self._client.exceptions.NoSuchKey:
            return False
        if found["ETag"].strip('"') != etag:
            return False
        with TemporaryFile() as changed:
            changed.writelines(change(line) + b"\n" for line in found["Body"].iter_lines(chunk_size=_CHUNK_BYTES))
            changed.seek(0)
            return self._put_back(file, etag, changed)

    def _put_back(self, file: CapturedFile, etag: str, content: BinaryIO) -> bool:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html."""
        only = {"IfMatch": f'"{etag}"', "Metadata": {REDACTED: etag}}
        try:
            self._client.put_object(Bucket=file.bucket, Key=file.key, Body=content, **only)
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in _NOT_THE_SAME:
                raise
            return False
        return True


class DeadLetters:
    """The queue for what cannot be read, now or later."""

    def __init__(self, client: Any, *, url: str) -> None:
        self._client = client
        self._url = url

    @classmethod
    def connect(cls, url: str) -> Self:
        """Three attempts."""
        return cls(connect("sqs", _CONFIG), url=url)

    def bury(self, what: CapturedFile | str, reason: str, details: Sequence[str] = ()) -> None:
        """Put a file, or a message that names none, aside with the reason."""
        shown = {"message": what} if isinstance(what, str) else {"bucket": what.bucket, "key": what.key}
        letter = {"reason": reason, **shown, "details": list(details)}
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(letter))

"""What was a variant asked, and what did it answer? The files of data capture below one S3 location.

``<prefix>/<endpoint>/<variant>/yyyy/mm/dd/hh/<file>.jsonl``, one request a line:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.client import connect
from sluice.domain.exchange import Exchange, read_exchange
from sluice.domain.feedback.capture import Origin, Poison

_LOG = logging.getLogger(__name__)
_DAYS = 3
_MOST_FILES = 10
_LONGEST_FILE_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_HOUR = timedelta(hours=1)
_LATE = _HOUR  # a file may be written in the hour after


class RecordedRequests:
    """The captured requests below one S3 location."""

    def __init__(self, client: Any, *, uri: str) -> None:
        self._client = client
        place = urlsplit(uri)
        self._bucket, self._prefix = place.netloc, place.path.strip("/")

    @classmethod
    def connect(cls, uri: str) -> Self:
        """Below ``s3://bucket/prefix``."""
        config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
        return cls(connect("s3", config), uri=uri)

    def newest(
        self, endpoint: str, variant: str, *, now: datetime, most: int, version: str | None = None
    ) -> list[Exchange]:
        """At most so many of the newest requests, those of today and of the two days before.

        With ``version`` none that another version was asked: a slot holds now this one, now that one.
        """
        requests = (
            request
            for key in self._newest_files(endpoint, variant, now)
            for request in self._requests(key, variant)
            if version in (None, request.version) or request.version is None
        )
        return list(islice(requests, most))

    def examples(self, endpoint: str, variant: str, *, now: datetime, most: int, version: str) -> list[Exchange]:
        """``newest``, or none when S3 does not give them: nothing waits for an illustration."""
        try:
            return self.newest(endpoint, variant, now=now, most=most, version=version)
        except (BotoCoreError, ClientError, ValueError, LookupError):
            _LOG.exception("recorded_requests.unreadable")
            return []

    def variants(self, endpoint: str) -> list[str]:
        """The variants of which there are files, by name."""
        prefix = self._folder(endpoint)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, Delimiter="/"
        )
        return [
            found["Prefix"].removeprefix(prefix).strip("/")
            for page in pages
            for found in page.get("CommonPrefixes", ())
        ]

    def files(self, endpoint: str, variant: str, *, since: datetime, until: datetime) -> Iterator[str]:
        """Keys of the files that may hold what a variant was asked from one moment to another, the newest first."""
        first, last = f"{since:%Y/%m/%d/%H}", f"{until + _LATE:%Y/%m/%d/%H}"
        folder = self._folder(endpoint, variant)
        for day in _days_back(since, until + _LATE):
            for key, _ in sorted(self._keys(f"{folder}{day}/"), reverse=True):
                if first <= key.removeprefix(folder)[: len(first)] <= last:
                    yield key

    def after(self, endpoint: str, variant: str, key: str, *, since: datetime, most: int) -> list[str]:
        """At most so many of a variant's files in the order of their keys, from an hour on and after a key."""
        folder = self._folder(endpoint, variant)
        start = max(key, f"{folder}{since:%Y/%m/%d/%H}/")
        found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=folder, StartAfter=start, MaxKeys=most)
        return [entry["Key"] for entry in found.get("Contents", ())]

    def around(self, endpoint: str, variant: str, *, since: datetime, until: datetime) -> list[str]:
        """Keys of the files that may hold what was asked between two moments, the oldest first."""
        folder, hour = self._folder(endpoint, variant), (since - _LATE).replace(minute=0)
        keys: list[str] = []
        while hour <= until + _LATE:
            keys += sorted(key for key, _ in self._keys(f"{folder}{hour:%Y/%m/%d/%H}/"))
            hour += _HOUR
        return keys

    def exchanges(self, key: str) -> Iterator[Exchange | Poison]:
        """The lines of a file in its order, or what is wrong with them; one is in memory at a time."""
        try:
            variant = Origin.of(key).variant
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
        except Poison:
            yield Poison("a file is not one of data capture")
        except self._client.exceptions.NoSuchKey:
            yield Poison("a file is gone")
        else:
            yield from _read(body.iter_lines(chunk_size=_CHUNK_BYTES), variant)

    def _newest_files(self, endpoint: str, variant: str, now: datetime) -> list[str]:
        keys: list[str] = []
        for day in _days_back(now - timedelta(days=_DAYS - 1), now):
            found = self._keys(f"{self._folder(endpoint, variant)}{day}/")
            keys += sorted((key for key, size in found if size <= _LONGEST_FILE_BYTES), reverse=True)
            if len(keys) >= _MOST_FILES:
                break
        return keys[:_MOST_FILES]

    def _folder(self, *names: str) -> str:
        return "".join(f"{name}/" for name in (self._prefix, *names) if name)

    def _keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys, and sizes in bytes."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            yield from ((entry["Key"], entry["Size"]) for entry in page.get("Contents", ()))

    def _requests(self, key: str, variant: str) -> Iterator[Exchange]:
        """Newest first: a file's lines are in the order of time. Lines that cannot be read are left out."""
        body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        for found in _read(reversed(body.splitlines()), variant):
            if isinstance(found, Exchange):
                yield found
            else:
                _LOG.warning("recorded_requests.line_skipped key=%s error=%s", key, found)


def _days_back(first: datetime, last: datetime) -> Iterator[str]:
    """The days of a time, UTC, from the last to the first: ``yyyy/mm/dd``."""
    day = last.astimezone(UTC).date()
    while day >= first.astimezone(UTC).date():
        yield f"{day:%Y/%m/%d}"
        day -= timedelta(days=1)


def _read(lines: Iterable[bytes], variant: str) -> Iterator[Exchange | Poison]:
    for line in lines:
        if not line:
            continue
        try:
            yield read_exchange(line, variant)
        except Poison as unreadable:
            yield unreadable

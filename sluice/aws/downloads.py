"""Get large objects of S3 into files, by their URLs.

By boto3, whose transfers split what is larger than 8 MB; no function imports this module.
"""

from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from sluice.domain.errors import ObjectUnreadable


class Downloads:
    """The objects that the caller may read."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """In the environment's region, with its credentials."""
        return cls(boto3.client("s3"))

    def get(self, url: str, target: Path) -> None:
        """Put what is at ``s3://bucket/key`` into a file. Raises ObjectUnreadable."""
        place = urlsplit(url)
        if place.scheme != "s3" or not place.netloc or not place.path.strip("/"):
            raise ObjectUnreadable(f"{url!r:.200} is no URL of an object: s3://bucket/key is needed")
        try:
            self._client.download_file(place.netloc, place.path.lstrip("/"), str(target))
        except ClientError as refused:
            said = refused.response["Error"]
            why = f"{said.get('Code')} {said.get('Message', '')}".strip()
            raise ObjectUnreadable(f"{url} cannot be read: {why}") from refused
        except (BotoCoreError, Boto3Error) as failed:
            raise ObjectUnreadable(f"{url} cannot be read: {failed}") from failed

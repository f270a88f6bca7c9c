"""Read small objects of S3, whole, by their URLs."""

from typing import Any, Self
from urllib.parse import urlsplit

from botocore.config import Config

from sluice.aws.client import connect


class Objects:
    """The objects that this function may read."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        """Three attempts."""
        config = Config(connect_timeout=2, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
        return cls(connect("s3", config))

    def read(self, url: str) -> bytes:
        """What is at ``s3://bucket/key``. Raises botocore's ClientError."""
        place = urlsplit(url)
        found = self._client.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
        content: bytes = found["Body"].read()
        return content

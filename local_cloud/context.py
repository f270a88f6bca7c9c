"""What every part of the local cloud knows: where it is, whose account it plays, and what time it is."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "us-east-1"
LOOPBACK = "127.0.0.1"


class Clock:
    """A clock that can run faster than the wall's, for demonstrations.

    Attributes:
        speed: Seconds of the local cloud per second of the wall.

    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._started = datetime.now(UTC)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """The local cloud's time, aware, UTC."""
        return self._started + timedelta(seconds=(time.monotonic() - self._origin) * self.speed)

    @property
    def origin(self) -> tuple[float, float]:
        """When it was started, in seconds since 1970, and what this machine's monotonic clock said then."""
        return self._started.timestamp(), self._origin

    def wall_seconds(self, seconds: float) -> float:
        """How long to really wait for so many seconds of the local cloud."""
        return seconds / self.speed


@dataclass(frozen=True, slots=True)
class CloudContext:
    """Handed to each part when the cloud starts.

    Attributes:
        aws_url: Where the emulated AWS APIs answer (``http://localhost:PORT``: moto minds the host name).
        home: Folder for logs, unpacked code and models; may be deleted when the cloud is down.
        clock: The cloud's time.
        access_key_id: The root's credentials, used by the cloud itself; not limited by any policy.

    """

    aws_url: str
    home: Path
    clock: Clock = field(default_factory=Clock)
    access_key_id: str = "local-root"
    secret_access_key: str = "local-root-secret"  # noqa: S105  opens nothing but this machine's loopback

    def client(self, service: str, session: Any = boto3) -> Any:
        """A boto3 client of the emulated AWS with the root's credentials; ``session`` may check its calls."""
        return session.client(
            service,
            region_name=REGION,
            endpoint_url=self.aws_url,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(
                s3={"addressing_style": "path"},
                account_id_endpoint_mode="disabled",
                retries={"total_max_attempts": 1},
            ),
        )

    def folder(self, *parts: str) -> Path:
        """A folder below ``home``, made if need be."""
        path = self.home.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

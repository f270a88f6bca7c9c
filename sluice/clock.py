"""The one clock of the functions: nothing else in them asks what time it is."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware, UTC; `time.time` is looked up each time: a worker of a local cloud with a fast clock replaces it."""
    return datetime.fromtimestamp(time.time(), UTC)

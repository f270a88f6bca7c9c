"""Into which five minutes does a prediction fall? Rewards are counted by when the prediction was made."""

from datetime import UTC, datetime, timedelta

BUCKET = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def bucket_of(at: datetime) -> datetime:
    """The start of the bucket that holds this moment."""
    return at - (at - _EPOCH) % BUCKET


def complete_buckets(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The starts of the first and the last bucket that lie wholly between two moments; last < first: there is none."""
    return bucket_of(start + BUCKET - timedelta.resolution), bucket_of(end) - BUCKET


def window_of(at: datetime, length: timedelta) -> datetime:
    """The start of the window of this length that holds a moment; windows begin with 1970."""
    return at - (at - _EPOCH) % length

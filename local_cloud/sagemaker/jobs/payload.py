"""What does a batch transform send of a file: which records are there, and which go together?"""

from collections.abc import Iterable, Iterator
from itertools import chain

from local_cloud.sagemaker.jobs.work import JobFailed


def payloads(lines: Iterable[bytes], *, splits: bool, batches: bool, most_bytes: int) -> Iterator[bytes]:
    """The bodies of the requests about one file, in its order; ``lines`` with their ends. Raises JobFailed."""
    if not splits:
        yield _fitting(b"".join(lines), most_bytes)
        return
    batch: list[bytes] = []
    size = 0
    for record in _records(lines, most_bytes):
        if batch and (not batches or size + 1 + len(record) > most_bytes):
            yield b"\n".join(batch)
            batch, size = [], 0
        size += len(record) + bool(batch)
        batch.append(record)
    if batch:
        yield b"\n".join(batch)


def assembled(answers: Iterable[bytes], *, ends_lines: bool) -> Iterator[bytes]:
    """What is written of the answers, in their order."""
    return chain.from_iterable((answer, b"\n") if ends_lines else (answer,) for answer in answers)


def _records(lines: Iterable[bytes], most_bytes: int) -> Iterator[bytes]:
    for line in lines:
        if record := line.rstrip(b"\r\n"):
            yield _fitting(record, most_bytes)


def _fitting(record: bytes, most_bytes: int) -> bytes:
    if len(record) > most_bytes:
        raise JobFailed(f"a record has {len(record)} bytes, MaxPayloadInMB allows {most_bytes}")
    return record

"""How are many captured files counted on this machine? In several processes, each a few files at a time."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import Self, TypeVar

from rich.progress import Progress

from sluice.aws.captures import Captures
from sluice.aws.file_steps import FileSteps
from sluice.aws.item_store import ItemStore, in_groups
from sluice.aws.references import References
from sluice.aws.windows import Windows
from sluice.domain.feedback.capture import CAPTURES
from sluice.service.backfill import Backfilled, CapturedBefore, backfill
from sluice.service.find_reference import ReferenceBook
from sluice.service.redact import Redaction
from sluice.service.summarise import Intake
from sluice.settings.deployment import Deployment
from sluice.settings.monitoring import as_environment, from_environment
from sluice.settings.sensitive import as_environment as sensitive_inputs
from sluice.settings.sensitive import inputs_by_model, sensitive_of

_FILES_AT_ONCE = 50
_MOST_PROCESSES = 4  # they write to the same few windows

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model's files are, and where they are counted; goes to other processes.

    Attributes:
        model: Name of the model.
        endpoint: Of its endpoint.
        table: Of the state table.
        bucket: Of the data bucket.
        watching: How it is watched, as ``sluice.settings.monitoring`` writes it.
        sensitive: Its sensitive inputs, as ``sluice.settings.sensitive`` writes them.

    """

    model: str
    endpoint: str
    table: str
    bucket: str
    watching: str
    sensitive: str

    @classmethod
    def of(cls, settings: Deployment, model: str, *, table: str, bucket: str) -> Self:
        """Of a model that is watched."""
        watching, sensitive = as_environment(settings.watched), sensitive_inputs(settings.sensitive)
        return cls(model, settings.endpoint_name(model), table, bucket, watching, sensitive)


def count_here(place: Place, bar: Progress, *, since: datetime, until: datetime, now: datetime) -> Backfilled:
    """Count the files of a time. Raises StoreUnavailable, StaleWrite, ClientError."""
    every = Captures.connect().below(place.bucket, f"{CAPTURES}/{place.endpoint}/")
    files = [each for each in (CapturedBefore(file, since, until) for file in every) if each.is_meant]
    task, total = bar.add_task("counting", total=len(files)), Backfilled()
    for done in spread(partial(_count, place, now), list(in_groups(files, _FILES_AT_ONCE))):
        total += done
        bar.update(task, completed=total.files)
    return total


def spread(work: Callable[[_Piece], _Result], pieces: Sequence[_Piece]) -> Iterator[_Result]:
    """What the pieces come to, in any order: in this process for one, which is quicker than to start others."""
    if len(pieces) <= 1:
        yield from map(work, pieces)
        return
    processes = min(_MOST_PROCESSES, len(pieces), os.cpu_count() or 1)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(work, piece) for piece in pieces]):
            yield done.result()


def _count(place: Place, now: datetime, files: Sequence[CapturedBefore]) -> Backfilled:
    return backfill(files, _intake(place), now=now)


def _intake(place: Place) -> Intake:
    captures, items = Captures.connect(), ItemStore.connect(place.table)
    return Intake(
        captures=captures,
        dead_letters=None,
        models={place.endpoint: place.model},
        watching=from_environment(place.watching),
        references=ReferenceBook(References.connect(place.table), time.monotonic, inputs_by_model(place.sensitive)),
        windows=Windows(items),
        redaction=Redaction(captures, FileSteps(items), sensitive_of(place.sensitive)),
    )

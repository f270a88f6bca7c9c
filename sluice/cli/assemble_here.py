"""How is training data assembled on this machine? Files are read in several processes, the rest is done in this one."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.progress import Progress

import sluice
from sluice.aws.captures import CapturedFile, Captures
from sluice.aws.given_labels import GivenLabels
from sluice.aws.item_store import in_groups
from sluice.cli.assemble_order import Subject, Words, kept_since, moment_of, read_order
from sluice.cli.backfill import progress_bar
from sluice.cli.backfill_here import spread
from sluice.cli.release import Release
from sluice.cli.show_assembled import show_assembled
from sluice.cli.target import UsageProblem
from sluice.clock import utc_now
from sluice.data_file.history import History
from sluice.data_file.spill import Spill
from sluice.domain.feedback.capture import CAPTURES
from sluice.domain.monitoring.captured_hour import may_hold
from sluice.service.assemble_training_data import Assembled, Order, coverage, decide, write
from sluice.service.read_training_rows import ReadFile, Reading, read_training_rows
from sluice.service.training_lineage import HistoryFile, lineage, sha256
from sluice.settings.source import load

_FILES_AT_ONCE = 20
_LINEAGE, _HISTORY = "lineage.json", "history.arrow"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model's captured requests and labels are; goes to other processes.

    Attributes:
        endpoint: Of the model.
        table: Of the state table.
        bucket: Of the data bucket.

    """

    endpoint: str
    table: str
    bucket: str


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done; goes to other processes.

    Attributes:
        place: Where captured requests and labels are.
        order: What is asked for.
        history: Earlier rows.

    """

    place: Place
    order: Order
    history: History | None = None


def run(release: Release, config: Path, words: Words, out: Path) -> None:
    """Assemble and show. Raises UsageProblem, InvalidTrainingData, UnreadableFile, StoreUnavailable."""
    settings, now = load(config).models[release.model], utc_now()
    subject = Subject(release.model, release.routings.get(release.model), release.sensitive, settings.feedback)
    order = read_order(words, subject, now=now)
    place = Place(release.endpoint, release.target.table, release.bucket())
    with progress_bar(release.out) as bar:
        form = assemble(Job(place, order, history_of(words, order)), out, bar)
    show_assembled(form, out, release.out)
    keep_days = {"capture.keep_days": settings.capture.keep_days, "feedback.keep_days": settings.feedback.keep_days}
    for note in kept_since(order, keep_days, now=now):
        release.out.plain(f"  note: {note}")


def history_of(words: Words, order: Order) -> History | None:
    """The earlier rows that are asked for."""
    if words.history is None:
        return None
    wanted, label = order.wanted, words.history_label or order.label
    return History(words.history, wanted.inputs, label, words.history_time, wanted.signature.classes)


def assemble(job: Job, out: Path, bar: Progress) -> dict[str, Any]:
    """Write the files; the lineage. Nothing is written where nothing can be assembled, nor half of it."""
    with _beside(out) as folder:
        work = Path(folder)
        earlier = job.history.put_down(work / _HISTORY) if job.history else 0
        read = _read(job, work, bar)
        bar.add_task("choosing and writing", total=None)
        spills = [*([work / _HISTORY] if job.history else ()), *sorted(work.glob("captured-*.arrow"))]
        with Spill(spills) as found:
            assembled = _assembled(found, job.order, read, earlier)
            write(found, assembled, job.order, work)
            form = lineage(found, assembled, job.order, work, history=_file(job.history), code=_code())
        _hand_over(form, work, out)
    return form


def _beside(out: Path) -> TemporaryDirectory[str]:
    """A folder to work in, on the disk where the files will lie."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(prefix=".assembling-", dir=out)
    except OSError as refused:
        raise UsageProblem(f"{out} cannot be written: {refused.strerror}") from refused


def _hand_over(form: Mapping[str, Any], work: Path, out: Path) -> None:
    """The lineage goes first and comes last: where there is one, all is there that it is about."""
    try:
        (work / _LINEAGE).write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
        (out / _LINEAGE).unlink(missing_ok=True)
        for made in (*sorted(work.glob("*.parquet")), work / _LINEAGE):
            made.replace(out / made.name)
    except OSError as refused:
        raise UsageProblem(f"{out} cannot be written: {refused.strerror}") from refused


def _assembled(found: Spill, order: Order, read: Sequence[ReadFile], earlier: int) -> Assembled:
    chosen = decide(found, order, history=earlier)
    by_answer = coverage(found, chosen, order.wanted.signature.classes, history=earlier)
    return Assembled(chosen, read, earlier, by_answer)


def _file(history: History | None) -> HistoryFile | None:
    return (
        None if history is None else HistoryFile(history.file.name, history.time, history.label, sha256(history.file))
    )


def _code() -> dict[str, str]:
    """Versions of what makes the bytes; Sluice's own code by its content, which changes between versions, too."""
    package, digest = Path(sluice.__file__).parent, hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package)}\n".encode() + file.read_bytes())
    libraries = {name: version(name) for name in ("sluice", "pyarrow", "numpy")}
    return {**libraries, "python": platform.python_version(), "sluice_sha256": digest.hexdigest()}


def _read(job: Job, work: Path, bar: Progress) -> list[ReadFile]:
    """Read every file of that time, in the order of their keys."""
    since, until = moment_of(job.order.terms.since), moment_of(job.order.terms.until)
    every = Captures.connect().below(job.place.bucket, f"{CAPTURES}/{job.place.endpoint}/")
    files = [file for file in every if may_hold(file.key, since=since, until=until)]
    task = bar.add_task("reading files", total=len(files))
    read: list[ReadFile] = []
    for done in spread(partial(_read_piece, job, work), list(in_groups(enumerate(files), _FILES_AT_ONCE))):
        read += done
        bar.update(task, completed=len(read))
    return sorted(read, key=lambda file: file.key)


def _read_piece(job: Job, work: Path, files: Sequence[tuple[int, CapturedFile]]) -> list[ReadFile]:
    """In a process of its own, where there are several."""
    order, labels = job.order, GivenLabels.connect(job.place.table)
    reading = Reading(order.model, order.label, order.wanted, Captures.connect(), labels)
    return read_training_rows(files, reading, work / f"captured-{files[0][0]:09}.arrow")

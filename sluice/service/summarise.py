"""Count one file of captured data into the windows of the versions that answered, once for all times it comes."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sluice.aws.captures import CapturedFile, Captures, DeadLetters
from sluice.aws.windows import Folded, Windows
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.errors import InvalidReference, StaleWrite
from sluice.domain.feedback.capture import Origin, Poison, Skipped, read_answered, read_parts, sameness
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.slices import slicing
from sluice.domain.monitoring.tally import Tally
from sluice.domain.monitoring.window import LENGTH, Window
from sluice.domain.redaction.rules import Step
from sluice.service.count_windows import Counted
from sluice.service.find_reference import ReferenceBook
from sluice.service.redact import Done, Redaction, redact_when_done
from sluice.service.stored_window import counted_of, stored_of

_MOST_SHOWN = 20
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Intake:
    """What counting takes.

    Attributes:
        captures: The files.
        dead_letters: Where what cannot be read is put aside, for a person to look at; None where it is only told.
        models: Names of the models that are watched, by endpoint.
        watching: How each is watched.
        references: What versions are compared with.
        windows: Where counts are kept.
        redaction: What is done with files when they are counted; None where no model has sensitive inputs.

    """

    captures: Captures
    dead_letters: DeadLetters | None
    models: Mapping[str, str]
    watching: Mapping[str, Watching]
    references: ReferenceBook
    windows: Windows
    redaction: Redaction | None = None


@dataclass(frozen=True, slots=True)
class Summarised:
    """What a file brought.

    Attributes:
        model: Whose requests.
        variant: Who answered them.
        rows: How many rows are counted, now or when the file came before.
        without_reference: Requests of versions that have none, or none that can be read.
        skipped: Requests that are no predictions of ours: of strangers, of previews, copies of a shadow's.
        poisoned: Lines that cannot be read.

    """

    model: str
    variant: str
    rows: int
    without_reference: int
    skipped: int
    poisoned: int


@dataclass(slots=True)
class _Count:
    """What is in a file, line by line."""

    model: str
    origin: Origin
    slices: Sequence[str]
    references: ReferenceBook
    tallies: dict[Window, tuple[Binning, Tally]] = field(default_factory=dict)
    known: dict[Hashable, Tally] = field(default_factory=dict)
    without_reference: int = 0
    skipped: int = 0
    poisoned: int = 0
    shown: list[str] = field(default_factory=list)

    def read(self, lines: Iterable[bytes]) -> None:
        """Count lines; those that cannot be read are counted apart, and the first ones kept to show."""
        for number, line in enumerate(lines, start=1):
            try:
                self._add(line)
            except Poison as poison:
                self.poisoned += 1
                if len(self.shown) < _MOST_SHOWN:
                    self.shown.append(f"line {number}: {poison}")

    def _add(self, line: bytes) -> None:
        metadata, data = read_parts(line)
        same = sameness(metadata)
        tally = self.known.get(same) or self._find(metadata)
        if tally is None:
            return
        if same is not None:
            self.known[same] = tally
        tally.read(data)

    def _find(self, metadata: Any) -> Tally | None:
        """Where an exchange is counted; None, once that is noted, where it is not."""
        answered = read_answered(metadata, model=self.model, origin=self.origin)
        if isinstance(answered, Skipped):
            self.skipped += 1
            return None
        window = Window.of(answered)
        if window not in self.tallies:
            reference = self._reference(window)
            if reference is None:
                self.without_reference += 1
                return None
            binning = reference.whole.binning
            self.tallies[window] = (binning, Tally(binning, slicing(reference, self.slices).known))
        return self.tallies[window][1]

    def _reference(self, window: Window) -> SlicedReference | None:
        try:
            return self.references.sliced(window.model, window.version)
        except InvalidReference:  # the next look for drift tells a person
            return None


def summarise_file(file: CapturedFile, intake: Intake, *, now: datetime) -> Summarised:
    """Count a file's rows into their windows.

    Safe to repeat, in any order, twice at the same time: what a file brings to a window is added once, redacted or
    not. Lines that cannot be read are put aside with the reason, all others are counted. Raises Poison when the whole
    file cannot be read, StoreUnavailable, StaleWrite after twenty lost races.
    """
    origin = Origin.of(file.key)
    model = intake.models.get(origin.endpoint)
    if model is None:
        raise Poison(f"no model that is watched has the endpoint {origin.endpoint}; there are {sorted(intake.models)}")
    content = intake.captures.open(file)
    count, rows = _Count(model, origin, intake.watching[model].slices, intake.references), 0
    count.read(content.lines)
    for window, (binning, tally) in count.tallies.items():
        if now >= window.start + LENGTH + intake.watching[model].keep:
            continue  # its counts have been deleted, and so has the mark that the file is in them
        counted = Counted(tally.summary(), tally.slices(), unknown=tally.unknown(), repeats=tally.repeats())
        rows += counted.summary.rows
        _fold(_Piece(file.key, content.etag, window, binning, counted), intake, now=now)
    if count.poisoned and intake.dead_letters and not content.is_redacted:
        intake.dead_letters.bury(file, f"{count.poisoned} lines cannot be counted", count.shown)
    if intake.redaction and not content.is_redacted:
        redact_when_done(Done(file, content.etag, model, Step.SUMMARISED), intake.redaction, now=now)
    return Summarised(model, origin.variant, rows, count.without_reference, count.skipped, count.poisoned)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a file brings to a window."""

    file: str
    etag: str
    window: Window
    binning: Binning
    counted: Counted


def _fold(piece: _Piece, intake: Intake, *, now: datetime) -> None:
    """Add it, unless it was added before."""
    window, binning = piece.window, piece.binning
    keep = intake.watching[window.model].keep
    for _ in range(_MOST_TRIES):
        there = intake.windows.get(window, binning.id)
        total = piece.counted if there is None else counted_of(there, binning) + piece.counted
        wanted = stored_of(window, total, 0 if there is None else there.revision)
        done = intake.windows.put(wanted, binning.id, file=piece.file, etag=piece.etag, keep=keep, now=now)
        if done is not Folded.OVERTAKEN:
            return
    raise StaleWrite(f"{_MOST_TRIES} times in a row somebody else wrote to the window {window.start} of {window.model}")

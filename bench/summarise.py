"""What does a captured row cost to be counted? CPU of all that the function does but its AWS calls, beside JSON."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import numpy as np

from bench.measuring import Occasion, in_turn, table
from sluice.aws.captures import CapturedFile, Captures, Content, DeadLetters
from sluice.aws.references import References
from sluice.aws.windows import Folded, Stored, Windows
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.build import Choices
from sluice.domain.drift.model_reference import Training, model_reference, text_of
from sluice.domain.drift.repeats import count_repeats
from sluice.domain.drift.sliced import read_sliced
from sluice.domain.feedback.capture import read_parts
from sluice.domain.monitoring.rows import read_bodies
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.tally import AT_ONCE
from sluice.domain.monitoring.window import Window
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.find_reference import ReferenceBook
from sluice.service.summarise import Intake, summarise_file

ROWS = 20_000
NUMERIC, CATEGORICAL = 10, 3  # as the flights example
ROUNDS = 7
TARGET_MICROSECONDS = 25
CLASSES = ("on_time", "late")
NAMES = tuple(f"carrier-{number}" for number in range(16))
BATCHES = (1, 10, 100)
HEAD = (
    "rows a request",
    "CPU µs a row",
    "share of decode",
    "with 32 slices",
    "Python's json alone",
    "times that",
)
SLICES = ("word_0", "word_1")  # 32 slices
WATCHING = Watching(60, 1.0, 50, timedelta(days=90))
FILE = CapturedFile("data", "captures/sluice-flights/champion/2026/11/21/09/file.jsonl")
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def columns(rows: int, *, seed: int) -> dict[str, list[Any]]:
    """Rows of a model with as many inputs as the example's."""
    generator = np.random.default_rng(seed)
    numbers = {f"number_{place}": generator.normal(size=rows).round(4).tolist() for place in range(NUMERIC)}
    words = {f"word_{place}": generator.choice(NAMES, rows).tolist() for place in range(CATEGORICAL)}
    return numbers | words


def reference() -> bytes:
    """Of such rows, with slices."""
    late, table_ = np.random.default_rng(2).random(ROWS), columns(ROWS, seed=1)
    kinds = {name: Datatype.BYTES if name.startswith("word") else Datatype.FP32 for name in table_}
    inputs = tuple(TensorSpec(name, kind, (-1, 1)) for name, kind in kinds.items())
    outputs = (TensorSpec("probabilities", Datatype.FP32, (-1, 2)),)
    signature = Signature("flights", "1", inputs, outputs, CLASSES)
    answers = Answers.most_probable(np.stack([1 - late, late], axis=1))
    training = Training(table_, answers=answers, slices={name: table_[name] for name in SLICES})
    return text_of(model_reference(signature, training, choices=Choices(draws=0))).encode()


def lines(batch: int) -> list[bytes]:
    """A captured file of V1 requests of so many rows each."""
    table_, late = columns(ROWS, seed=4), np.random.default_rng(5).random(ROWS).round(6).tolist()
    rows = [dict(zip(table_, row, strict=True)) for row in zip(*table_.values(), strict=True)]
    said = [{"label": int(value > 0.5), "probabilities": [1 - value, value]} for value in late]  # noqa: PLR2004
    return [_line(rows[at : at + batch], said[at : at + batch]) for at in range(0, ROWS, batch)]


def _line(rows: Sequence[Any], said: Sequence[Any]) -> bytes:
    attributes = "sluice-unit=5bebeed5bd4fc67c,sluice-variant=champion,sluice-version=1,sluice-propensity=0.9"
    metadata = {
        "eventId": "e",
        "inferenceTime": "2026-11-21T09:30:00Z",
        "inferenceId": "0b9c6c1e-6d53-4b3a-9a0e-1f5c7a9d2e11",
        "customAttributes": [f"{attributes},sluice-revision=7,sluice-attempt=1"],
    }
    data = {"endpointInput": _side({"instances": rows}), "endpointOutput": _side({"predictions": said})}
    return json.dumps({"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}).encode()


def _side(body: Any) -> dict[str, str]:
    return {"observedContentType": "application/json", "mode": "INPUT", "data": json.dumps(body), "encoding": "JSON"}


def decode(file: Sequence[bytes]) -> None:
    """The part of the function that reads: the line, the request, the answer."""
    for line in file:
        _, data = read_parts(line)
        read_bodies(data)


def plain_json(file: Sequence[bytes]) -> None:
    """The same by Python's own module, and no check of anything."""
    for line in file:
        data = json.loads(line)["captureData"]
        json.loads(data["endpointInput"]["data"])
        json.loads(data["endpointOutput"]["data"])


class _Table:
    """References and windows that are there at once: of windows none yet, the last one written is remembered."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.written = Stored(Window("", "", "", NOW), b"", 0)

    def get(self, first: object, _second: str) -> bytes | None:
        """The reference of a model and version, or a window by its bins."""
        return None if isinstance(first, Window) else self.text

    def put(self, window: Stored, *_: object, **__: object) -> Folded:
        """Write a window."""
        self.written = window
        return Folded.DONE


class _Captures:
    """Captured files that are there at once."""

    def __init__(self, file: Sequence[bytes]) -> None:
        self.file = file

    def open(self, _file: CapturedFile) -> Content:
        """The same lines whichever is asked for."""
        return Content("etag", iter(self.file))


def counting(file: Sequence[bytes], text: bytes, slices: tuple[str, ...] = ()) -> Callable[[], Stored]:
    """Counts a file as the function does, and what it writes."""
    table_ = _Table(text)
    book = ReferenceBook(cast(References, table_), lambda: 0.0)
    watching = {"flights": replace(WATCHING, slices=slices)}
    captures, windows = cast(Captures, _Captures(file)), cast(Windows, table_)
    intake = Intake(captures, cast(DeadLetters, None), {"sluice-flights": "flights"}, watching, book, windows)
    book.sliced("flights", "1")  # once a minute

    def count() -> Stored:
        assert summarise_file(FILE, intake, now=NOW).rows == ROWS  # noqa: S101  or nothing is measured
        return table_.written

    return count


def copies(binning: Binning, table_: dict[str, list[Any]]) -> Callable[[], object]:
    """The part of the function that looks for copies, in as many rows at once as it does."""
    columns_ = {
        name: values if name.startswith("word") else np.array(values, dtype=np.float32)
        for name, values in table_.items()
    }
    batches = [{name: each[at : at + AT_ONCE] for name, each in columns_.items()} for at in range(0, ROWS, AT_ONCE)]
    return lambda: [count_repeats(binning, batch, len(batch["word_0"])) for batch in batches]


def _microseconds(work: Callable[[], object]) -> float:
    """CPU time of one row."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / ROWS * 1e6


def main() -> None:
    """Print the table."""
    occasion, text = Occasion("numpy", "orjson"), reference()
    files = {batch: lines(batch) for batch in BATCHES}
    subjects: dict[tuple[str, int], Callable[[], float]] = {}
    for batch, file in files.items():
        subjects["count", batch] = partial(_microseconds, counting(file, text))
        subjects["sliced", batch] = partial(_microseconds, counting(file, text, SLICES))
        subjects["decode", batch] = partial(_microseconds, partial(decode, file))
        subjects["json", batch] = partial(_microseconds, partial(plain_json, file))
    binning, different = read_sliced(text).whole.binning, columns(ROWS, seed=4)
    alike = {name: values[:1] * ROWS for name, values in different.items()}
    subjects["copies", 0] = partial(_microseconds, copies(binning, different))
    subjects["copies", ROWS] = partial(_microseconds, copies(binning, alike))
    measured = {subject: min(values) for subject, values in in_turn(subjects, rounds=ROUNDS).items()}
    rows = []
    for batch in BATCHES:
        whole, sliced, part, json_ = (measured[subject, batch] for subject in ("count", "sliced", "decode", "json"))
        share = f"{part / whole:.0%}"
        rows.append((str(batch), f"{whole:.1f}", share, f"{sliced:.1f}", f"{json_:.1f}", f"{whole / json_:.2f}"))
    print(f"{ROWS:,} rows of {NUMERIC} numbers and {CATEGORICAL} categories, least of {ROUNDS} rounds in turn\n")
    print(table(HEAD, rows))
    print(f"\nLooking for copies takes {measured['copies', 0]:.2f} µs of them where rows differ, and")
    print(f"{measured['copies', ROWS]:.2f} where all are alike. Target: at most {TARGET_MICROSECONDS} µs a row.")
    written = counting(files[1], text, SLICES)()
    print(f"The window takes {len(written.summary):,} bytes, its slices {len(written.slices):,} more.\n{occasion}")


if __name__ == "__main__":
    main()

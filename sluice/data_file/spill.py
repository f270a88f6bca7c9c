"""Where are more rows kept than memory holds? In files of record batches, mapped into memory, read where needed."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa

from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.training.rows import Whole

_AT_ONCE = 32_768  # rows


class Spill:
    """The rows of some files in their order, all of one schema.

    Args:
        files: Written by ``write``; without rows when there are none.

    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._open = ExitStack()
        self._batches: list[Any] = []
        for file in files:
            source = self._open.enter_context(pa.memory_map(str(file)))
            reader = self._open.enter_context(pa.ipc.open_file(source))
            self._batches += [reader.get_batch(place) for place in range(reader.num_record_batches)]
        self._starts = np.array([0, *accumulate(batch.num_rows for batch in self._batches)], dtype=np.int64)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._batches = []
        self._open.close()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def column(self, name: str) -> pa.ChunkedArray:
        """A column of all rows; there must be a row."""
        return pa.chunked_array([batch.column(name) for batch in self._batches])

    def rows(self, places: Whole, names: Sequence[str]) -> Iterator[pa.Table]:
        """Some rows, in the order in which they are asked for, some thousand at a time.

        Quick where rows that are asked for one after the other lie near each other, as those of the same time do.
        """
        for start in range(0, len(places), _AT_ONCE):
            yield self._some(places[start : start + _AT_ONCE], names)

    def _some(self, places: Whole, names: Sequence[str]) -> pa.Table:
        batches = np.searchsorted(self._starts, places, side="right") - 1
        used, which = np.unique(batches, return_inverse=True)
        sizes = [self._batches[batch].num_rows for batch in used.tolist()]
        before = np.array([0, *accumulate(sizes)][:-1], dtype=np.int64)
        together = pa.Table.from_batches([self._batches[batch].select(names) for batch in used.tolist()])
        return together.combine_chunks().take(pa.array(places - self._starts[batches] + before[which]))


def write(file: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    """Write rows as they come. Raises UnreadableFile where there is no room for them, and what ``batches`` may."""
    with _room(file):
        sink = pa.OSFile(str(file), "wb")
    with sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in batches:
            with _room(file):
                writer.write_batch(batch)


@contextmanager
def _room(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as refused:
        raise UnreadableFile(f"{file} cannot be written: {refused.strerror or refused}") from refused

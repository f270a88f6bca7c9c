from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.data_file import spill, training
from sluice.data_file.spill import Spill
from sluice.data_file.unreadable import UnreadableFile

SCHEMA = pa.schema({"n": pa.int64(), "word": pa.string()})


def put_down(folder: Path, files: Sequence[Sequence[int]]) -> list[Path]:
    """Files of batches of so many rows; numbers count through all of them."""
    at, names = 0, []
    for place, sizes in enumerate(files):
        batches = []
        for size in sizes:
            numbers = list(range(at, at + size))
            batches.append(pa.record_batch([numbers, [f"w{number}" for number in numbers]], SCHEMA))
            at += size
        names.append(folder / f"{place}.arrow")
        spill.write(names[-1], SCHEMA, iter(batches))
    return names


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=4), st.data())
def test_any_rows_are_read_in_any_order(files: list[list[int]], data: st.DataObject) -> None:
    rows = sum(map(sum, files))
    wanted = data.draw(st.lists(st.integers(0, rows - 1), max_size=12) if rows else st.just([]))

    with TemporaryDirectory() as folder, Spill(put_down(Path(folder), files)) as found:
        read = [row for table in found.rows(np.array(wanted, dtype=np.int64), ["word"]) for row in table.to_pylist()]

        assert len(found) == rows
        assert read == [{"word": f"w{number}"} for number in wanted]


def test_a_column_is_of_all_rows(tmp_path: Path) -> None:
    with Spill(put_down(tmp_path, [[2, 1], [], [3]])) as found:
        assert found.column("n").to_pylist() == [0, 1, 2, 3, 4, 5]


def test_places_of_texts_are_in_their_order_and_missing_ones_are_like_no_other() -> None:
    places = training.places_of(pa.chunked_array([["b", None, "a"], ["b", None]]))

    assert places[0] == places[3] > places[2] > max(places[1], places[4])
    assert places[1] != places[4]


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be written: "):
        spill.write(tmp_path / "nowhere" / "rows.arrow", SCHEMA, iter(()))
    with pytest.raises(UnreadableFile, match="cannot be written: "):
        training.write_quarantine(tmp_path / "nowhere" / "q.parquet", [], [])

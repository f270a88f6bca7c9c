"""Which rows does a CSV or Parquet file hold? Read in pieces, so that memory does not grow with the file.

What a CSV file writes as nothing is missing, and in a column of numbers also NaN, NA, N/A, null and None. Words are
taken as they are: an airline may be called NA.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
from pyarrow import csv, parquet

from sluice.data_file.codes import codes
from sluice.data_file.kind import Kind
from sluice.data_file.numbers import numbers, written_numbers
from sluice.data_file.times import times
from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.drift.column import Column

Columns: TypeAlias = dict[str, Column]

_ROWS = 65_536
_BYTES = 1 << 22
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_PARQUET = (".parquet", ".pq")
_SHOWN = 12


def read(file: Path, wanted: Mapping[str, Kind]) -> Iterator[Columns]:
    """The wanted columns of some thousand rows at a time, times as microseconds since 1970.

    Raises UnreadableFile: for no file, another format, a column that is not there, a time that is none, no rows.
    """
    rows = 0
    try:
        for batch in _batches(file, list(wanted)):
            rows += batch.num_rows
            yield {name: _column(file, name, kind, batch.column(name)) for name, kind in wanted.items()}
    except OSError as unreadable:
        raise UnreadableFile(f"{file} cannot be read: {unreadable.strerror or unreadable}") from unreadable
    except (pa.ArrowException, UnicodeError) as broken:
        raise UnreadableFile(f"{file} is broken, or not of the format its name ends in: {_short(broken)}") from broken
    if not rows:
        raise UnreadableFile(f"{file} has no rows: nothing can be said about it")


def _batches(file: Path, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if not file.is_file():
        raise UnreadableFile(f"{file} is not there" if not file.exists() else f"{file} is no file")
    if _is_parquet(file):
        return _of_parquet(file, names)
    suffixes = [suffix.lower() for suffix in file.suffixes[-2:]]
    separator = next((_SEPARATORS[suffix] for suffix in suffixes if suffix in _SEPARATORS), None)
    if separator is None:
        raise UnreadableFile(f"{file}: a name that ends in .csv, .csv.gz, .tsv or .parquet says how to read it")
    return _of_text(file, names, separator)


def _is_parquet(file: Path) -> bool:
    return file.suffix.lower() in _PARQUET


def _of_parquet(file: Path, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    with parquet.ParquetFile(file) as opened:
        _check(file, opened.schema_arrow.names, names)
        yield from opened.iter_batches(batch_size=_ROWS, columns=list(names))


def _of_text(file: Path, names: Sequence[str], separator: str) -> Iterator[pa.RecordBatch]:
    """Every column as text: which of it are numbers is found out value by value, not guessed from the first rows."""
    parse = csv.ParseOptions(delimiter=separator, newlines_in_values=True)
    blocks = csv.ReadOptions(block_size=_BYTES)
    with csv.open_csv(str(file), read_options=blocks, parse_options=parse) as opened:
        _check(file, opened.schema.names, names)
    as_text = csv.ConvertOptions(
        include_columns=names,
        column_types=dict.fromkeys(names, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
    )
    with csv.open_csv(str(file), read_options=blocks, parse_options=parse, convert_options=as_text) as opened:
        yield from opened


def _check(file: Path, there: list[str], names: Sequence[str]) -> None:
    lacking = [name for name in names if name not in there]
    if lacking:
        raise UnreadableFile(f"{file} lacks {_listed(lacking)}; its columns are {_listed(there)}")
    twice = [name for name in names if there.count(name) > 1]
    if twice:
        raise UnreadableFile(f"{file} has more than one column named {_listed(twice)}")


def _column(file: Path, name: str, kind: Kind, values: pa.Array) -> Any:
    try:
        match kind:
            case Kind.NUMBER:
                return numbers(values) if _is_parquet(file) else written_numbers(values)
            case Kind.TIME:
                return times(values)
            case _:
                return codes(values, is_code=kind is Kind.CODE)
    except ValueError as wrong:
        raise UnreadableFile(f"{file}: {name}: {wrong}") from wrong


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]

"""CSV without a header: one row per line, the columns of each input in the order of the signature.

An input whose row has K elements takes K columns; an empty cell is a missing value where the input is
optional. Answers hold every output, each row flattened, texts in quotes, booleans as 1 and 0.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from model_container.codecs.exchange import Answer, Outputs, Query
from model_container.codecs.json_v1 import rows_of
from model_container.codecs.media import MediaType
from model_container.errors import UnsupportedMediaType
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.instances import parse_instances
from sluice.domain.signature import DYNAMIC, Datatype, Signature, TensorSpec

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def decode(signature: Signature, body: bytes) -> Query:
    """Read a CSV body. Raises InvalidInput, or UnsupportedMediaType when the model's rows have no fixed width."""
    lines = _lines(body)
    widths = _widths(signature, len(lines[0]) or 1 if lines else 1)
    rows = [_row(signature, widths, index, line) for index, line in enumerate(lines)]
    return Query.for_all_outputs(signature, parse_instances(signature, {"instances": rows}))


def encode(outputs: Outputs, rows: int) -> Answer:
    """One line per row. Raises ModelFailed when an output does not go by rows."""
    text = io.StringIO(newline="")
    columns = [rows_of(name, values, rows) for name, values in outputs.items()]
    # Texts always in quotes: left to itself the module forgets them around a lone carriage return.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in zip(*columns, strict=True):
        writer.writerow([_cell(value) for entry in row for value in np.array(entry, object).ravel()])
    return Answer(text.getvalue().encode(), MediaType.CSV)


def _lines(body: bytes) -> list[list[str]]:
    try:
        text = body.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise InvalidInput([Violation("body", "CSV in UTF-8", str(wrong))]) from wrong


def _widths(signature: Signature, found: int) -> list[int]:
    """Columns per input; a model of one input with rows of any length takes what the first line has."""
    dynamic = [spec for spec in signature.inputs if DYNAMIC in spec.row_shape]
    if not dynamic:
        return [prod(spec.row_shape) for spec in signature.inputs]
    if len(signature.inputs) > 1 or len(dynamic[0].row_shape) > 1:
        raise UnsupportedMediaType(
            f"CSV cannot carry input {dynamic[0].name!r}: its rows have the shape {list(dynamic[0].row_shape)}"
        )
    return [found]


def _row(signature: Signature, widths: Sequence[int], index: int, line: list[str]) -> dict[str, Any]:
    """One line as an instance; cells that cannot be read stay texts, which the signature then refuses."""
    cells = line or [""]
    if len(cells) != sum(widths):
        raise InvalidInput([Violation(f"instances[{index}]", f"{sum(widths)} columns", f"{len(cells)}")])
    upcoming = iter(cells)
    return {
        spec.name: _value(spec, [_read(spec, next(upcoming)) for _ in range(width)])
        for spec, width in zip(signature.inputs, widths, strict=True)
    }


def _value(spec: TensorSpec, elements: list[Any]) -> Any:
    if spec.is_scalar_row:
        return elements[0]
    return _nest(iter(elements), spec.row_shape if DYNAMIC not in spec.row_shape else (len(elements),))


def _nest(elements: Iterator[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return next(elements)
    return [_nest(elements, shape[1:]) for _ in range(shape[0])]


def _read(spec: TensorSpec, cell: str) -> Any:
    if cell == "" and spec.optional:
        return None
    if spec.datatype is Datatype.BYTES:
        return cell
    if spec.datatype is Datatype.BOOL:
        return _BOOLEANS.get(cell.lower(), cell)
    number: Callable[[str], Any] = float if spec.datatype.is_float else int
    try:
        # Python reads "1_000" as a number; no CSV writer means that.
        return cell if "_" in cell else number(cell)
    except ValueError:
        return cell


def _cell(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value

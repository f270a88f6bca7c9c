"""KServe V1 requests: ``{"instances": [...]}``, one JSON value a row, checked against the model's signature.

A row of a model with one input is that input's value; a row of a model with several is an object by name.
A tensor whose row has one element is written as a bare value: ``{"temp": 12.5}``, not ``{"temp": [12.5]}``.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sluice.domain.batch import Batch, TensorData, Violations, element_reader, flatten, shorten
from sluice.domain.signature import DYNAMIC, Signature, TensorSpec


def parse_instances(signature: Signature, payload: Any) -> Batch:
    """Read a decoded V1 request body. Raises InvalidInput naming row, field and what was expected."""
    violations = Violations()
    rows = _rows(payload, violations)
    violations.raise_if_any()
    columns = list(_columns(signature, rows, violations))
    violations.raise_if_any()
    return Batch(len(rows), tuple(columns))


def _rows(payload: Any, violations: Violations) -> list[Any]:
    if not isinstance(payload, dict) or "instances" not in payload:
        violations.add("body", 'an object {"instances": [...]}', payload)
        return []
    rows = payload["instances"]
    if not isinstance(rows, list) or not rows:
        violations.note("instances", "a list of at least one row", "[]" if rows == [] else shorten(rows))
        return []
    for extra in sorted(payload.keys() - {"instances", "signature_name"}):
        violations.add(extra, 'no other key than "instances"', payload[extra])
    return rows


def _columns(signature: Signature, rows: list[Any], violations: Violations) -> Iterator[TensorData]:
    named = _by_name(signature, rows, violations)
    for spec in signature.inputs:
        yield _column(spec, [row.get(spec.name, _ABSENT) for row in named], violations, bare=len(signature.inputs) == 1)


_ABSENT = object()


def _by_name(signature: Signature, rows: list[Any], violations: Violations) -> list[dict[str, Any]]:
    """Every row as an object by input name; a bare value is allowed when there is only one input."""
    names = {spec.name for spec in signature.inputs}
    only = signature.inputs[0].name if len(names) == 1 else None
    named: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            if only is None:
                violations.add(f"instances[{index}]", f"an object with the fields {sorted(names)}", row)
            named.append({only: row} if only else {})
            continue
        for extra in sorted(row.keys() - names):
            violations.add(f"instances[{index}].{extra}", f"one of the fields {sorted(names)}", row[extra])
        named.append(row)
    violations.raise_if_any()
    return named


def _column(spec: TensorSpec, values: list[Any], violations: Violations, *, bare: bool) -> TensorData:
    expected, read = element_reader(spec)
    read_row = _row_reader(spec, read)
    out: list[Any] = []
    shapes: set[tuple[int, ...]] = set()
    for index, value in enumerate(values):
        if value is _ABSENT and not (spec.optional and spec.is_scalar_row):
            wanted = _in_words(spec, expected)
            violations.note(f"instances[{index}].{spec.name}", wanted, "nothing: the field is missing")
            continue
        try:
            shapes.add(read_row(None if value is _ABSENT else value, out))
        except ValueError:
            where = f"instances[{index}]" if bare else f"instances[{index}].{spec.name}"
            violations.add(where, _in_words(spec, expected), value)
    if len(shapes) > 1:
        violations.note(f"instances[*].{spec.name}", "the same shape in every row", f"shapes {sorted(shapes)}")
    fixed = spec.shape[0] if spec.shape else 1
    if fixed not in (DYNAMIC, len(values)):
        violations.note("instances", f"exactly {fixed} (the graph fixes the number of rows)", f"{len(values)}")
    rows = (len(values),) if spec.shape else ()
    return TensorData(spec, (*rows, *(shapes.pop() if shapes else spec.row_shape)), out)


def _row_reader(spec: TensorSpec, read: Callable[[Any], Any]) -> Callable[[Any, list[Any]], tuple[int, ...]]:
    """A function that adds one row's elements to a list and returns the row's shape, or raises ValueError."""
    shape, is_scalar = spec.row_shape, spec.is_scalar_row

    def read_row(value: Any, out: list[Any]) -> tuple[int, ...]:
        if is_scalar and not isinstance(value, list):
            out.append(read(value))
            return shape
        return flatten(value, shape, out, read)

    return read_row


def _in_words(spec: TensorSpec, element: str) -> str:
    return element if spec.is_scalar_row else f"a list of shape {list(spec.row_shape)}, each {element}"

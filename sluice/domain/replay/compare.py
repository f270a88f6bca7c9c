"""Do two answers to a request agree? Labels by equality, scores of classes by the best class, numbers by closeness."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf, isclose, isfinite
from typing import Any

from sluice.domain.replay.outputs import Elements, Outputs
from sluice.domain.replay.sketch import Sketch
from sluice.domain.signature import Signature, TensorSpec

TOLERANCE = 1e-4
"""By how much numbers may differ that agree, absolute or relative, unless somebody says otherwise."""

_MOST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class OutputTally:
    """How the answers compare in one output.

    Attributes:
        rows: How many rows were compared.
        agreeing: In how many the answers agree.
        differences: The largest difference between the numbers of a row; of labels there are none.

    """

    rows: int = 0
    agreeing: int = 0
    differences: Sketch = field(default_factory=Sketch)

    def __add__(self, other: OutputTally) -> OutputTally:
        return OutputTally(self.rows + other.rows, self.agreeing + other.agreeing, self.differences + other.differences)


@dataclass(frozen=True, slots=True)
class RowComparison:
    """How the answers compare in one row.

    Attributes:
        row: Its number in the request.
        agrees: Whether they agree in every output that both have.
        difference: The largest between two numbers; infinite where only one of them is there.

    """

    row: int
    agrees: bool
    difference: float


@dataclass(frozen=True, slots=True)
class Compared:
    """How two answers compare.

    Attributes:
        outputs: By output that both have.
        rows: Those that were asked about.

    """

    outputs: Mapping[str, OutputTally]
    rows: tuple[RowComparison, ...]


def compare(
    captured: Outputs, candidate: Outputs, rows: Sequence[int], *, signature: Signature, tolerance: float
) -> Compared | None:
    """Compare some rows of two answers; None when there is no output that both have and the signature knows.

    Numbers without classes agree when they differ by no more than ``tolerance``, absolute or relative.
    """
    common = [spec for spec in signature.outputs if spec.name in captured and spec.name in candidate]
    if not common:
        return None
    judge = partial(_row, classes=len(signature.classes), tolerance=tolerance)
    found = {
        spec.name: [judge(spec, captured[spec.name][row], candidate[spec.name][row]) for row in rows] for spec in common
    }
    return Compared(
        {name: _tally(judged) for name, judged in found.items()},
        tuple(_whole(row, [judged[at] for judged in found.values()]) for at, row in enumerate(rows)),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    agrees: bool
    difference: float | None


def _row(spec: TensorSpec, before: Elements, now: Elements, *, classes: int, tolerance: float) -> _Judged:
    if not spec.datatype.is_float:
        return _Judged(before == now, None)
    old, new = list(map(_number, before)), list(map(_number, now))
    if len(old) != len(new):
        return _Judged(agrees=False, difference=inf)
    if len(new) == classes > 1:
        agrees = _best(old) == _best(new)
    else:
        agrees = all(_is_close(a, b, tolerance) for a, b in zip(old, new, strict=True))
    return _Judged(agrees, max(map(_difference, old, new), default=0.0))


def _number(element: Any) -> float | None:
    """A number that can be reckoned with; None for a missing one and for what is none."""
    return element if isinstance(element, int | float) and -_MOST <= element <= _MOST else None


def _is_close(a: float | None, b: float | None, tolerance: float) -> bool:
    if a is None or b is None:
        return a is b
    return isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


def _difference(a: float | None, b: float | None) -> float:
    if a is None or b is None:
        return 0.0 if a is b else inf
    return float(abs(a - b))


def _best(scores: Sequence[float | None]) -> int:
    """The class with the highest score; of equal ones the first."""
    known = [-inf if score is None else score for score in scores]
    return known.index(max(known))


def _tally(judged: Sequence[_Judged]) -> OutputTally:
    differences = [each.difference for each in judged if each.difference is not None and isfinite(each.difference)]
    return OutputTally(len(judged), sum(each.agrees for each in judged), Sketch.of(differences))


def _whole(row: int, judged: Sequence[_Judged]) -> RowComparison:
    return RowComparison(row, all(each.agrees for each in judged), max(each.difference or 0.0 for each in judged))

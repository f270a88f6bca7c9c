"""Which captured requests are meant? Those of a time, of a variant or version, of a slice, or of some predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isclose, isfinite
from typing import Any

from sluice.domain.errors import InvalidSelection
from sluice.domain.exchange import Exchange
from sluice.domain.replay.inputs import Inputs
from sluice.domain.signature import Datatype, Signature, TensorSpec

_MISSING = "null"
_SAME = 1e-6  # an FP32 is not quite the number that people write


@dataclass(frozen=True, slots=True)
class Condition:
    """A slice on one input.

    Attributes:
        column: Name of the input.
        value: What stands there, as people write it; ``null`` where nothing does.

    """

    column: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read ``carrier=UA``. Raises InvalidSelection."""
        column, is_there, value = text.partition("=")
        if not column or not is_there:
            raise InvalidSelection(f"a slice is an input and its value, such as carrier=UA, got {text!r:.80}")
        return cls(column, value)

    def check(self, signature: Signature) -> None:
        """Raise InvalidSelection unless the model has such an input, and it can have such a value."""
        specs = {spec.name: spec for spec in signature.inputs}
        spec = specs.get(self.column)
        if spec is None:
            raise InvalidSelection(f"version {signature.version} has no input {self.column}, but {', '.join(specs)}")
        if not spec.is_scalar_row:
            raise InvalidSelection(f"{self.column} has several elements a row: it has no slices")
        if not self._is_possible(spec):
            raise InvalidSelection(f"{self.column} is {spec.datatype}, so it is never {self.value!r:.60}")

    def holds(self, inputs: Inputs) -> bool:
        """Whether a row is in the slice."""
        found = inputs[self.column]
        if found is None or isinstance(found, str):
            return self.value == (_MISSING if found is None else found)
        if isinstance(found, bool):
            return self.value == ("true" if found else "false")
        value = _number(self.value)
        return value is not None and (
            value == found if isinstance(found, int) else isclose(value, found, rel_tol=_SAME)
        )

    def _is_possible(self, spec: TensorSpec) -> bool:
        if spec.datatype is Datatype.BYTES or self.value == _MISSING:
            return True
        if spec.datatype is Datatype.BOOL:
            return self.value in {"true", "false"}
        return _number(self.value) is not None


@dataclass(frozen=True, slots=True)
class Selection:
    """What to look for in captured data.

    Attributes:
        since: Not before; aware, UTC.
        until: Before; aware, UTC.
        most: At most so many requests, the newest.
        variant: In this variant's files; None in those of all variants that answer callers.
        version: Answered by this version.
        where: Rows for which all of these hold.
        ids: Of these predictions alone, whatever asked for them; empty for all predictions.

    """

    since: datetime
    until: datetime
    most: int
    variant: str | None = None
    version: str | None = None
    where: tuple[Condition, ...] = ()
    ids: frozenset[str] = frozenset()

    def takes(self, exchange: Exchange) -> bool:
        """Whether a captured request is meant, its inputs aside."""
        if exchange.at is None or not self.since <= exchange.at < self.until:
            return False
        if self.version not in (None, exchange.version):
            return False
        if self.ids:
            return exchange.prediction_id in self.ids
        return not exchange.is_probe and (self.variant is not None or not exchange.is_copy)

    def rows(self, inputs: Sequence[Inputs]) -> tuple[int, ...]:
        """The rows of a request that are meant."""
        return tuple(row for row, found in enumerate(inputs) if all(condition.holds(found) for condition in self.where))


def _number(text: str) -> Any:
    """A finite number, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None

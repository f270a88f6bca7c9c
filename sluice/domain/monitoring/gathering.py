"""Which exchanges are read together? Those alike: a thousand of one row each cost as much as one of a thousand.

Alike are KServe V1 requests whose rows would be read the same way if they had come in one request, so what is counted
does not depend on how rows are cut into requests.
"""

from collections.abc import Hashable, Iterator, Mapping
from itertools import chain
from typing import Any

from sluice.domain.drift.binning import Binning
from sluice.domain.monitoring.rows import Bodies, Body, Rows, read_bodies, rows_of, rows_of_fit

_AT_ONCE = 128  # rows: what waits is still in the processor's cache when it is read; a thousand are not


class Gathering:
    """Exchanges of one window that wait to be read."""

    def __init__(self, binning: Binning) -> None:
        self._binning = binning
        self._alike: dict[Hashable, list[Bodies]] = {}
        self._rows = 0

    def add(self, data: Mapping[str, Any]) -> Iterator[Rows]:
        """Take the ``captureData`` of an exchange; the rows that need not wait any longer. Raises Poison."""
        bodies = read_bodies(data)
        kind = _kind(bodies)
        if kind is None:
            return iter((rows_of(bodies, self._binning),))
        self._alike.setdefault(kind, []).append(bodies)
        self._rows += len(bodies.asked.form["instances"])
        return self.rest() if self._rows >= _AT_ONCE else iter(())

    def rest(self) -> Iterator[Rows]:
        """The rows of all that waits."""
        waiting = list(self._alike.values())
        self._alike, self._rows = {}, 0
        return chain.from_iterable(self._read(alike) for alike in waiting)

    def _read(self, alike: list[Bodies]) -> list[Rows]:
        together = rows_of_fit(_together(alike), self._binning)
        if together is not None:
            return [together]
        return [rows_of(bodies, self._binning) for bodies in alike]  # some answer is not fit: only its own is missing


def _together(alike: list[Bodies]) -> Bodies:
    """As if all had come in one request."""
    answers = [bodies.said for bodies in alike if bodies.said is not None]
    asked = Body({"instances": list(chain.from_iterable(each.asked.form["instances"] for each in alike))}, {})
    if not answers:
        return Bodies(asked, None)
    return Bodies(asked, Body({"predictions": list(chain.from_iterable(b.form["predictions"] for b in answers))}, {}))


def _kind(bodies: Bodies) -> Hashable:
    """Equal for exchanges that are alike; None for one that is read by itself."""
    asked = _kind_of_rows(bodies.asked.form, "instances")
    if asked is None or asked[1]:
        return None
    if bodies.said is None:
        return asked
    said = _kind_of_rows(bodies.said.form, "predictions")
    is_answered = said is not None and len(bodies.said.form["predictions"]) == len(bodies.asked.form["instances"])
    return (asked, said) if is_answered else None


def _kind_of_rows(form: Any, by_row: str) -> tuple[bool, tuple[tuple[str, int], ...]] | None:
    """Whether rows are objects, and which values of the first one are lists, how long: by these all are read."""
    rows = form.get(by_row) if type(form) is dict else None
    if type(rows) is not list or not rows:
        return None
    first = rows[0]
    if type(first) is not dict:
        return False, ((("", len(first)),) if type(first) is list else ())
    if len(rows) > 1 and set(map(type, rows)) != {dict}:
        return None
    if list not in map(type, first.values()):
        return True, ()
    return True, tuple([(name, len(value)) for name, value in first.items() if type(value) is list])

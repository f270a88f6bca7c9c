"""By which slices are a version's labels counted? Read from its reference, again after a minute, as it may be replaced.

Functions that join feedback load nothing of what only the judgement of drift needs: see `find_reference` for that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.aws.references import References
from sluice.domain.feedback.row_slices import Known, known_slices

_READ_AGAIN_SECONDS = 60.0


@dataclass(slots=True)
class SliceBook:
    """The slices of all versions, remembered for a minute.

    Attributes:
        stored: Where references are.
        declared: By which columns each model is watched; none of them sensitive.
        clock: Seconds, never going back.

    """

    stored: References
    declared: Mapping[str, Sequence[str]]
    clock: Callable[[], float]
    _known: dict[tuple[str, str], tuple[float, Known]] = field(default_factory=dict)

    def of(self, model: str, version: str) -> Known:
        """Those of a version; none without a reference."""
        declared = self.declared.get(model)
        if not declared:
            return {}
        read_at, found = self._known.get((model, version), (float("-inf"), {}))
        if self.clock() - read_at >= _READ_AGAIN_SECONDS:
            found = known_slices(self.stored.get(model, version) or b"{}", declared)
            self._known[model, version] = (self.clock(), found)
        return found

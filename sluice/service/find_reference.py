"""What is a version compared with? Its reference, read again after a minute: deployments may bring or replace it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sluice.aws.references import References
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.sliced import SlicedReference, read_sliced
from sluice.domain.errors import InvalidReference

_READ_AGAIN_SECONDS = 60.0


@dataclass(slots=True)
class ReferenceBook:
    """The references of all versions, remembered for a minute.

    Attributes:
        stored: Where they are.
        clock: Seconds, never going back.
        sensitive: The inputs of each model about whose values nothing is known here, whatever is stored.

    """

    stored: References
    clock: Callable[[], float]
    sensitive: Mapping[str, Collection[str]] = field(default_factory=dict)
    _known: dict[tuple[str, str], tuple[float, SlicedReference | InvalidReference | None]] = field(default_factory=dict)

    def get(self, model: str, version: str) -> Reference | None:
        """The reference of a version; None when there is none. Raises InvalidReference."""
        found = self.sliced(model, version)
        return None if found is None else found.whole

    def sliced(self, model: str, version: str) -> SlicedReference | None:
        """The same with its slices. Raises InvalidReference."""
        read_at, found = self._known.get((model, version), (float("-inf"), None))
        if self.clock() - read_at >= _READ_AGAIN_SECONDS:
            found = self._read(model, version)
            self._known[model, version] = (self.clock(), found)
        if isinstance(found, InvalidReference):
            raise found
        return found

    def _read(self, model: str, version: str) -> SlicedReference | InvalidReference | None:
        content = self.stored.get(model, version)
        try:
            return None if content is None else presence_only(read_sliced(content), self.sensitive.get(model, ()))
        except InvalidReference as wrong:
            return wrong

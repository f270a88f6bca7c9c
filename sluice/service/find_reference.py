"""What is a version compared with? Its reference, read again after a minute: deployments may bring or replace it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sluice.aws.references import References
from sluice.aws.state import RoutingStore
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.reference import Reference
from sluice.domain.drift.sliced import SlicedReference, read_sliced
from sluice.domain.errors import InvalidReference
from sluice.domain.reference_fit import Watched, check_served

_READ_AGAIN_SECONDS = 60.0


@dataclass(slots=True)
class ReferenceBook:
    """The references of all versions, remembered for a minute.

    Attributes:
        stored: Where they are.
        clock: Seconds, never going back.
        sensitive: The inputs of each model about whose values nothing is known here, whatever is stored.
        routings: What each model takes: a reference of something else is not used. None where rows are only counted.

    """

    stored: References
    clock: Callable[[], float]
    sensitive: Mapping[str, Collection[str]] = field(default_factory=dict)
    routings: RoutingStore | None = None
    _known: dict[tuple[str, str], tuple[float, SlicedReference | InvalidReference | None]] = field(default_factory=dict)

    def get(self, model: str, version: str) -> Reference | None:
        """The reference of a version; None when there is none. Raises InvalidReference, also as UnfitReference."""
        found = self.sliced(model, version)
        return None if found is None else found.whole

    def sliced(self, model: str, version: str) -> SlicedReference | None:
        """The same with its slices."""
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
            if content is None:
                return None
            found = presence_only(read_sliced(content), self.sensitive.get(model, ()))
            check_its_model(found, model, version, self.routings)
        except InvalidReference as wrong:
            return wrong
        return found


def check_its_model(reference: SlicedReference, model: str, version: str, routings: RoutingStore | None) -> None:
    """Raises UnfitReference where a version's reference is of another model than is served."""
    routing = None if routings is None else routings.get(model)
    if routing is not None:
        check_served(Watched.from_dict(reference.whole.binning.to_dict()), version, routing.signature)

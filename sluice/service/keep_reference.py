"""Put a version's reference where drift is judged by it, without what is sensitive; an unusable one is refused."""

from collections.abc import Collection
from dataclasses import dataclass

from sluice.aws.references import References
from sluice.domain.drift.model_reference import text_of
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.sliced import read_sliced
from sluice.domain.errors import InvalidReference


@dataclass(frozen=True, slots=True)
class NewReference:
    """A reference to keep.

    Attributes:
        model: Name of the model.
        version: Whose.
        content: Its reference.json.

    """

    model: str
    version: str
    content: bytes


def keep_reference(new: NewReference, references: References, *, sensitive: Collection[str] = ()) -> None:
    """Write a version's reference, over what is there. Raises InvalidReference."""
    try:
        content = without_values(new.content, sensitive)
    except InvalidReference as wrong:
        raise InvalidReference(f"version {new.version} of {new.model}: {wrong}") from wrong
    references.put(new.model, new.version, content)


def without_values(content: bytes, sensitive: Collection[str]) -> bytes:
    """A reference.json without the values of sensitive inputs; the same bytes where it holds none of these.

    Raises InvalidReference.
    """
    reference = read_sliced(content)
    seen = presence_only(reference, sensitive)
    is_same = seen.whole is reference.whole and len(seen.slices) == len(reference.slices)
    return content if is_same else text_of(seen).encode()

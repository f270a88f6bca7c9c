"""Which variant was asked, and how was it chosen? What a request carries into SageMaker's data capture.

InvokeEndpoint takes up to 1,024 visible ASCII characters as ``CustomAttributes`` and hands them on verbatim
(https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html), so a prediction is
attributed without a call or a write of its own.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

_PREFIX = "sluice-"
PREVIEW, REPLAY = "sluice-preview", "sluice-replay"
"""What requests carry that are nobody's predictions, in place of an attribution."""

_FORMS = {
    "unit": re.compile(r"[0-9a-f]{16}"),
    "variant": re.compile(r"[A-Za-z0-9-]{1,63}"),
    "version": re.compile(r"[A-Za-z0-9._+-]{1,64}"),  # as in a model's signature
    "propensity": re.compile(r"[01](?:\.[0-9]{1,9})?"),
    "revision": re.compile(r"[0-9]{1,18}"),
    "attempt": re.compile(r"[1-9]"),
}
# As `Attribution.encode` writes it, nothing beside: almost every line, read at once.
_WHOLE = re.compile(",".join(f"{_PREFIX}{name}=({form.pattern})" for name, form in _FORMS.items()))


def unit_hash(unit: str, salt: str) -> str:
    """A unit under a pseudonym: 16 hexadecimal digits, whose remainder by 10,000 is the unit's bucket.

    >>> unit_hash("N14228", "flights")
    '5bebeed5bd4fc67c'
    """
    return blake2b(f"{salt}:{unit}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Attribution:
    """How one attempt to answer came about.

    Attributes:
        unit: Hash of the assignment unit, see `unit_hash`.
        variant: The variant that is asked.
        version: The model version it serves by the routing table.
        propensity: The probability, 0 to 1, with which this variant was chosen: its share by the routing table, or 1
            when the caller insisted on its version.
        revision: Of the routing table.
        attempt: Counts the calls made for one prediction, from 1; the last one answered gave the answer.

    """

    unit: str
    variant: str
    version: str
    propensity: float
    revision: int
    attempt: int

    def encode(self) -> str:
        """For ``CustomAttributes``."""
        values = {name: getattr(self, name) for name in _FORMS}
        values["propensity"] = f"{self.propensity:g}"
        return ",".join(f"{_PREFIX}{name}={value}" for name, value in values.items())

    @classmethod
    def decode(cls, attributes: Iterable[str]) -> Self | None:
        """Read it from among other attributes; None when none of them is ours.

        Raises ValueError naming what is missing or wrong when only some are.
        """
        texts = tuple(attributes)
        if len(texts) == 1 and (whole := _WHOLE.fullmatch(texts[0])):
            return cls._of(*whole.groups())
        pairs = (part.strip().partition("=") for text in texts for part in text.split(","))
        found = {name.removeprefix(_PREFIX): value for name, _, value in pairs if name.startswith(_PREFIX)}
        if not found.keys() & _FORMS.keys():
            return None
        for name, form in _FORMS.items():
            if not form.fullmatch(found.get(name, "")):
                raise ValueError(f"{_PREFIX}{name}: {found.get(name, 'nothing')!r:.80}")
        return cls._of(*map(found.__getitem__, _FORMS))

    @classmethod
    def _of(cls, *texts: str) -> Self:
        """Of texts in the order of the fields, each of its form."""
        unit, variant, version, propensity, revision, attempt = texts
        return cls(unit, variant, version, float(propensity), int(revision), int(attempt))


def attribution_of(metadata: Mapping[str, Any]) -> Attribution | None:
    """That of a captured line, from its ``eventMetadata``; None when it carries none. Raises ValueError, TypeError.

    ``customAttributes`` stands there (https://docs.aws.amazon.com/sagemaker/latest/dg/
    model-monitor-pre-and-post-processing.html: the record's class reads it there); that page does not say whether it is
    a text or a list of them, so both are read.
    """
    return Attribution.decode(_attributes(metadata))


def is_probe(metadata: Mapping[str, Any]) -> bool:
    """Whether a captured line is one of previews' or replays', and nobody's prediction. Raises TypeError."""
    return any(text in {PREVIEW, REPLAY} for text in _attributes(metadata))


def _attributes(metadata: Mapping[str, Any]) -> Iterable[str]:
    given = metadata.get("customAttributes") or ()
    return (given,) if isinstance(given, str) else map(str, given)

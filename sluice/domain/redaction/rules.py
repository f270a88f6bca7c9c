"""Which inputs of a model are sensitive, and who must be done with a captured file before they are taken out of it?"""

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is done with a captured file."""

    INDEXED = "indexed"  # its predictions are known to feedback
    SUMMARISED = "summarised"  # its rows are counted for drift


@dataclass(frozen=True, slots=True)
class Sensitive:
    """The sensitive inputs of one model.

    Attributes:
        inputs: Their names; at least one.
        after: The steps after which a captured file is rewritten.

    """

    inputs: frozenset[str]
    after: frozenset[Step]

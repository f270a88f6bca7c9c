"""What passes between HTTP and the codecs?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sluice.domain.batch import Batch
from sluice.domain.signature import Signature

Outputs = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class OpenInference:
    """What only a V2 request asks for.

    Attributes:
        id: Repeated in the answer.
        binary: The outputs asked for in binary.
        unsaid: The outputs whose encoding the request leaves open.

    """

    id: str | None
    binary: frozenset[str]
    unsaid: frozenset[str]


@dataclass(frozen=True, slots=True)
class Query:
    """One request, read and checked.

    Attributes:
        batch: What the model is to look at.
        outputs: The outputs wanted, in the order wanted.
        v2: Set when the request was an Open Inference Protocol V2 one.

    """

    batch: Batch
    outputs: tuple[str, ...]
    v2: OpenInference | None = None

    @classmethod
    def for_all_outputs(cls, signature: Signature, batch: Batch) -> "Query":
        """A query of a form that cannot choose outputs."""
        return cls(batch, tuple(spec.name for spec in signature.outputs))


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with its content type.

    Attributes:
        body: The bytes.
        content_type: Without parameters.
        json_size: Length of the JSON header in bytes when binary tensors follow it.

    """

    body: bytes
    content_type: str
    json_size: int | None = None

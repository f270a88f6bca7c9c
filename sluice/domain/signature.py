"""What does a model take and give? The contract between a model, its container and its callers.

Datatypes and shapes are those of the Open Inference Protocol V2
(https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md).
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, prod
from operator import index
from typing import Any, Self

from sluice.domain.errors import InvalidSignature

DYNAMIC = -1
_HASH_LENGTH = 16
_VERSION = re.compile(r"[A-Za-z0-9._+-]{1,64}")  # what paths and headers carry unchanged


class Datatype(StrEnum):
    """Element types of the Open Inference Protocol that models may use."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"

    @property
    def is_float(self) -> bool:
        """Whether elements are IEEE 754 numbers."""
        return self.startswith("FP")

    @property
    def is_integer(self) -> bool:
        """Whether elements are whole numbers."""
        return self.startswith(("INT", "UINT"))

    @property
    def size(self) -> int:
        """Bytes per element on the wire; 0 for BYTES, whose elements carry their own length."""
        if self is Datatype.BYTES:
            return 0
        return 1 if self is Datatype.BOOL else int(self.lstrip("UINTFP")) // 8


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One named input or output.

    Attributes:
        name: The name in the graph.
        datatype: Element type.
        shape: Dimensions, rows first; ``-1`` is any length.
        optional: Inputs only: a missing value (JSON ``null``, NaN, or the empty string for BYTES) is allowed.
        minimum: Outputs only: no element is less; an answer that breaks this is not passed on.
        maximum: Outputs only: no element is more.

    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidSignature("a tensor needs a name")
        if any(dim < DYNAMIC for dim in self.shape):
            raise InvalidSignature(f"{self.name}: a dimension is -1 (any) or a length, got {list(self.shape)}")
        if self.optional and not (self.datatype.is_float or self.datatype is Datatype.BYTES):
            raise InvalidSignature(
                f"{self.name}: {self.datatype} has no way to say 'missing': optional is for FP* and BYTES"
            )
        if self.is_bounded and not (self.datatype.is_float or self.datatype.is_integer):
            raise InvalidSignature(f"{self.name}: minimum and maximum are for numbers, not for {self.datatype}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise InvalidSignature(f"{self.name}: minimum {self.minimum} is more than maximum {self.maximum}")

    @property
    def is_bounded(self) -> bool:
        """Whether there is a least or a largest element."""
        return self.minimum is not None or self.maximum is not None

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one row."""
        return self.shape[1:]

    @property
    def is_scalar_row(self) -> bool:
        """Whether one row holds exactly one element, which V1 writes as a bare value."""
        return DYNAMIC not in self.row_shape and prod(self.row_shape) == 1

    def admits(self, shape: tuple[int, ...]) -> bool:
        """Whether a concrete shape fits this one."""
        return len(shape) == len(self.shape) and all(
            want in (DYNAMIC, have) for want, have in zip(self.shape, shape, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as it stands in signature.json."""
        form: dict[str, Any] = {"name": self.name, "datatype": str(self.datatype), "shape": list(self.shape)}
        if self.optional:
            form["optional"] = True
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return form | {name: bound for name, bound in bounds.items() if bound is not None}

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises InvalidSignature."""
        if not isinstance(form, Mapping):
            raise InvalidSignature(f"a tensor is an object, got {form!r:.60}")
        try:
            return cls(
                name=_string(form["name"]),
                datatype=Datatype(form["datatype"]),
                shape=tuple(map(index, form["shape"])),
                optional=form.get("optional", False) is True,
                minimum=_number(form.get("minimum")),
                maximum=_number(form.get("maximum")),
            )
        except KeyError as missing:
            raise InvalidSignature(f"a tensor lacks {missing}: {dict(form)}") from missing
        except (TypeError, ValueError) as wrong:
            raise InvalidSignature(f"tensor {form.get('name')!r:.60}: {wrong}") from wrong


@dataclass(frozen=True, slots=True)
class Signature:
    """A model's contract, stored as ``signature.json`` beside ``model.onnx``.

    Attributes:
        model: Model name, as in the API's paths.
        version: Model version, as answered in ``X-Sluice-Model-Version``.
        inputs: What a request must carry, in the order of CSV columns.
        outputs: What an answer carries.
        classes: Names of the classes, in the order of the columns of a probability output; may be empty.

    """

    model: str
    version: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_version_name(self.version):
            raise InvalidSignature(f"version: 1 to 64 letters, digits and any of . _ + -, got {self.version!r:.70}")
        for side, tensors in (("inputs", self.inputs), ("outputs", self.outputs)):
            names = [tensor.name for tensor in tensors]
            if not names:
                raise InvalidSignature(f"{side}: at least one tensor is needed")
            if len(set(names)) != len(names):
                raise InvalidSignature(f"{side}: names must differ, got {names}")
        bounded = [tensor.name for tensor in self.inputs if tensor.is_bounded]
        if bounded:
            raise InvalidSignature(f"minimum and maximum are for outputs, not for the inputs {bounded}")

    def accepts_all_of(self, other: "Signature") -> bool:
        """Whether every request valid for ``other`` has inputs of the same names, types and shapes here."""
        return {spec.name: spec for spec in self.inputs} == {spec.name: spec for spec in other.inputs}

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as it stands in signature.json."""
        return {
            "model": self.model,
            "version": self.version,
            "inputs": [tensor.to_dict() for tensor in self.inputs],
            "outputs": [tensor.to_dict() for tensor in self.outputs],
            "classes": list(self.classes),
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises InvalidSignature."""
        if not isinstance(form, Mapping):
            raise InvalidSignature(f"signature.json holds an object, got {form!r:.60}")
        try:
            return cls(
                model=_string(form["model"]),
                version=str(form["version"]),
                inputs=tuple(map(TensorSpec.from_dict, _list(form["inputs"]))),
                outputs=tuple(map(TensorSpec.from_dict, _list(form["outputs"]))),
                classes=tuple(map(str, _list(form.get("classes", [])))),
            )
        except KeyError as missing:
            raise InvalidSignature(f"signature.json lacks {missing}") from missing
        except TypeError as wrong:
            raise InvalidSignature(f"signature.json: {wrong}") from wrong


def is_version_name(text: str) -> bool:
    """Whether a version may be called so: 1 to 64 letters, digits and any of ``. _ + -``."""
    return _VERSION.fullmatch(text) is not None


def inputs_hash(signature: Signature) -> str:
    """Sixteen hexadecimal digits, the same for two signatures exactly when each accepts all requests of the other."""
    inputs = {tensor.name: tensor.to_dict() for tensor in signature.inputs}
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_LENGTH]


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, got {value!r:.60}")
    return value


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise TypeError(f"expected a number, got {value!r:.60}")
    return float(value)


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"expected a list, got {value!r:.60}")
    return value

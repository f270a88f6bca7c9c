"""Which parameters does a pipeline take, and what do their texts mean?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from local_cloud.sagemaker.refusal import Refused

_READERS: Mapping[str, Callable[[Any], Any]] = {
    "String": str,
    "Integer": int,
    "Float": float,
    "Boolean": lambda value: {"true": True, "false": False}[str(value).lower()],
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``default`` is None where one must be given."""

    name: str
    kind: str
    default: Any = None
    allowed: tuple[Any, ...] = ()

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Read a member of ``Parameters``. Raises ValueError, KeyError or TypeError."""
        kind = raw["Type"]
        if kind not in _READERS:
            raise ValueError(f"parameter {raw['Name']}: Type is none of {', '.join(_READERS)}")
        parameter = cls(raw["Name"], kind, raw.get("DefaultValue"), tuple(raw.get("EnumValues", ())))
        if parameter.default is not None:
            try:
                parameter.read(None)
            except Refused as refused:
                raise ValueError(str(refused)) from refused
        return parameter

    def read(self, given: str | None) -> Any:
        """Its value in an execution. Raises Refused."""
        value = self.default if given is None else given
        if value is None:
            raise Refused(f"Pipeline parameter {self.name} has no default value and must be given.")
        try:
            read = _READERS[self.kind](value)
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(f"Pipeline parameter {self.name} must be of type {self.kind}, got {value!r}.") from error
        if self.allowed and read not in self.allowed:
            raise Refused(f"Pipeline parameter {self.name} must be one of {list(self.allowed)}, got {value!r}.")
        return read


def read_parameters(declared: Mapping[str, Parameter], given: Mapping[str, str]) -> dict[str, Any]:
    """The values of an execution's parameters. Raises Refused for one that is unknown, missing or of another type."""
    if unknown := sorted(given.keys() - declared.keys()):
        raise Refused(f"Pipeline parameters {unknown} are not defined in the pipeline definition.")
    return {name: parameter.read(given.get(name)) for name, parameter in declared.items()}

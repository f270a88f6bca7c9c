"""How is a value of a plan read as people write it? Or refused: where it stands, what was expected, what was found."""

from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Any

from sluice.domain.errors import InvalidPlan

Reader = Callable[[Any, str], Any]
_EVERYBODY = 100


def refuse(path: str, expected: str, got: object) -> InvalidPlan:
    """The error for a value that does not fit."""
    return InvalidPlan(f"{path}: expected {expected}, got {got!r}")


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    """Settings by name."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise refuse(path, "settings by name", value)
    return value


def known(names: Collection[str], value: Mapping[str, Any], path: str) -> None:
    """Raise InvalidPlan for a setting that does not exist."""
    for name in value:
        if name not in names:
            raise InvalidPlan(f"{path}: there is no setting {name!r}, {listed(names)}")


def listed(names: Collection[str]) -> str:
    """What is allowed."""
    return f"allowed: {', '.join(names)}" if names else "none is allowed"


def number(value: Any, path: str) -> float:
    """0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise refuse(path, "a number, 0 or more", value)
    return float(value)


def whole(least: int, most: int) -> Reader:
    """A whole number within bounds."""

    def read(value: Any, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise refuse(path, f"a whole number from {least} to {most}", value)
        return value

    return read


def growing_percents(value: Any, path: str) -> tuple[int, ...]:
    """Shares, each larger than the one before."""
    read = whole(1, _EVERYBODY)
    if not isinstance(value, list | tuple) or not value:
        raise refuse(path, "whole percents that grow, such as [1, 5, 25, 50, 100]", value)
    percents = tuple(read(each, f"{path}[{index}]") for index, each in enumerate(value))
    if list(percents) != sorted(set(percents)):
        raise refuse(path, "percents that grow", list(percents))
    return percents


def text(value: Any, path: str) -> str:
    """Something to call it by."""
    if not isinstance(value, str) or not value.strip():
        raise refuse(path, "a text", value)
    return value


def texts(value: Any, path: str) -> tuple[str, ...]:
    """Several of them."""
    if not isinstance(value, list | tuple):
        raise refuse(path, "a list of texts", value)
    return tuple(text(each, f"{path}[{index}]") for index, each in enumerate(value))

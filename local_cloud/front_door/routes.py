"""Which route of an HTTP API answers a method and path?

Source: API Gateway developer guide, "Create routes for HTTP APIs": full match first, then the greedy variable, then
``$default``; of the rest the most specific path wins, and a named method wins over ``ANY``.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DEFAULT = "$default"

_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """A route key and the values of its path variables."""

    route_key: str
    path_parameters: Mapping[str, str]


class RouteTable:
    """The route keys of one API, in the order in which they are tried."""

    def __init__(self, route_keys: Iterable[str]) -> None:
        keys = set(route_keys)
        self._default = DEFAULT if DEFAULT in keys else None
        self._patterns = [_Pattern.parse(key) for key in keys - {DEFAULT}]
        self._patterns.sort(key=lambda pattern: pattern.order)

    def match(self, method: str, path: str) -> Match | None:
        """The route for a percent-decoded path without stage prefix; None when even ``$default`` is missing."""
        for pattern in self._patterns:
            if pattern.method in {"ANY", method} and (found := pattern.path.fullmatch(path)):
                return Match(pattern.key, dict(zip(pattern.variables, found.groups(), strict=True)))
        return Match(self._default, {}) if self._default else None


@dataclass(frozen=True, slots=True)
class _Pattern:
    key: str
    method: str
    path: re.Pattern[str]
    variables: tuple[str, ...]
    order: tuple[object, ...]

    @classmethod
    def parse(cls, key: str) -> "_Pattern":
        """Compile ``METHOD /path/{variable}/{greedy+}``."""
        method, _, path = key.partition(" ")
        segments = [_segment(segment) for segment in path.split("/")]
        names = tuple(found[1] for segment in path.split("/") if (found := _VARIABLE.fullmatch(segment)))
        ranks = tuple(rank for rank, _ in segments)
        return cls(
            key=key,
            method=method,
            path=re.compile("/".join(expression for _, expression in segments), re.DOTALL),
            variables=names,
            order=(ranks, method == "ANY", key),
        )


def _segment(segment: str) -> tuple[int, str]:
    """How unspecific a segment is, and the expression that matches it."""
    found = _VARIABLE.fullmatch(segment)
    if found is None:
        return 0, re.escape(segment)
    return (2, "(.+)") if found[2] else (1, "([^/]+)")

"""Is a composite alarm's rule true, given the states of its children?

Source: AlarmRule of PutCompositeAlarm (BC:cloudwatch). A child that does not exist is in no state.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_cloud.alarms.state import AlarmRefused, AlarmState, name_of

_MOST_CHARACTERS = 10_240
_MOST_CHILDREN = 100
_MOST_ELEMENTS = 500
_WORDS = ("AND", "OR", "NOT")
_TOKEN = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>[^"]+)"|(?P<bare>[^()"]+?))\s*\)
    |(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<bracket>[()]))""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Constant:
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class Child:
    """Whether an alarm is in a state."""

    state: AlarmState
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """AND."""

    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Either:
    """OR."""

    left: "Node"
    right: "Node"


Node = Constant | Child | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule.

    Attributes:
        children: The names of the alarms it refers to, each once, in order.

    """

    text: str
    root: Node
    children: tuple[str, ...]

    def holds(self, states: Mapping[str, AlarmState]) -> bool:
        """Whether it is true for these states by alarm name."""
        return _holds(self.root, states)


def parse_rule(text: str) -> Rule:
    """Raises AlarmRefused."""
    if len(text) > _MOST_CHARACTERS:
        raise AlarmRefused(f"AlarmRule must not exceed {_MOST_CHARACTERS} characters.")
    tokens = _tokens(text)
    elements = [token for token in tokens if token not in _WORDS]
    children = tuple(dict.fromkeys(token.name for token in tokens if isinstance(token, Child)))
    if len(elements) > _MOST_ELEMENTS or len(children) > _MOST_CHILDREN:
        raise AlarmRefused(f"AlarmRule must not exceed {_MOST_CHILDREN} alarms or {_MOST_ELEMENTS} elements.")
    return Rule(text, _Parser(tokens).parse(), children)


def _holds(node: Node, states: Mapping[str, AlarmState]) -> bool:
    match node:
        case Constant(value):
            return value
        case Child(state, name):
            return states.get(name) is state
        case Not(operand):
            return not _holds(operand, states)
        case Both(left, right):
            return _holds(left, states) and _holds(right, states)
        case Either(left, right):
            return _holds(left, states) or _holds(right, states)


_Token = str | Child | Constant


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position, rule = 0, text.rstrip()
    while position < len(rule):
        match = _TOKEN.match(rule, position)
        if match is None:
            raise AlarmRefused(f"AlarmRule is not understood at '{rule[position:].strip()[:80]}'.")
        position = match.end()
        found.append(_token(match))
    return found


def _token(match: re.Match[str]) -> _Token:
    if match["state"]:
        return Child(AlarmState(match["state"].upper()), name_of(match["quoted"] or match["bare"].strip()))
    word = (match["word"] or match["bracket"]).upper()
    return Constant(word == "TRUE") if word in ("TRUE", "FALSE") else word


class _Parser:
    """Recursive descent: OR binds weaker than AND, AND weaker than NOT."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def parse(self) -> Node:
        node = self._either()
        if self._position < len(self._tokens):
            raise AlarmRefused(f"AlarmRule has a part too many: {self._tokens[self._position]}.")
        return node

    def _either(self) -> Node:
        return self._joined("OR", self._both, Either)

    def _both(self) -> Node:
        return self._joined("AND", self._negated, Both)

    def _joined(self, word: str, operand: Callable[[], Node], join: Callable[[Node, Node], Node]) -> Node:
        node = operand()
        while self._peek() == word:
            self._position += 1
            node = join(node, operand())
        return node

    def _negated(self) -> Node:
        token = self._peek()
        self._position += 1
        if token == "NOT":  # noqa: S105  a word, no password
            return Not(self._negated())
        if token == "(":  # noqa: S105  a bracket, likewise
            node = self._either()
            if self._peek() != ")":
                raise AlarmRefused("AlarmRule has a bracket that is not closed.")
            self._position += 1
            return node
        if isinstance(token, Child | Constant):
            return token
        raise AlarmRefused(f"AlarmRule lacks a part before {token or 'its end'}.")

    def _peek(self) -> _Token | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

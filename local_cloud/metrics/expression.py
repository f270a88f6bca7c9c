"""What does a metric math expression say? A parser for numbers, ids, operators, arrays and function calls.

Source: "Math expressions with metrics" in the CloudWatch user guide.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<symbol>&&|\|\||==|!=|<=|>=|[-+*/^<>()\[\],]))""",
    re.VERBOSE,
)
_WORDS = {"AND": "&&", "OR": "||"}
#: Operators by how weakly they bind; those of one line associate to the left.
_LEVELS = (("||",), ("&&",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))
_DEEPEST = 50


class InvalidExpression(ValueError):
    """Not an expression, or one that means nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A string, which only METRICS takes."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of a metric or of another expression, or a keyword such as REPEAT."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands, or one with the sign ``-`` (then ``left`` is 0)."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Array:
    """``[a, b]``."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``F(a, b)``."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Text | Name | Operation | Array | Call


def parse(expression: str) -> Node:
    """Raises InvalidExpression."""
    return _Parser(expression).parse()


def names(node: Node) -> Iterator[str]:
    """Each id or keyword in it."""
    match node:
        case Name(name):
            yield name
        case Operation(_, left, right):
            yield from names(left)
            yield from names(right)
        case Array(parts) | Call(_, parts):
            for part in parts:
                yield from names(part)


def calls(node: Node) -> Iterator[Call]:
    """Each function call in it."""
    match node:
        case Operation(_, left, right):
            yield from calls(left)
            yield from calls(right)
        case Array(parts) | Call(_, parts):
            if isinstance(node, Call):
                yield node
            for part in parts:
                yield from calls(part)


def _tokens(expression: str) -> list[str]:
    found, position, text = [], 0, expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidExpression(
                f"Error in expression '{expression}': '{text[position:].strip()}' is not understood."
            )
        position = match.end()
        found.append(_WORDS.get(match[0].strip(), match[0].strip()))
    return found


class _Parser:
    """Recursive descent."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = _tokens(expression)
        self._position = 0
        self._depth = 0

    def parse(self) -> Node:
        node = self._level(0)
        if self._peek():
            raise self._wrong()
        return node

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        node = self._level(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._take()
            node = Operation(operator, node, self._level(level + 1))
        return node

    def _signed(self) -> Node:
        if self._peek() == "-":
            self._take()
            return Operation("-", Number(0.0), self._nested(self._signed))
        base = self._atom()
        if self._peek() != "^":
            return base
        self._take()
        return Operation("^", base, self._nested(self._signed))

    def _atom(self) -> Node:
        token = self._take()
        if token == "(":  # noqa: S105  a bracket, no password
            node = self._nested(lambda: self._level(0))
            self._expect(")")
            return node
        if token == "[":  # noqa: S105  likewise
            return Array(self._list("]"))
        if token[:1] in ('"', "'"):
            return Text(token[1:-1])
        if token[:1].isdigit() or token[:1] == ".":
            return Number(float(token))
        if not token[:1].isalpha():
            raise self._wrong()
        if self._peek() == "(":
            self._take()
            return Call(token, self._list(")"))
        return Name(token)

    def _list(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while self._peek() != end:
            if items:
                self._expect(",")
            items.append(self._nested(lambda: self._level(0)))
        self._take()
        return tuple(items)

    def _nested(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise InvalidExpression(f"Error in expression: more than {_DEEPEST} levels.")
        node = read()
        self._depth -= 1
        return node

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._position += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise self._wrong()

    def _wrong(self) -> InvalidExpression:
        return InvalidExpression(
            f"Error in expression '{self._expression}': it is not complete or has a part too many."
        )

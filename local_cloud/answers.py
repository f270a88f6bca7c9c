"""How does moto answer without working out the same names for each request?

Most of the time of an answer of DynamoDB goes into the names by which each of its values may be known, and some of any
request into a list of all that a service can do. Neither changes between two requests.
"""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from moto.core import responses
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker

from local_cloud.functions.replaced import replaced

_names = XFormedAttributePicker.get_possible_keys
_value = ResponseSerializer.get_value


@contextmanager
def install_answers() -> Iterator[None]:
    """What is answered stays the same."""
    with ExitStack() as hooks:
        hooks.enter_context(replaced(XFormedAttributePicker, "get_possible_keys", _known_names))
        hooks.enter_context(replaced(ResponseSerializer, "get_value", _found))
        hooks.enter_context(replaced(responses, "method_names_from_class", _Operations))
        yield


def _known_names(picker: Any, context: AttributePickerContext) -> tuple[str, ...]:
    """By which a value may be known: by its shape, of which moto has one for each member, and its holder's class."""
    known: dict[Any, tuple[str, ...]] = vars(context.shape).setdefault("possible_keys", {})
    asked = (context.key, type(context.obj))
    if asked not in known:
        known[asked] = tuple(dict.fromkeys(_names(picker, context)))
    return known[asked]


def _found(serializer: Any, holder: Any, key: str, shape: Any) -> Any:
    """A member's value. Most are held by dictionaries, where moto goes the long way of any object."""
    picker = serializer._value_picker  # noqa: SLF001  as the method that this stands for
    if type(holder) is not dict or type(picker) is not XFormedAttributePicker or picker.response_transformers:
        return _value(serializer, holder, key, shape)
    names = _known_names(picker, AttributePickerContext(holder, key, shape))
    return next((holder[name] for name in names if name in holder), None)


@dataclass(frozen=True, slots=True)
class _Operations:
    """The names of a class's functions, of which moto asks whether one is among them."""

    owner: type

    def __contains__(self, name: str) -> bool:
        return inspect.isfunction(getattr(self.owner, name, None))

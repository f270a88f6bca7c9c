"""What does every setting mean? Prints docs/settings.md from the settings classes themselves."""

import sys
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sluice.settings.deployment import Deployment

_HEADER = """# Settings

Everything that can be written in `sluice.yaml`. Made by `make settings-docs` from `sluice/settings/`; do not edit.
A mistake is refused before anything is deployed, as `file:line: setting: what is wrong and what is allowed`.

| setting | allowed | default | meaning |
|---|---|---|---|
"""


def reference() -> str:
    """The whole page, as Markdown."""
    rows = "".join(
        f"| `{name}` | {kind} | {default} | {meaning} |\n" for name, kind, default, meaning in _rows(Deployment)
    )
    return _HEADER + rows


def setting_names(settings: type[BaseModel] = Deployment) -> list[str]:
    """Dotted names of all settings, ``<name>`` standing for what the user names."""
    return [name for name, *_ in _rows(settings)]


def _rows(settings: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for name, field in settings.model_fields.items():
        path = f"{prefix}{name}"
        nested, is_map = _nested(field.annotation)
        if nested is None:
            yield path, _kind(field), _default(field), _meaning(field)
            continue
        if field.description:
            yield path, "a mapping by name" if is_map else "a mapping", _default(field), _meaning(field)
        yield from _rows(nested, f"{path}.<name>." if is_map else f"{path}.")


def _nested(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The settings class inside an annotation, and whether it is the value of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    origin = get_origin(annotation)
    if origin is dict:
        return _nested(get_args(annotation)[1])[0], True
    if origin in (Annotated, Union, UnionType):
        for part in get_args(annotation):
            found, is_map = _nested(part)
            if found is not None:
                return found, is_map
    return None, False


def _kind(field: FieldInfo) -> str:
    limits = [
        f"{sign} {value}"
        for item in field.metadata
        for sign, attribute in (("≥", "ge"), (">", "gt"), ("≤", "le"))
        if (value := getattr(item, attribute, None)) is not None
    ]
    return ", ".join([_type_name(field.annotation), *limits])


def _type_name(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return " ".join(f"`{value}`" for value in get_args(annotation))
    if origin is Annotated:
        return _type_name(get_args(annotation)[0])
    if origin is list:
        return f"a list of {_type_name(get_args(annotation)[0])}s"
    if origin in (Union, UnionType):
        return " or ".join(_type_name(part) for part in get_args(annotation) if part is not type(None))
    names = {"str": "text", "int": "whole number", "float": "number", "bool": "`true` `false`", "Path": "path"}
    return {**names, "dict": "mapping"}.get(annotation.__name__, str(annotation.__name__))


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None or isinstance(field.default, BaseModel):
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _meaning(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())


if __name__ == "__main__":
    sys.stdout.write(reference())

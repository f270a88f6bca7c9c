"""How is a piece of HTML or SVG written? Attributes and texts escaped, children as they are."""

from html import escape


def tag(name: str, *children: str, **attributes: object) -> str:
    """An element with its end; ``class_`` is class, ``stroke_width`` is stroke-width, None and False are left out.

    >>> tag("a", text("<b>"), href="#x", class_="name")
    '<a href="#x" class="name">&lt;b&gt;</a>'
    """
    return f"<{name}{_written(attributes)}>{''.join(children)}</{name}>"


def text(content: object) -> str:
    """Text that is no markup."""
    return escape(str(content))


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel.

    >>> number(3.0), number(2.04)
    ('3', '2')
    """
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _written(attributes: dict[str, object]) -> str:
    given = {name: value for name, value in attributes.items() if value is not None and value is not False}
    return "".join(f' {_name(name)}="{_value(value)}"' for name, value in given.items())


def _name(name: str) -> str:
    return name if name == "viewBox" else name.rstrip("_").replace("_", "-")


def _value(value: object) -> str:
    if value is True:
        return ""
    return number(value) if isinstance(value, float) else escape(str(value))

"""How is a number written for people? With no more digits than say anything."""

_WHOLE_FROM, _LARGEST = 999.5, 1e15
_DIGITS_FROM = 0.01  # shares below this are told with two digits more


def number(value: float) -> str:
    """Three digits, or whole from a thousand on.

    >>> number(1234.5), number(0.012345), number(52.0), number(999.7)
    ('1,234', '0.0123', '52', '1,000')
    """
    return f"{value:,.0f}" if _WHOLE_FROM <= abs(value) < _LARGEST else f"{value:.3g}"


def share(part: float) -> str:
    """As percents.

    >>> share(0.031), share(0.00012), share(0.0), share(1.0)
    ('3.1 %', '0.012 %', '0 %', '100 %')
    """
    percents = 100 * part
    return f"{percents:.2g} %" if part < _DIGITS_FROM else f"{percents:.3g} %"

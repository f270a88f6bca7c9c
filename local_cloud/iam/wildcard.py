"""Does a policy's pattern match a name?"""

import re
from functools import lru_cache


class UnsupportedPolicy(ValueError):
    """The policy uses an element that is not evaluated here; an answer would be a guess."""


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether ``*`` (any run of characters) and ``?`` (exactly one) make the pattern equal to the text.

    Raises:
        UnsupportedPolicy: The pattern holds a policy variable (``${...}``).

    """
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001  a cache's key, not an interface
    if "${" in pattern:
        raise UnsupportedPolicy(f"policy variables are not evaluated: {pattern}")
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(character) or re.escape(character) for character in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))

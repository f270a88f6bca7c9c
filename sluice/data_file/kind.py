"""As what is a column of a file wanted?"""

from enum import StrEnum


class Kind(StrEnum):
    """How a column is read."""

    NUMBER = "number"
    WORD = "word"  # a category, as it is written
    CODE = "code"  # a category that is a whole number or a flag: 1.0 is 1, True is true
    TIME = "time"

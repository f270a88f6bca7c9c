"""What does one check of the doctor say?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at.
        is_well: Whether nothing needs to be done.
        found: What is there.
        remedy: What to do when it is not well.
        is_needed: Whether Sluice cannot do without; else the finding is a hint.

    """

    check: str
    is_well: bool
    found: str
    remedy: str = ""
    is_needed: bool = True

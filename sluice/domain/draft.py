"""How do two rankers make one list, and whose rows of it were clicked? Team-draft interleaving.

Radlinski, Kurup and Joachims, "How Does Clickthrough Data Reflect Retrieval Quality?", CIKM 2008: like captains picking
teams, the rankers take turns, a coin deciding who is first in each round; a click counts for the team of what was
clicked. Who picked a place is one letter of the draft, which is shown with the list and comes back with the clicks:
neither records nor captured answers have to keep the rows.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Self

FIRST_PICK = 0.5
"""The probability with which a coin has either ranker pick first."""

_SUFFIX = ":draft"  # no goal that a caller names has a colon


class Team(StrEnum):
    """Whose row it is, as the draft says it."""

    CONTROL = "C"
    TREATMENT = "T"
    NEITHER = "N"
    """Drafted when one ranker had nothing left to offer: shown, but a click on it tells nothing."""


class Winner(StrEnum):
    """Whose rows were clicked more often in one list."""

    CONTROL = "control"
    TREATMENT = "treatment"
    TIE = "tie"

    @property
    def reward(self) -> float:
        """As it is counted: sums of such rewards and of their squares tell how many lists each side won."""
        return {Winner.TREATMENT: 1.0, Winner.TIE: 0.5, Winner.CONTROL: 0.0}[self]


@dataclass(frozen=True, slots=True)
class Pick:
    """One place of a list: a row, and who picked it."""

    row: int
    team: Team


@dataclass(frozen=True, slots=True)
class Draft:
    """Who picked each place of a list.

    Attributes:
        teams: In the order shown.

    """

    teams: tuple[Team, ...]

    def encode(self) -> str:
        """One letter a place."""
        return "".join(self.teams)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read the letters. Raises ValueError."""
        return cls(tuple(map(Team, text)))

    def winner(self, clicked: Collection[int]) -> Winner:
        """Whose rows got more of the clicks; ``clicked`` are places from 0, and second clicks on one do not count."""
        teams = [self.teams[place] for place in set(clicked)]
        lead = teams.count(Team.TREATMENT) - teams.count(Team.CONTROL)
        if lead == 0:
            return Winner.TIE
        return Winner.TREATMENT if lead > 0 else Winner.CONTROL


def interleave(
    control: Sequence[int], treatment: Sequence[int], *, prediction_id: str, length: int
) -> tuple[Pick, ...]:
    """Draft at most ``length`` rows from two ranked lists of rows. The prediction id tosses the coins.

    A row in both lists is shown once; the same ids and lists always give the same draft.
    """
    left = {Team.CONTROL: deque(control), Team.TREATMENT: deque(treatment)}
    drafted: dict[int, Team] = {}
    turns: list[Team] = []
    while len(drafted) < length:
        for rows in left.values():
            while rows and rows[0] in drafted:
                rows.popleft()
        if not all(left.values()):
            rest = [row for rows in left.values() for row in dict.fromkeys(rows) if row not in drafted]
            drafted.update(dict.fromkeys(rest[: length - len(drafted)], Team.NEITHER))
            break
        turns = turns or _round(prediction_id, len(drafted))
        team = turns.pop(0)
        drafted[left[team].popleft()] = team
    return tuple(Pick(row, team) for row, team in drafted.items())


def _round(prediction_id: str, place: int) -> list[Team]:
    """Who picks first and who second, by a coin."""
    coin = blake2b(f"{prediction_id}:{place}".encode(), digest_size=8, person=b"teams").digest()[0] & 1
    return [Team.CONTROL, Team.TREATMENT] if coin else [Team.TREATMENT, Team.CONTROL]


def counted_as(goal: str) -> str:
    """Under which name wins are counted: apart from plain rewards of that goal, of which none is a list's winner."""
    return goal + _SUFFIX


def is_of_drafts(name: str) -> bool:
    """Whether wins are counted under a name."""
    return name.endswith(_SUFFIX)

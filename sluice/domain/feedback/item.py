"""What does somebody say about a prediction? A label, a reward or who won its list, checked, under a goal's name."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sluice.domain.draft import Draft, Winner, counted_as, is_of_drafts
from sluice.domain.errors import InvalidFeedback, Violation

PLACES = 6
"""Decimal places that are kept: sums of squares stay exact within the 38 digits that DynamoDB adds."""

LARGEST = 1_000_000
"""Magnitude of a reward or covariate, for the same reason."""

NAME = r"^[a-z][a-z0-9_.-]{0,39}$"
"""What a goal's name looks like."""

_NAME = re.compile(NAME)
_ID = re.compile(r"[!-~][ -~]{0,63}")  # what InvokeEndpoint takes as InferenceId
_DRAFT = "draft"
_GOALS = {"label": "label", "reward": "reward", _DRAFT: "clicked"}
"""What may be said, and the goal it counts for unless one is given."""

_MEMBERS = {"prediction_id", "name", "at", "covariate", "clicked", *_GOALS}


@dataclass(frozen=True, slots=True)
class Feedback:
    """One label or reward, or one list's winner.

    Attributes:
        prediction_id: Of the prediction it is about.
        name: Of the goal it counts for; winners are counted apart (``sluice.domain.draft``).
        value: The reward, the label as a number, or ``Winner.reward``.
        covariate: Something known of the unit before it was exposed, which explains part of the reward; or None.
        at: When it came to be; aware, UTC.

    """

    prediction_id: str
    name: str
    value: float
    covariate: float | None
    at: datetime

    @property
    def is_of_a_draft(self) -> bool:
        """Whether it says who won a list."""
        return is_of_drafts(self.name)

    def says_the_same_as(self, other: "Feedback") -> bool:
        """Whether one repeats the other; when it came to be does not matter."""
        return (self.value, self.covariate) == (other.value, other.covariate)


def read_feedback(form: Any, *, now: datetime) -> Feedback:
    """Read the JSON form. Raises InvalidFeedback with every place that does not fit."""
    if not isinstance(form, dict):
        raise InvalidFeedback([Violation("", "an object with prediction_id and a label or a reward", _shown(form))])
    reader = _Reader(form)
    kind = reader.kind()
    prediction_id = reader.text("prediction_id", _ID, "the 1 to 64 characters of X-Sluice-Prediction-Id")
    name = reader.text("name", _NAME, "1 to 40 of a-z 0-9 _ . -, a letter first", default=_GOALS[kind])
    feedback = Feedback(
        prediction_id=prediction_id,
        name=counted_as(name) if kind == _DRAFT else name,
        value=reader.won() if kind == _DRAFT else reader.number(kind),
        covariate=None if form.get("covariate") is None else reader.number("covariate"),
        at=reader.moment("at", default=now),
    )
    if reader.wrong:
        raise InvalidFeedback(reader.wrong)
    return feedback


class _Reader:
    """Reads members of a JSON object; what does not fit is put on ``wrong`` and stood in for."""

    def __init__(self, form: dict[str, Any]) -> None:
        self._form = form
        members = ", ".join(sorted(_MEMBERS))
        self.wrong = [Violation(str(name), f"one of {members}", "it") for name in form if name not in _MEMBERS]

    def kind(self) -> str:
        given = [name for name in _GOALS if name in self._form]
        if len(given) != 1:
            expected = "one of label, reward and draft, and not two"
            self.wrong.append(Violation("reward", expected, " and ".join(given) or "none of them"))
            return "reward"
        stray = "covariate" if given == [_DRAFT] else "clicked"
        if self._form.get(stray) is not None:
            self.wrong.append(Violation(stray, f"nothing beside a {given[0]}", _shown(self._form[stray])))
        return given[0]

    def text(self, name: str, allowed: re.Pattern[str], expected: str, *, default: str | None = None) -> str:
        value = self._form.get(name, default)
        if isinstance(value, str) and allowed.fullmatch(value):
            return value
        self.wrong.append(Violation(name, expected, "nothing" if value is None else _shown(value)))
        return ""

    def number(self, name: str) -> float:
        """True is 1 and false is 0; NaN is within no bounds."""
        value = self._form.get(name, 0)
        if isinstance(value, int | float) and abs(value) <= LARGEST:
            return round(float(value), PLACES)
        self.wrong.append(Violation(name, f"a number from {-LARGEST} to {LARGEST}", _shown(value)))
        return 0.0

    def won(self) -> float:
        """Whose rows of the draft were clicked more often, as a reward."""
        text, clicked = self._form[_DRAFT], self._form.get("clicked")
        try:
            draft = Draft.decode(text if isinstance(text, str) else " ")
        except ValueError:
            draft = Draft(())
        if not draft.teams:
            self.wrong.append(Violation(_DRAFT, "the draft that came with the list, letters C, T and N", _shown(text)))
            return Winner.TIE.reward
        last = len(draft.teams) - 1
        if isinstance(clicked, list) and all(type(place) is int and 0 <= place <= last for place in clicked):
            return draft.winner(clicked).reward
        self.wrong.append(Violation("clicked", f"a list of places that were clicked, 0 to {last}", _shown(clicked)))
        return Winner.TIE.reward

    def moment(self, name: str, *, default: datetime) -> datetime:
        value = self._form.get(name)
        if value is None:
            return default
        try:
            at = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            at = datetime.min  # noqa: DTZ901  as wrong as a time without a zone
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        self.wrong.append(Violation(name, "a time with its zone, such as 2026-11-21T09:30:00Z", _shown(value)))
        return default


def _shown(value: Any) -> str:
    return f"{value!r:.60}"

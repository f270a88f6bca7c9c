"""What is kept of an incident? What changed, on which evidence, who decided, and how to see it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; never changed once it is written.

    Attributes:
        id: Sorts by time.
        model: Model name.
        title: One line.
        opened_at: Aware, UTC.
        what_changed: Which version was on its way to whom.
        replay: A command that puts the same requests to it again.
        decided_by: ``controller``, a person, or an alarm's name.
        rollout_id: The rollout it is about; empty when there was none.
        evidence: What was counted and how it was judged; JSON.
        alarms: Names of the alarms that were in ALARM.
        prediction_ids: Some answers of the variant in question.
        variant: Whose answers ``prediction_ids`` are; empty when there are none.

    """

    id: str
    model: str
    title: str
    opened_at: datetime
    what_changed: str
    replay: str
    decided_by: str
    rollout_id: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    prediction_ids: tuple[str, ...] = ()
    variant: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "id": self.id,
            "model": self.model,
            "rollout_id": self.rollout_id,
            "title": self.title,
            "opened_at": self.opened_at.isoformat(),
            "what_changed": self.what_changed,
            "evidence": dict(self.evidence),
            "alarms": list(self.alarms),
            "prediction_ids": list(self.prediction_ids),
            "replay": self.replay,
            "decided_by": self.decided_by,
            "variant": self.variant,
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Self:
        """Read the JSON form. Raises KeyError or ValueError."""
        return cls(
            **{
                **form,
                "opened_at": datetime.fromisoformat(form["opened_at"]),
                "alarms": tuple(form["alarms"]),
                "prediction_ids": tuple(form["prediction_ids"]),
            }
        )

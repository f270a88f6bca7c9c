"""Which feedback does a model take, how long, and how often from one unit?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sluice.domain.errors import Violation
from sluice.domain.feedback.item import Feedback

_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one model takes.

    Attributes:
        minimum: The least a label or reward may be.
        maximum: The most.
        keep: How long predictions and their feedback are kept.
        unit_window: One reward of a unit counts for each goal in a window of this length; 0: every one counts.
        label: The goal whose values are true classes or numbers, to be compared with what was answered; None: none is.

    """

    minimum: float
    maximum: float
    keep: timedelta
    unit_window: timedelta
    label: str | None = None

    def violations(self, feedback: Feedback, *, now: datetime) -> list[Violation]:
        """What is wrong with feedback that arrives now."""
        wrong = []
        if not self.takes(feedback):
            wrong.append(Violation("reward", f"{self.minimum:g} to {self.maximum:g}", f"{feedback.value:g}"))
        if feedback.at > now + _CLOCKS_DIFFER:
            wrong.append(
                Violation("at", f"a time that has come; here it is {now:%Y-%m-%dT%H:%M:%SZ}", _shown(feedback))
            )
        if feedback.at < now - self.keep:
            wrong.append(Violation("at", f"within the {self.keep.days} days that are kept", _shown(feedback)))
        return wrong

    def takes(self, feedback: Feedback) -> bool:
        """Whether the value is within bounds; who won a list is no amount and has none."""
        return feedback.is_of_a_draft or self.minimum <= feedback.value <= self.maximum


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of every model of a deployment.

    Attributes:
        models: By name; at least one.

    """

    models: Mapping[str, Rules]

    def of(self, model: str | None) -> Rules:
        """A model's; of a prediction that nobody knows (any more): what at least one model takes."""
        if model is not None and model in self.models:
            return self.models[model]
        return Rules(
            minimum=min(each.minimum for each in self.models.values()),
            maximum=max(each.maximum for each in self.models.values()),
            keep=max(each.keep for each in self.models.values()),
            unit_window=max(each.unit_window for each in self.models.values()),
        )


def _shown(feedback: Feedback) -> str:
    return f"{feedback.at:%Y-%m-%dT%H:%M:%SZ}"

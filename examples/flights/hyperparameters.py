"""What is a training job told? SageMaker makes every value a text; here they are read, and refused in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from examples.flights.trials import Limits
from model_container.training_job import CannotTrain

KINDS = ("1", "2")


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """How to train.

    Attributes:
        version: What the version is called.
        like: "1" or "2": which of those two it is made as; by default as it is called.
        label: Column with 0 for on time and 1 for late.
        constant: Inputs, with commas between them, that may be the same in all rows.
        rounds: Trees that are grown, of those made as "2".
        limits: ``search_trials`` and ``search_seconds``.

    """

    version: str
    like: str
    label: str
    constant: frozenset[str]
    rounds: int
    limits: Limits

    @classmethod
    def read(cls, told: Mapping[str, str]) -> Self:
        """Read those that there are; others have defaults. Raises CannotTrain for what they cannot be."""
        version = told.get("version", "2")
        like = told.get("like", version)
        if like not in KINDS:
            raise CannotTrain(f"hyperparameter version or like: expected one of {[*KINDS]}, got {like!r}")
        return cls(
            version=version,
            like=like,
            label=told.get("label", "label"),
            constant=frozenset(name.strip() for name in told.get("constant", "").split(",")),
            rounds=_whole(told, "rounds", "100", least=1),
            limits=Limits(_whole(told, "search_trials", "0"), _whole(told, "search_seconds", "0")),
        )


def _whole(told: Mapping[str, str], name: str, default: str, least: int = 0) -> int:
    text = told.get(name, default)
    if not text.isdecimal() or int(text) < least:
        raise CannotTrain(f"hyperparameter {name}: expected a whole number, {least} or more, got {text!r}")
    return int(text)

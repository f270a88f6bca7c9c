"""Which strategies are there, what can be set of each, and which stages does each consist of?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sluice.domain.errors import InvalidPlan
from sluice.domain.rollout.reading import Reader, growing_percents, known, mapping, number, text, texts, whole
from sluice.domain.rollout.stage import EVERYBODY, Audience, Kind, Stage

MINUTES = 5.0  # a step: two periods of a one-minute alarm are over, and early luck is
CANARY = (1, 5, 25, 50, 100)


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to bring a version to its users.

    Attributes:
        readers: How each of its settings is read.
        build: Makes the stages of what was read; each setting it takes has a default, except what only people know.

    """

    readers: Mapping[str, Reader]
    build: Callable[..., tuple[Stage, ...]]

    def stages(self, form: Mapping[str, Any], path: str) -> tuple[Stage, ...]:
        """The stages with these settings. Raises InvalidPlan."""
        known(self.readers, mapping(form, path), path)
        settings = {name: self.readers[name](value, f"{path}.{name}") for name, value in form.items()}
        try:
            return self.build(**settings)
        except InvalidPlan as wrong:
            raise InvalidPlan(f"{path}: {wrong}") from wrong


def canary(percents: tuple[int, ...] = CANARY, minutes: float = MINUTES) -> tuple[Stage, ...]:
    """Growing shares."""
    return tuple(Stage(Kind.WEIGHT, percent, minutes) for percent in percents)


def linear(step_percent: int = 10, minutes: float = MINUTES) -> tuple[Stage, ...]:
    """Equal steps; the last is as large as is left."""
    return canary((*range(step_percent, EVERYBODY, step_percent), EVERYBODY), minutes)


def rolling(step_percent: int = 25, minutes: float = MINUTES) -> tuple[Stage, ...]:
    """Few equal steps."""
    return linear(step_percent, minutes)


def in_place(minutes: float = MINUTES) -> tuple[Stage, ...]:
    """SageMaker's guardrails: half of the instances for so long, where there are two, then all."""
    return (Stage(Kind.IN_PLACE, minutes=minutes),)


def blue_green(minutes: float = MINUTES) -> tuple[Stage, ...]:
    """A check of the new fleet, then everybody at once."""
    return (Stage(Kind.PREVIEW), Stage(Kind.WEIGHT, EVERYBODY, minutes))


def internal_first(units: tuple[str, ...] = (), groups: tuple[str, ...] = (), minutes: float = 30) -> tuple[Stage, ...]:
    """Those who are named."""
    return (Stage(Kind.INTERNAL, minutes=minutes, audience=Audience(units, groups)),)


def shadow(minutes: float = 30, min_agreement: float | None = None) -> tuple[Stage, ...]:
    """Copies of all requests."""
    return (Stage(Kind.SHADOW, minutes=minutes, min_agreement=min_agreement),)


def ab_test(
    goal: str | None = None, percent: int = 50, minutes: float = 60, maturation_minutes: float = 60
) -> tuple[Stage, ...]:
    """A share that stays."""
    return (Stage(Kind.AB_TEST, percent, minutes, goal=goal, maturation_minutes=maturation_minutes),)


def bandit(
    goal: str | None = None,
    percent: int = 50,
    floor_percent: int = 10,
    *,
    minutes: float = 60,
    maturation_minutes: float = 60,
) -> tuple[Stage, ...]:
    """Shares that follow rewards."""
    return (
        Stage(
            Kind.BANDIT,
            percent,
            minutes,
            floor_percent=floor_percent,
            goal=goal,
            maturation_minutes=maturation_minutes,
        ),
    )


_MINUTES: Mapping[str, Reader] = {"minutes": number}
_STEP: Mapping[str, Reader] = {"step_percent": whole(1, 50), **_MINUTES}
_REWARDED: Mapping[str, Reader] = {"goal": text, "percent": whole(1, 99), "maturation_minutes": number, **_MINUTES}

STRATEGIES: Mapping[str, Strategy] = {
    "in_place": Strategy(_MINUTES, in_place),
    "preview": Strategy({}, lambda: (Stage(Kind.PREVIEW),)),
    "blue_green": Strategy(_MINUTES, blue_green),
    "rolling": Strategy(_STEP, rolling),
    "linear": Strategy(_STEP, linear),
    "canary": Strategy({"percents": growing_percents, **_MINUTES}, canary),
    "internal_first": Strategy({"units": texts, "groups": texts, **_MINUTES}, internal_first),
    "shadow": Strategy({"min_agreement": number, **_MINUTES}, shadow),
    "ab_test": Strategy(_REWARDED, ab_test),
    "bandit": Strategy({**_REWARDED, "floor_percent": whole(1, 50)}, bandit),
    "approval": Strategy({}, lambda: (Stage(Kind.APPROVAL),)),
}

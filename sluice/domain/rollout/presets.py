"""Which plans have a name? One for each strategy, completed where it could not decide alone, and some blends."""

from collections.abc import Mapping, Sequence
from typing import Any

from sluice.domain.rollout.reading import known
from sluice.domain.rollout.stage import Stage
from sluice.domain.rollout.strategy import CANARY, STRATEGIES

# Strategies in order. What only people can judge ends in an approval; what only some have seen goes on as a canary.
PRESETS: Mapping[str, Sequence[str]] = {
    "in_place": ("in_place",),
    "blue_green": ("blue_green",),
    "rolling": ("rolling",),
    "linear": ("linear",),
    "canary": ("canary",),
    "internal_first": ("internal_first", "canary"),
    "shadow": ("shadow", "approval"),
    "ab_test": ("ab_test",),
    "bandit": ("bandit",),
    "shadow_then_canary": ("shadow", "canary"),
    "preview_then_canary": ("preview", "canary"),
    "canary_then_approval": ("canary", "approval"),
    "shadow_then_ab_test": ("shadow", "ab_test"),
}
_SHARES_BEFORE_APPROVAL = CANARY[:-1]  # at 100 % there is nothing left to approve


def stages_of(preset: str, form: Mapping[str, Any], path: str) -> tuple[Stage, ...]:
    """The stages of a preset; a setting goes to each of its strategies that has it. Raises InvalidPlan, KeyError."""
    strategies = PRESETS[preset]
    known(settings_of(preset), form, path)
    given = {"percents": list(_SHARES_BEFORE_APPROVAL), **form} if strategies[-1:] == ("approval",) else form
    stages: list[Stage] = []
    for name in strategies:
        readers = STRATEGIES[name].readers
        stages += STRATEGIES[name].stages({key: given[key] for key in given if key in readers}, path)
    return tuple(stages)


def settings_of(preset: str) -> tuple[str, ...]:
    """What can be set of a preset, each name once."""
    return tuple(dict.fromkeys(name for strategy in PRESETS[preset] for name in STRATEGIES[strategy].readers))

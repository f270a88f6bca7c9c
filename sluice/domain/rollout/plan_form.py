"""What does a plan say that somebody wrote? A preset's name with settings, or a list of stages; or why it says nothing.

``{"plan": "canary", "percents": [5, 50, 100]}`` or ``{"stages": [{"shadow": {"minutes": 10}}, {"canary": {}}]}``, each
with ``bake``, ``evidence`` and ``horizon_minutes`` where the defaults do not do.
"""

from collections.abc import Mapping
from typing import Any

from sluice.domain.errors import InvalidPlan
from sluice.domain.evidence.rules import Rules
from sluice.domain.rollout.plan import Bake, Plan
from sluice.domain.rollout.presets import PRESETS, stages_of
from sluice.domain.rollout.reading import Reader, known, listed, mapping, number, refuse, text, whole
from sluice.domain.rollout.stage import Stage
from sluice.domain.rollout.strategy import STRATEGIES

CUSTOM = "custom"
DAY_MINUTES = 24 * 60.0
_BAKE: Mapping[str, Reader] = {"minutes": number, "holdback_percent": whole(0, 50)}
_FOR_ALL = ("bake", "evidence", "horizon_minutes")


def read_plan(form: Mapping[str, Any] | str, path: str = "rollout") -> Plan:
    """The plan that a form, or a preset's name alone, describes. Raises InvalidPlan with path, value and what may be.

    >>> [stage.percent for stage in read_plan({"plan": "canary", "percents": [5, 100]}).stages]
    [5, 100]
    """
    written = dict(mapping({"plan": form} if isinstance(form, str) else form, path))
    shared = {name: written.pop(name) for name in _FOR_ALL if name in written}
    if ("plan" in written) == ("stages" in written):
        raise refuse(path, f"a plan ({', '.join(PRESETS)}) or stages", sorted(written))
    name, stages = _preset(written, path) if "plan" in written else _custom(written, path)
    return _plan(name, stages, shared, path)


def _preset(written: dict[str, Any], path: str) -> tuple[str, tuple[Stage, ...]]:
    name = text(written.pop("plan"), f"{path}.plan")
    if name not in PRESETS:
        raise InvalidPlan(f"{path}.plan: there is no preset {name!r}, {listed(PRESETS)}")
    return name, stages_of(name, written, path)


def _custom(written: dict[str, Any], path: str) -> tuple[str, tuple[Stage, ...]]:
    known(("stages", *_FOR_ALL), written, path)
    path = f"{path}.stages"
    stages = written["stages"]
    if not isinstance(stages, list | tuple) or not stages:
        raise refuse(path, "a list of stages", stages)
    return CUSTOM, tuple(each for index, form in enumerate(stages) for each in _stages(form, f"{path}[{index}]"))


def _stages(form: Any, path: str) -> tuple[Stage, ...]:
    """What one item of the list says: a strategy's name, or the name with its settings."""
    item = mapping({form: {}} if isinstance(form, str) else form, path)
    if len(item) != 1:
        raise refuse(path, "one strategy with its settings", dict(item))
    ((name, settings),) = item.items()
    if name not in STRATEGIES:
        raise InvalidPlan(f"{path}: there is no strategy {name!r}, {listed(STRATEGIES)}")
    return STRATEGIES[name].stages({} if settings is None else settings, f"{path}.{name}")


def _plan(name: str, stages: tuple[Stage, ...], shared: Mapping[str, Any], path: str) -> Plan:
    longest = max(DAY_MINUTES, 2 * sum(stage.minutes for stage in stages))
    rules = mapping(shared.get("evidence", {}), f"{path}.evidence")
    bake = mapping(shared.get("bake", {}), f"{path}.bake")
    known(_BAKE, bake, f"{path}.bake")
    horizon = number(shared.get("horizon_minutes", longest), f"{path}.horizon_minutes")
    settings = {key: _BAKE[key](value, f"{path}.bake.{key}") for key, value in bake.items()}
    return Plan(name, stages, Bake(**settings), _rules(rules, f"{path}.evidence"), horizon)


def _rules(form: Mapping[str, Any], path: str) -> Rules:
    try:
        return Rules.from_dict(form)
    except InvalidPlan as wrong:
        raise InvalidPlan(f"{path}: {wrong}") from wrong

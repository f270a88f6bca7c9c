"""How is a rollout stored? As one JSON document, of which what is read back is exactly what was written."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.rollout import (
    Command,
    Hold,
    ModelVersion,
    Phase,
    Position,
    Rollout,
    Seen,
    Stuck,
    Trouble,
    Verb,
)

_MOMENTS = ("since", "settled_at", "compared_since", "promoted_at")
_AS_THEY_ARE = (
    *("id", "model", "endpoint", "requested_by", "stage", "is_settled"),
    *("reason", "held_because", "decided_by", "revision", "sequence"),
)
_MAPPINGS = ("slots", "weights", "before")


def rollout_id(now: datetime, suffix: str) -> str:
    """An id that sorts by time; the suffix, four hexadecimal digits, tells those of one second apart.

    >>> from datetime import UTC
    >>> rollout_id(datetime(2026, 11, 22, 10, 15, tzinfo=UTC), "3f9a")
    '20261122T101500-3f9a'
    """
    return f"{now:%Y%m%dT%H%M%S}-{suffix}"


def to_document(rollout: Rollout) -> dict[str, Any]:
    """JSON form."""
    return {
        **{name: getattr(rollout, name) for name in _AS_THEY_ARE},
        **{name: dict(getattr(rollout, name)) for name in _MAPPINGS},
        **{name: _text(getattr(rollout, name)) for name in (*_MOMENTS, "requested_at")},
        "candidate": asdict(rollout.candidate),
        "previous": asdict(rollout.previous),
        "plan": rollout.plan.to_dict(),
        "phase": rollout.phase.value,
        "position": rollout.position.value,
        "seen": asdict(rollout.seen),
        "evidence": rollout.evidence.to_dict(),
        "hold": rollout.hold.value if rollout.hold else None,
        "command": _of_command(rollout.command) if rollout.command else None,
        "trouble": _of_trouble(rollout.trouble) if rollout.trouble else None,
        "stuck": {"since": _text(rollout.stuck.since), "is_told": rollout.stuck.is_told} if rollout.stuck else None,
    }


def from_document(form: Mapping[str, Any]) -> Rollout:
    """Read the JSON form. Raises KeyError, TypeError, ValueError or InvalidPlan."""
    values: dict[str, Any] = {
        **{name: form[name] for name in _AS_THEY_ARE},
        **{name: dict(form[name]) for name in _MAPPINGS},
        **{name: _moment(form[name]) for name in _MOMENTS},
        "requested_at": datetime.fromisoformat(form["requested_at"]),
        "candidate": ModelVersion(**form["candidate"]),
        "previous": ModelVersion(**form["previous"]),
        "plan": Plan.from_dict(form["plan"]),
        "phase": Phase(form["phase"]),
        "position": Position(form["position"]),
        "seen": Seen(**form["seen"]),
        "evidence": EvidenceSoFar.from_dict(form["evidence"]),
        "hold": Hold(form["hold"]) if form["hold"] else None,
        "command": _command(form["command"]) if form["command"] else None,
        "trouble": _trouble(form["trouble"]) if form["trouble"] else None,
        "stuck": _stuck(form["stuck"]) if form.get("stuck") else None,
    }
    return Rollout(**values)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _of_command(command: Command) -> dict[str, Any]:
    return {**asdict(command), "verb": command.verb.value, "at": command.at.isoformat()}


def _command(form: Mapping[str, Any]) -> Command:
    return Command(**{**form, "verb": Verb(form["verb"]), "at": datetime.fromisoformat(form["at"])})


def _of_trouble(trouble: Trouble) -> dict[str, Any]:
    return {**asdict(trouble), "again_at": trouble.again_at.isoformat()}


def _trouble(form: Mapping[str, Any]) -> Trouble:
    return Trouble(**{**form, "again_at": datetime.fromisoformat(form["again_at"])})


def _stuck(form: Mapping[str, Any]) -> Stuck:
    return Stuck(datetime.fromisoformat(form["since"]), is_told=form["is_told"])

"""How does a rollout look from outside? As the admin API answers it and ``sluice --json`` prints it."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from sluice.domain.evidence.finding import Finding
from sluice.domain.replay.report import Outcome
from sluice.domain.rollout.rollout import Phase, Position, Rollout, Verb
from sluice.domain.shadow.shadowed import Shadowed
from sluice.service.collect_evidence import judged


class View(BaseModel):
    """Something shown; it is made from a value of the domain and never read back."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)


class VersionView(View):
    """A version of the model."""

    version: str
    """As answers name it."""

    artifact: str
    """S3 URL of its model.tar.gz."""


class CommandView(View):
    """A person's decision that the controller has not obeyed yet."""

    verb: Verb
    actor: str
    reason: str
    at: datetime


class TroubleView(View):
    """Why the endpoint could not be changed, and when that is tried again."""

    reason: str
    attempts: int
    again_at: datetime
    is_capacity: bool
    """Whether instances are lacking: that is waited for, without giving up."""


class FindingView(View):
    """What the evidence says of one kind of events. Numbers are logarithms of e-values."""

    subject: str
    """errors, slow, breaches, sample_ratio or agreement."""

    verdict: str
    """pass, inconclusive, error or fail."""

    reason: str
    log_e_harm: float
    harm_boundary: float
    """Rolled back when log_e_harm reaches it."""

    log_e_promote: float | None
    promote_boundary: float | None
    """Good enough when log_e_promote reaches it."""


class ShadowView(View):
    """What a shadow answered beside the champion: captured answers to the same requests, compared."""

    requests: int
    """How many count for the agreement: of both there was an answer, and the champion's was fit to be passed on."""

    agreement: float | None
    """The share of rows in which the answers agree, every request counting the same; null where none was compared."""

    outputs: dict[str, Any]
    """By output: rows, agreeing, agreement, and the mean, p95 and max of the differences."""

    checked: int
    """Requests of which both answers were held against the guardrails of the signature."""

    breaches: int
    """In how many the shadow's answer broke one."""

    champions_breaches: int
    """In how many the champion's did."""

    troubles: list[str]
    """Some of the shadow's breaches, with the prediction's id."""

    not_compared: dict[str, int]
    """What was left out, by reason."""

    worst: list[dict[str, Any]]
    """The rows that differ most, by prediction id, with both answers; those that do not agree first."""

    @classmethod
    def of_shadowed(cls, shadowed: Shadowed) -> Self:
        """The counts as they are shown."""
        report = shadowed.report.to_dict()
        others = (Outcome.NO_ANSWER, Outcome.NOTHING_COMMON)
        not_compared = {each.value: report["requests"][each] for each in others if report["requests"][each]}
        return cls(
            requests=shadowed.requests,
            agreement=shadowed.agreement,
            outputs=report["outputs"],
            checked=shadowed.checked,
            breaches=shadowed.breaches,
            champions_breaches=shadowed.champions_breaches,
            troubles=report["troubles"],
            not_compared=not_compared | report["skipped"],
            worst=[{name: each[name] for name in each if name != "inputs"} for each in report["worst"]],
        )


class RolloutView(View):
    """One rollout."""

    id: str
    """Sorts by time."""

    model: str
    endpoint: str
    candidate: VersionView
    previous: VersionView
    """The version an abort goes back to."""

    phase: Phase
    """pending, progressing, paused, succeeded or aborted."""

    position: Position
    """What it is doing."""

    stage: int
    """Index of the plan's stage it has come to."""

    plan: dict[str, Any]
    """Its stages, bake, rules of evidence and horizon."""

    slots: dict[str, str]
    """Version that is wanted in each variant."""

    weights: dict[str, int]
    """Percent of the traffic that is wanted for each variant."""

    is_settled: bool
    """Whether endpoint and routing table have been seen as wanted."""

    since: datetime | None
    """When it came to its position, stage and weights."""

    findings: list[FindingView]
    """What the evidence says; empty before anything was compared."""

    shadow: ShadowView | None
    """What the shadow of its plan answered beside the champion; null where nothing was captured and compared."""

    reason: str
    """Of the last decision, with its numbers."""

    decided_by: str
    """Who made the last decision."""

    held_because: str | None
    """While it is paused: why."""

    command: CommandView | None
    trouble: TroubleView | None
    requested_by: str
    requested_at: datetime
    revision: int
    """The ETag: counts the writes of the record."""

    @classmethod
    def of(cls, rollout: Rollout, *, now: datetime) -> Self:
        """The rollout as it is shown."""
        found = {name: getattr(rollout, name, None) for name in cls.model_fields}
        shadowed = rollout.evidence.shadowed
        made = {
            "plan": rollout.plan.to_dict(),
            "findings": findings_of(rollout, now=now),
            "shadow": ShadowView.of_shadowed(shadowed) if shadowed else None,
        }
        return cls.model_validate(found | made)


def findings_of(rollout: Rollout, *, now: datetime) -> tuple[Finding, ...]:
    """What was counted says so far; while it bakes, what the watch over the new champion says."""
    found = judged(rollout, now=now)
    shown = found.watch if rollout.position is Position.BAKING else found.evidence
    return shown.findings if shown else ()


def as_json(view: View) -> Any:
    """A view as JSON values."""
    return view.model_dump(mode="json")

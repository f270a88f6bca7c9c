"""How do audits, incidents and routing tables look from outside? As the admin API answers them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from sluice.api.rollout_view import RolloutView, View
from sluice.domain.incident import Incident
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.routing import Routing


class EntryView(View):
    """One line of the audit."""

    kind: str
    """What happened: requested, started, installed, shifted, held, resumed, promoted, aborted, rolled_back, …"""

    actor: str
    """Who decided: controller, a person's ARN, or an alarm's name."""

    reason: str
    at: datetime
    details: dict[str, Any]
    """What it was decided on: weights, evidence, alarms."""

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The line as it is shown."""
        return cls(kind=entry.kind, actor=entry.actor, reason=entry.reason, at=entry.at, details=dict(entry.details))


class IncidentView(View):
    """Something that went wrong and what is needed to look into it."""

    id: str
    model: str
    rollout_id: str
    """Empty when it is about no rollout."""

    title: str
    opened_at: datetime
    what_changed: str
    evidence: dict[str, Any]
    alarms: list[str]
    """Those that were in ALARM."""

    prediction_ids: list[str]
    """Some answers of the variant in question."""

    variant: str
    """Whose answers those are; empty when there are none."""

    replay: str
    """A command that puts the same requests to it again."""

    decided_by: str

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """The incident as it is shown."""
        return cls.model_validate(incident.to_dict())


class RoutingView(View):
    """Where a model's requests go."""

    model: str
    endpoint: str
    weights: dict[str, int]
    """Percent of the traffic for each variant."""

    versions: dict[str, str]
    """Version in each variant."""

    preview: dict[str, Any] | None
    """Who sees a variant before the others: {"variant", "units", "groups"}."""

    interleaving: dict[str, Any] | None
    """Whose lists are drafted with the champion's when rows are ranked: {"treatment"}."""

    author: str
    """Who wrote this revision: deploy, rollout:<id>, experiment:<id>, or a person."""

    revision: int
    """The ETag: counts the writes of the table."""

    @classmethod
    def of(cls, routing: Routing) -> Self:
        """The table as it is shown: without the signature, which GET /v2/models/<model> answers."""
        return cls(
            model=routing.model,
            endpoint=routing.endpoint,
            weights=dict(routing.weights),
            versions=dict(routing.versions),
            preview=routing.preview.to_dict() if routing.preview else None,
            interleaving=asdict(routing.interleaving) if routing.interleaving else None,
            author=routing.author,
            revision=routing.revision,
        )


class RolloutsView(View):
    """Some rollouts."""

    rollouts: list[RolloutView]
    """Newest first."""

    @classmethod
    def of(cls, rollouts: Iterable[Rollout], *, now: datetime) -> Self:
        """Rollouts as they are shown."""
        return cls(rollouts=[RolloutView.of(rollout, now=now) for rollout in rollouts])


class AuditView(View):
    """Everything that happened to a rollout."""

    entries: list[EntryView]
    """In order."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """An audit as it is shown."""
        return cls(entries=[EntryView.of(entry) for entry in entries])


class ExplanationView(View):
    """Why is a rollout where it is?"""

    sentences: list[str]


class IncidentsView(View):
    """Some incidents."""

    incidents: list[IncidentView]
    """Newest first."""

    @classmethod
    def of(cls, incidents: Iterable[Incident]) -> Self:
        """Incidents as they are shown."""
        return cls(incidents=[IncidentView.of(incident) for incident in incidents])

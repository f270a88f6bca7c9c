"""Start a rollout: find the version, say what will happen and how long it is expected to take, then ask for it."""

import secrets
from datetime import datetime, timedelta

from rich.markup import escape

from sluice.api.rollout_view import RolloutView, as_json
from sluice.aws.controller import Controller
from sluice.aws.counts import Counted, Counts
from sluice.aws.endpoint import Endpoints
from sluice.cli.candidate import Candidate, find_candidate
from sluice.cli.chosen_plan import chosen_plan
from sluice.cli.release import Release
from sluice.cli.show_plan import show_forecast, show_plan
from sluice.cli.target import UsageProblem
from sluice.clock import utc_now
from sluice.domain.errors import EndpointConfigLost, EndpointNotFound, ModelNotFound
from sluice.domain.rollout.document import rollout_id
from sluice.domain.rollout.plan import Plan
from sluice.domain.rollout.rollout import ModelVersion
from sluice.domain.variant import CHAMPION
from sluice.service.forecast_rollout import LOOKS_BACK_MINUTES, Forecast, forecast_rollout
from sluice.service.start_rollout import RolloutRequest, start_rollout


def start(release: Release, word: str, *, plan: str | None, version: str | None, reason: str, may_start: bool) -> None:
    """Show what will happen, then start it. Raises UsageProblem where that was not asked for in so many words."""
    controller = release.controller()
    candidate = find_candidate(word, version, release)
    wanted = chosen_plan(plan, release)
    _announce(release, candidate, wanted)
    if not may_start:
        raise UsageProblem("nothing has been started: add --yes to start it on AWS")
    artifact = candidate.secure()
    moment = utc_now()
    request = RolloutRequest(
        model=release.model,
        candidate=ModelVersion(candidate.version, artifact),
        inputs_hash=candidate.inputs_hash,
        plan=wanted,
        requested_by=release.actor(),
        reason=reason,
    )
    started = start_rollout(
        request,
        rollouts=release.rollouts,
        routings=release.routings,
        declarations=release.declarations,
        new_id=lambda at: rollout_id(at, secrets.token_hex(2)),
        now=moment,
    )
    ask_for_a_look(controller, release)
    if release.out.as_json:
        release.out.json(as_json(RolloutView.of(started, now=utc_now())))
    release.out.plain(f"{started.id} is {started.phase}: `sluice rollout watch` shows how it goes")


def ask_for_a_look(controller: Controller, release: Release) -> None:
    """Have the controller look now; a person is told when that cannot be asked."""
    refused = controller.look_now(release.model)
    if refused is not None:
        release.out.plain(f"the controller looks within a minute; it could not be asked to look now: {refused}")


def _announce(release: Release, candidate: Candidate, plan: Plan) -> None:
    routing = release.routings.get(release.model)
    if routing is None:
        raise ModelNotFound(f"{release.model} has no routing table: it has not been deployed")
    out = release.out
    champion = routing.versions[CHAMPION]
    out.line(
        f"[bold]{release.model}[/]: version {escape(candidate.version)} ({escape(candidate.source)}) "
        f"in place of {escape(champion)}, plan {escape(plan.name)}"
    )
    show_plan(plan, out)
    show_forecast(_forecast(release, plan, sorted(routing.versions), at=utc_now()), out)


def _forecast(release: Release, plan: Plan, slots: list[str], *, at: datetime) -> Forecast:
    try:
        config = Endpoints.connect().describe(release.endpoint).config_name
    except (EndpointConfigLost, EndpointNotFound) as unknown:
        return Forecast(0, None, None, str(unknown))
    until = at.replace(second=0, microsecond=0)
    hour = {"start": until - timedelta(minutes=LOOKS_BACK_MINUTES), "end": until}
    counts, counted = Counts.connect(), Counted(release.model, release.endpoint, config, slots)
    p95 = counts.p95_milliseconds(counted, CHAMPION, **hour)
    slow_after = None if p95 is None else plan.rules.slow_after(p95)
    return forecast_rollout(plan, counts.minutes(counted, **hour, slow_after_milliseconds=slow_after))

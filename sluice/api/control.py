"""The admin API: what operators and their programs do about releases. Only for callers with AWS credentials."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Header, Query, Response

from sluice.api import problems
from sluice.api.contract import PROBLEM_RESPONSES
from sluice.api.control_body import CommandBody, StartBody
from sluice.api.control_caller import Caller
from sluice.api.control_experiments import add_experiments
from sluice.api.control_services import Services
from sluice.api.control_start import request_of
from sluice.api.control_view import AuditView, ExplanationView, IncidentsView, IncidentView, RolloutsView, RoutingView
from sluice.api.inference import SERVER_VERSION
from sluice.api.problem_types import REVISION_MISMATCH
from sluice.api.problems import Refused
from sluice.api.rollout_view import RolloutView
from sluice.domain.errors import StaleWrite
from sluice.domain.rollout.rollout import Command, Rollout, Verb
from sluice.service.command_rollout import command_rollout
from sluice.service.explain_rollout import explain_rollout
from sluice.service.start_rollout import start_rollout

_MODEL = "/admin/v1/models/{model}"
_ROLLOUTS = f"{_MODEL}/rollouts"
_ROLLOUT = f"{_ROLLOUTS}/{{rollout_id}}"
_DECIDES = {
    Verb.PAUSE: "Hold a rollout where it is; alarms and evidence can still abort it",
    Verb.RESUME: "Let a held rollout go on",
    Verb.PROMOTE: "Past a stage that waits for a person or for evidence: on to the next one",
    Verb.ABORT: "Give all traffic back to the previous version",
}
_ANY = (None, "*")
_IfMatch = Annotated[
    str | None, Header(description="An ETag: what is asked is done only if the rollout has not changed since.")
]
_Limit = Annotated[int, Query(ge=1, le=100, description="How many, at most.")]

# Handlers are coroutines although they block, as those of predictions: a Lambda sandbox gets one request at a time.


def create_app(services: Services) -> FastAPI:
    """The API as an ASGI application."""
    app = FastAPI(
        title="Sluice operators",
        version=SERVER_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=PROBLEM_RESPONSES,
    )
    problems.install(app)
    _add_looks(app, services)
    _add_accounts(app, services)
    _add_start(app, services)
    for verb, meaning in _DECIDES.items():
        _add_decision(app, services, verb, meaning)
    _add_model(app, services)
    add_experiments(app, services)
    return app


def _add_looks(app: FastAPI, services: Services) -> None:
    @app.get(_ROLLOUTS, summary="The rollouts of a model, newest first")
    async def rollouts(model: str, _: Caller, limit: _Limit = 20) -> RolloutsView:
        return RolloutsView.of(services.rollouts.recent(services.known(model), limit), now=services.clock())

    @app.get(_ROLLOUT, summary="One rollout: its weights, its place in the plan, its evidence")
    async def rollout(model: str, rollout_id: str, _: Caller, response: Response) -> RolloutView:
        return _tagged(services.rollout(model, rollout_id), response, services.clock())


def _add_accounts(app: FastAPI, services: Services) -> None:
    @app.get(f"{_ROLLOUT}/audit", summary="Everything that happened to a rollout: who, when, why")
    async def audit(model: str, rollout_id: str, _: Caller) -> AuditView:
        services.rollout(model, rollout_id)
        return AuditView.of(services.rollouts.audit(model, rollout_id))

    @app.get(f"{_ROLLOUT}/explanation", summary="Why is it at this weight, and what happens next?")
    async def explanation(model: str, rollout_id: str, _: Caller) -> ExplanationView:
        found = services.rollout(model, rollout_id)
        sentences = explain_rollout(found, rollouts=services.rollouts, rewards=services.rewards, now=services.clock())
        return ExplanationView(sentences=sentences)


def _add_start(app: FastAPI, services: Services) -> None:
    @app.post(_ROLLOUTS, summary="Ask for a rollout", status_code=HTTPStatus.CREATED)
    async def start(model: str, body: StartBody, caller: Caller, response: Response) -> RolloutView:
        now = services.clock()
        request = request_of(body, services.known(model), caller, services)
        started = start_rollout(
            request,
            rollouts=services.rollouts,
            routings=services.routings,
            declarations=services.declarations,
            new_id=services.new_id,
            now=now,
        )
        services.controller.look_now(model)
        response.headers["Location"] = f"/admin/v1/models/{model}/rollouts/{started.id}"
        return _tagged(started, response, now)


def _add_decision(app: FastAPI, services: Services, verb: Verb, meaning: str) -> None:
    @app.post(f"{_ROLLOUT}:{verb}", summary=meaning, operation_id=f"{verb}_rollout")
    async def decide(  # noqa: PLR0917  a signature is the operation's parameters
        model: str,
        rollout_id: str,
        body: CommandBody,
        caller: Caller,
        response: Response,
        if_match: _IfMatch = None,
    ) -> RolloutView:
        read = services.rollout(model, rollout_id)
        _check(if_match, read)
        command = Command(verb, caller, body.reason, services.clock())
        decided = _command(read, command, services, is_about_revision=if_match not in _ANY)
        services.controller.look_now(model)
        return _tagged(decided, response, command.at)


def _add_model(app: FastAPI, services: Services) -> None:
    @app.get(f"{_MODEL}/incidents", summary="The incidents of a model, newest first")
    async def incidents(model: str, _: Caller) -> IncidentsView:
        return IncidentsView.of(services.incidents.list(services.known(model)))

    @app.get(f"{_MODEL}/incidents/{{incident_id}}", summary="One incident: what changed, evidence, how to see it again")
    async def incident(model: str, incident_id: str, _: Caller) -> IncidentView:
        return IncidentView.of(services.incident(model, incident_id))

    @app.get(f"{_MODEL}/routing", summary="Where the requests of a model go")
    async def routing(model: str, _: Caller, response: Response) -> RoutingView:
        found = services.routing(model)
        response.headers["ETag"] = _etag(found.revision)
        return RoutingView.of(found)


def _tagged(rollout: Rollout, response: Response, now: datetime) -> RolloutView:
    response.headers["ETag"] = _etag(rollout.revision)
    return RolloutView.of(rollout, now=now)


def _command(read: Rollout, command: Command, services: Services, *, is_about_revision: bool) -> Rollout:
    """Write the command. Raises Refused when it is about a revision that somebody has changed since it was read."""
    revision = read.revision if is_about_revision else None
    try:
        return command_rollout(
            read.model, read.id, command, rollouts=services.rollouts, now=command.at, revision=revision
        )
    except StaleWrite as changed:
        if revision is None:
            raise
        raise Refused(REVISION_MISMATCH, str(changed)) from changed


def _check(if_match: str | None, read: Rollout) -> None:
    """Raise Refused when the caller has decided about another revision than the one there is."""
    etag = _etag(read.revision)
    if if_match not in (*_ANY, etag):
        raise Refused(REVISION_MISMATCH, f"it is {etag} now, If-Match says {if_match}")


def _etag(revision: int) -> str:
    return f'"{revision}"'

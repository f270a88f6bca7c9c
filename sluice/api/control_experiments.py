"""The part of the admin API about experiments: start one, read its verdict, end it, ask what other weights earn."""

from http import HTTPStatus

from fastapi import FastAPI, Response

from sluice.api.control_caller import Caller
from sluice.api.control_services import Services
from sluice.api.control_view import AuditView
from sluice.api.experiment_body import ExperimentBody, PolicyBody, StopBody
from sluice.api.experiment_view import ExperimentStatusView, ExperimentsView, ExperimentView, PolicyView
from sluice.domain.experiment.run import Run
from sluice.service.experiment_status import evaluate_policy, experiment_status
from sluice.service.start_experiment import start_experiment
from sluice.service.stop_experiment import find_experiment, stop_experiment

_EXPERIMENTS = "/admin/v1/models/{model}/experiments"
_EXPERIMENT = f"{_EXPERIMENTS}/{{experiment_id}}"


def add_experiments(app: FastAPI, services: Services) -> None:
    """Add the routes."""
    _add_looks(app, services)
    _add_decisions(app, services)
    _add_evaluation(app, services)


def _add_looks(app: FastAPI, services: Services) -> None:
    @app.get(_EXPERIMENTS, summary="The experiments of a model, newest first")
    async def experiments(model: str, _: Caller) -> ExperimentsView:
        return ExperimentsView.of(services.experiments.recent(services.known(model)))

    @app.get(_EXPERIMENT, summary="One experiment: its weights, its verdict, and about how long it takes yet")
    async def experiment(model: str, experiment_id: str, _: Caller) -> ExperimentStatusView:
        run = _find(services, model, experiment_id)
        status = experiment_status(
            run, experiments=services.experiments, rewards=services.rewards, now=services.clock()
        )
        return ExperimentStatusView.of_status(status)

    @app.get(f"{_EXPERIMENT}/audit", summary="Everything that happened to an experiment, a bandit's draws among it")
    async def experiment_audit(model: str, experiment_id: str, _: Caller) -> AuditView:
        _find(services, model, experiment_id)
        return AuditView.of(services.experiments.audit(model, experiment_id))


def _add_decisions(app: FastAPI, services: Services) -> None:
    @app.post(_EXPERIMENTS, summary="Start an experiment", status_code=HTTPStatus.CREATED)
    async def start(model: str, body: ExperimentBody, caller: Caller, response: Response) -> ExperimentView:
        run = start_experiment(
            body.request(services.known(model), caller),
            experiments=services.experiments,
            rollouts=services.rollouts,
            routings=services.routings,
            new_id=services.new_id,
            now=services.clock(),
        )
        services.controller.look_now(model)
        response.headers["Location"] = f"/admin/v1/models/{model}/experiments/{run.id}"
        return ExperimentView.of(run)

    @app.post(f"{_EXPERIMENT}:stop", summary="End an experiment", operation_id="stop_experiment")
    async def stop(model: str, experiment_id: str, body: StopBody, caller: Caller) -> ExperimentView:
        run = _find(services, model, experiment_id)
        now = services.clock()
        stopped = stop_experiment(run, body.stop(run, caller), experiments=services.experiments, now=now)
        services.controller.look_now(model)
        return ExperimentView.of(stopped)


def _add_evaluation(app: FastAPI, services: Services) -> None:
    @app.post(
        f"{_EXPERIMENT}:evaluate",
        summary="What other weights would have earned in the experiment's time",
        operation_id="evaluate_policy",
    )
    async def evaluate(model: str, experiment_id: str, body: PolicyBody, _: Caller) -> PolicyView:
        run = _find(services, model, experiment_id)
        found = evaluate_policy(
            run, body.policy, experiments=services.experiments, rewards=services.rewards, now=services.clock()
        )
        return PolicyView.of(body.policy, found)


def _find(services: Services, model: str, experiment_id: str) -> Run:
    return find_experiment(services.known(model), experiment_id, services.experiments)

"""Who tries what in a search? Every host of the job: the first gives trials out and keeps what they come to."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from examples.flights.hyperparameters import Hyperparameters
from examples.flights.search import Search
from examples.flights.trials import Parameters, Trial
from model_container import log
from model_container.hosts import Follower, Lead, Message
from model_container.training_job import TrainingJob

Evaluate = Callable[[Parameters], tuple[float, float]]


def search_settings(job: TrainingJob, settings: Hyperparameters, of: str, evaluate: Evaluate) -> list[Trial]:
    """Try settings until a limit is reached; on the first host what was tried, best first, on others nothing.

    ``of`` says what is searched for; ``evaluate`` gives the log loss and the AUC of settings. Raises CannotTrain when
    the first host cannot be reached.
    """
    if not job.is_lead:
        with Follower(job) as lead:
            _try(job, lambda: _trial(lead.ask({})), lambda *told: lead.ask({"told": told}), evaluate)
        return []
    search = Search(settings.like, settings.limits, job.checkpoint_dir / "search.json", of)
    with Lead(job, lambda message: _answer(search, message)):
        _try(job, search.next, search.tell, evaluate)
        return search.results()


def _try(
    job: TrainingJob, ask: Callable[[], Trial | None], tell: Callable[[int, float, float], object], evaluate: Evaluate
) -> None:
    while (trial := ask()) is not None:
        log_loss, auc = evaluate(trial.parameters)
        tell(trial.number, log_loss, auc)
        log.log("search.tried", host=job.current_host, **asdict(Trial(trial.number, trial.parameters, log_loss, auc)))


def _answer(search: Search, message: Message) -> Message:
    """To another host: what it tried is taken, or it gets the next trial."""
    if "told" in message:
        search.tell(*message["told"])
        return {}
    trial = search.next()
    return {"trial": None if trial is None else asdict(trial)}


def _trial(answer: Mapping[str, Any]) -> Trial | None:
    return None if answer["trial"] is None else Trial(**answer["trial"])

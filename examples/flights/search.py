"""Which settings does a model get? Optuna proposes, validation rows judge; what was found outlives an interruption."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from examples.flights.trials import Limits, Parameters, Trial
from model_container.checkpoint import write_whole

#: What is searched, by kind of model; the first trial has what the model has anyway.
SPACES: Mapping[str, Mapping[str, tuple[float, FloatDistribution | IntDistribution]]] = {
    "1": {"C": (0.01, FloatDistribution(1e-4, 1.0, log=True))},
    "2": {
        "learning_rate": (0.06, FloatDistribution(0.02, 0.2, log=True)),
        "max_leaf_nodes": (15, IntDistribution(7, 31)),
        "min_samples_leaf": (200, IntDistribution(50, 500, log=True)),
        "l2_regularization": (1.0, FloatDistribution(0.1, 10.0, log=True)),
        "max_features": (0.2, FloatDistribution(0.1, 1.0)),
    },
}


def propose(kind: str, tried: Sequence[Trial], number: int) -> Parameters:
    """The settings of a trial: a function of its number and of what the others came to, however often it is asked."""
    space = SPACES[kind]
    if number == 0:
        return {name: default for name, (default, _) in space.items()}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions: dict[str, BaseDistribution] = {name: distribution for name, (_, distribution) in space.items()}
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=number))
    study.add_trials(
        [
            optuna.trial.create_trial(params=dict(each.parameters), distributions=distributions, value=each.log_loss)
            for each in tried
            if each.log_loss is not None
        ]
    )
    return dict(study.ask(distributions).params)


class Search:
    """The trials of one job, from any thread. After each change they are written to a file.

    That is not a journal of Optuna's: a line of one that a kill has cut in two makes the rest unreadable.
    """

    def __init__(
        self, kind: str, limits: Limits, file: Path, of: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Go on from the file if it is about the same: ``of`` says what is searched for."""
        self._kind, self._limits, self._file, self._of = kind, limits, file, of
        kept = json.loads(file.read_bytes()) if file.exists() else {}
        kept = kept if kept.get("of") == of else {}
        self._trials = [Trial(**each) for each in kept.get("trials", ())]
        self._clock, self._began = clock, clock() - kept.get("seconds", 0.0)
        self._given: set[int] = set()
        self._changed = threading.Condition()

    def next(self) -> Trial | None:
        """A trial to be tried, those first that an interruption has cut off; None when there is none any more."""
        with self._changed:
            left = [each for each in self._trials if each.log_loss is None and each.number not in self._given]
            if not left and self._may_begin():
                number = len(self._trials)
                left = [Trial(number, propose(self._kind, self._trials, number))]
                self._trials += left
                self._save()
            for trial in left[:1]:
                self._given.add(trial.number)
                return trial
            return None

    def tell(self, number: int, log_loss: float, auc: float) -> None:
        """What a trial came to."""
        with self._changed:
            self._trials[number] = replace(self._trials[number], log_loss=log_loss, auc=auc)
            self._save()
            self._changed.notify_all()

    def results(self) -> list[Trial]:
        """Every trial, best first; waits for those that others still try."""
        with self._changed:
            self._changed.wait_for(lambda: all(each.log_loss is not None for each in self._trials))
            return sorted(self._trials, key=lambda each: each.log_loss or 0.0)

    def _may_begin(self) -> bool:
        begun = len(self._trials)
        in_time = not self._limits.seconds or self._clock() - self._began < self._limits.seconds
        return begun == 0 or (begun < self._limits.trials and in_time)

    def _save(self) -> None:
        form = {
            "of": self._of,
            "seconds": self._clock() - self._began,
            "trials": [asdict(each) for each in self._trials],
        }
        write_whole(self._file, json.dumps(form).encode())

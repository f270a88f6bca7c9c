"""The search for settings: what is proposed, when it ends, what an interruption leaves of it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from examples.flights.hyperparameters import Hyperparameters
from examples.flights.search import SPACES, Search, propose
from examples.flights.trials import Limits, Parameters, Trial
from examples.flights.tune import search_settings
from local_cloud.processes import free_port
from model_container.training_job import TrainingJob


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def loss(parameters: Parameters) -> float:
    """Best at weights that are shrunk by 0.1."""
    return abs(parameters["C"] - 0.1)


def a_search(folder: Path, limits: Limits, *, of: str = "these rows", clock: Clock | None = None) -> Search:
    return Search("1", limits, folder / "search.json", of, clock=clock or Clock())


def tried(search: Search, most: int = 100) -> list[int]:
    """The numbers of the trials that were given out and told, at most so many."""
    numbers: list[int] = []
    while len(numbers) < most and (trial := search.next()) is not None:
        search.tell(trial.number, loss(trial.parameters), 0.7)
        numbers.append(trial.number)
    return numbers


@pytest.mark.parametrize("kind", ["1", "2"])
def test_the_first_trial_has_the_usual_settings_and_others_stay_within_bounds(kind: str) -> None:
    told = [Trial(0, propose(kind, [], 0), 0.5, 0.7)]

    others = [propose(kind, told, number) for number in range(1, 20)]

    assert told[0].parameters == {name: usual for name, (usual, _) in SPACES[kind].items()}
    for each in others:
        assert all(space.low <= each[name] <= space.high for name, (_, space) in SPACES[kind].items())
    assert len({json.dumps(each) for each in others}) == len(others)


def test_a_search_finds_better_settings_than_the_usual_ones(tmp_path: Path) -> None:
    search = a_search(tmp_path, Limits(25, 0))

    assert tried(search) == [*range(25)]
    best, *others = search.results()
    assert best.log_loss == min(each.log_loss or 0 for each in [*others, best]) < loss({"C": 0.01}) / 4


def test_an_interrupted_search_comes_to_what_it_would_have_come_to(tmp_path: Path) -> None:
    whole, first = a_search(tmp_path, Limits(15, 0)), a_search(tmp_path / "cut", Limits(15, 0))
    (tmp_path / "cut").mkdir()
    tried(first, most=11)
    cut_off = first.next()

    second = a_search(tmp_path / "cut", Limits(15, 0))

    assert cut_off is not None
    assert tried(second) == [cut_off.number, 12, 13, 14]
    tried(whole)
    assert second.results() == whole.results()


def test_what_was_found_for_other_rows_is_not_gone_on_from(tmp_path: Path) -> None:
    tried(a_search(tmp_path, Limits(3, 0)))

    assert tried(a_search(tmp_path, Limits(3, 0), of="other rows")) == [0, 1, 2]


def test_no_trial_is_begun_once_the_time_is_over_and_time_before_an_interruption_counts(tmp_path: Path) -> None:
    clock = Clock()
    search = a_search(tmp_path, Limits(6, 60), clock=clock)
    clock.now += 40
    assert tried(search, most=2) == [0, 1]

    later = Clock()
    later.now = 5.0
    again = a_search(tmp_path, Limits(6, 60), clock=later)
    later.now += 19
    assert tried(again, most=1) == [2]
    later.now += 2
    assert tried(again) == []


def test_the_first_trial_is_made_however_short_the_time(tmp_path: Path) -> None:
    clock = Clock()
    search = a_search(tmp_path, Limits(6, 1), clock=clock)
    clock.now += 5

    assert tried(search) == [0]


def test_results_wait_for_those_who_still_try(tmp_path: Path) -> None:
    search = a_search(tmp_path, Limits(2, 0))
    theirs, ours = search.next(), search.next()
    assert theirs is not None
    assert ours is not None
    search.tell(ours.number, 0.4, 0.7)

    with ThreadPoolExecutor(1) as threads:
        results = threads.submit(search.results)
        assert search.next() is None
        search.tell(theirs.number, 0.3, 0.7)

        assert [each.number for each in results.result(10)] == [theirs.number, ours.number]


def test_hosts_share_the_trials_of_one_search(tmp_path: Path) -> None:
    port, side_by_side, names = free_port(), Barrier(2), ("algo-1", "algo-2")
    settings = Hyperparameters.read({"like": "1", "search_trials": "6"})

    def evaluate(parameters: Parameters) -> tuple[float, float]:
        side_by_side.wait(10)  # each host has a trial, or nobody goes on
        return loss(parameters), 0.7

    def search(host: str) -> list[Trial]:
        job = TrainingJob({}, {}, tmp_path, tmp_path, tmp_path, names, host, lead_address=("127.0.0.1", port))
        return search_settings(job, settings, "these rows", evaluate)

    with ThreadPoolExecutor(2) as hosts:
        first, second = hosts.map(search, names)

    assert sorted(each.number for each in first) == [0, 1, 2, 3, 4, 5]
    assert first[0].log_loss == min(loss(each.parameters) for each in first)
    assert second == []

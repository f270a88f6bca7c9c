from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sluice.aws.experiments import Experiments
from sluice.aws.rollouts import Rollouts
from sluice.domain.errors import (
    ExperimentNotFound,
    ExperimentRefused,
    InvalidExperiment,
    InvalidWeights,
    ModelNotFound,
    StaleWrite,
)
from sluice.domain.experiment.experiment import Mode, Phase
from sluice.domain.experiment.goal import Goal
from sluice.domain.experiment.run import Run, Stop
from sluice.domain.rollout.decision import EntryKind
from sluice.domain.routing import Interleaving, Preview, Routing
from sluice.domain.signature import Datatype, TensorSpec
from sluice.service.start_experiment import ExperimentRequest, start_experiment
from sluice.service.stop_experiment import everything_to_the_champion, find_experiment, stop_experiment
from tests.builders import a_routing, a_store
from tests.experiment_builders import HALF, ID, T0, minutes
from tests.rollout_builders import queued

REQUEST = ExperimentRequest("flights", HALF, Goal("booked"), "ada", "is it better?")


class Place:
    """A model with two variants, and its records."""

    def __init__(self, client: Any) -> None:
        self.routings = a_store(client)
        self.experiments = Experiments(client, table="state")
        self.rollouts = Rollouts(client, table="state")
        self.routings.put(a_routing(champion=100, challenger=0))

    def start(self, request: ExperimentRequest = REQUEST, *, now: datetime = T0) -> Run:
        return start_experiment(
            request,
            experiments=self.experiments,
            rollouts=self.rollouts,
            routings=self.routings,
            new_id=lambda at: f"{at:%Y%m%dT%H%M%S}-3f9a",
            now=now,
        )

    def stop(self, run: Run, **weights: int) -> Run:
        decided = Stop("bob", "enough", weights or everything_to_the_champion(run))
        return stop_experiment(run, decided, experiments=self.experiments, now=minutes(5))

    def change_table(self, **changes: Any) -> None:
        table = self.routings.get("flights")
        assert table is not None
        changed: Routing = replace(table, **changes)
        self.routings.put(replace(changed, revision=table.revision + 1))


@pytest.fixture
def place() -> Iterator[Place]:
    with mock_aws():
        yield Place(boto3.client("dynamodb"))


def test_what_was_asked_for_is_written_down_with_who_asked_and_why(place: Place) -> None:
    run = place.start()

    assert place.experiments.active("flights") == run
    assert (run.id, run.experiment.phase, run.experiment.salt, run.revision) == (ID, Phase.PENDING, ID, 1)
    assert (run.versions, run.first_revision) == ({"champion": "1", "challenger": "2"}, 1)
    (entry,) = place.experiments.audit("flights", run.id)
    assert (entry.kind, entry.actor, entry.reason) == (EntryKind.REQUESTED, "ada", "is it better?")


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (replace(REQUEST, model="boats"), ModelNotFound),
        (replace(REQUEST, weights={"champion": 50, "challenger-2": 50}), InvalidExperiment),
        (replace(REQUEST, weights={"champion": 100}), InvalidExperiment),
        (replace(REQUEST, mode=Mode.INTERLEAVING), InvalidExperiment),
    ],
    ids=["model", "slot", "alone", "interleaving"],
)
def test_what_cannot_be_carried_out_is_refused(
    place: Place, request_: ExperimentRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        place.start(request_)

    assert place.experiments.recent("flights") == []


def test_one_experiment_runs_at_a_time(place: Place) -> None:
    first = place.start()

    with pytest.raises(ExperimentRefused, match="stop it first"):
        place.start(now=minutes(1))

    place.experiments.put(first.entering(Phase.STOPPED, now=minutes(2)))
    assert place.start(now=minutes(3)).revision == 1


def test_a_release_has_the_traffic(place: Place) -> None:
    place.rollouts.put(queued())

    with pytest.raises(ExperimentRefused, match="has the traffic"):
        place.start()


def test_the_same_version_twice_has_nothing_to_compare(place: Place) -> None:
    place.change_table(versions={"champion": "1", "challenger": "1"})

    with pytest.raises(ExperimentRefused, match="the same version"):
        place.start()


def test_a_preview_has_to_end_first(place: Place) -> None:
    place.change_table(preview=Preview("challenger", frozenset({"ann"})))

    with pytest.raises(ExperimentRefused, match="challenger is being shown"):
        place.start()


def test_an_id_that_is_taken_is_refused(place: Place) -> None:
    over = place.experiments.put(place.start().entering(Phase.STOPPED, now=T0))

    with pytest.raises(ExperimentRefused, match="already"):
        place.start()

    assert place.experiments.get("flights", ID) == over


def test_who_stops_it_and_why_is_recorded_for_the_next_look(place: Place) -> None:
    stopped = place.stop(place.start())

    assert stopped.stop == Stop("bob", "enough", {"champion": 100, "challenger": 0})
    assert place.experiments.get("flights", ID) == stopped
    last = place.experiments.audit("flights", ID)[-1]
    assert (last.kind, last.actor, last.details["verb"]) == (EntryKind.COMMANDED, "bob", "stop")


def test_the_traffic_may_be_left_as_it_is(place: Place) -> None:
    run = place.start()

    stopped = stop_experiment(run, Stop("bob", "", None), experiments=place.experiments, now=T0)

    assert stopped.stop == Stop("bob", "", None)


def test_it_is_stopped_once(place: Place) -> None:
    stopped = place.stop(place.start())

    with pytest.raises(ExperimentRefused, match="as bob wants"):
        place.stop(stopped)
    with pytest.raises(ExperimentRefused, match="is over"):
        place.stop(stopped.entering(Phase.STOPPED, now=T0))


def test_who_decided_on_an_older_record_decides_again(place: Place) -> None:
    run = place.start()
    place.stop(run)

    with pytest.raises(StaleWrite, match="experiment 20261122T101500-3f9a of flights was changed"):
        place.stop(run, champion=90, challenger=10)


@pytest.mark.parametrize("weights", [{"champion": 90}, {"champion": 50, "challenger-2": 50}])
def test_weights_that_cannot_be_are_refused(place: Place, weights: dict[str, int]) -> None:
    with pytest.raises(InvalidWeights):
        place.stop(place.start(), **weights)


def test_the_newest_is_meant_unless_an_id_is_given(place: Place) -> None:
    with pytest.raises(ExperimentNotFound, match="there has been no experiment of flights"):
        find_experiment("flights", None, place.experiments)
    run = place.start()

    assert find_experiment("flights", None, place.experiments) == run
    assert find_experiment("flights", ID, place.experiments) == run
    with pytest.raises(ExperimentNotFound, match="there is no experiment x of flights"):
        find_experiment("flights", "x", place.experiments)


DUEL = replace(REQUEST, weights={}, variants=("challenger", "champion"), mode=Mode.INTERLEAVING, goal=Goal("clicked"))


def test_two_rankers_are_interleaved_while_the_champion_has_the_traffic(place: Place) -> None:
    run = place.start(DUEL)

    assert run.experiment.variants == ("champion", "challenger")
    assert (run.experiment.weights, run.weights) == ({}, {"champion": 100, "challenger": 0})
    assert run.interleaving == Interleaving("challenger")


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (replace(DUEL, weights=HALF), "takes no weights"),
        (replace(DUEL, variants=("champion",)), "two variants or more"),
        (replace(REQUEST, variants=("champion", "challenger", "challenger-2")), "each variant of the experiment has"),
    ],
)
def test_rankers_are_named_and_traffic_is_divided_and_never_both(
    place: Place, request_: ExperimentRequest, says: str
) -> None:
    with pytest.raises(InvalidExperiment, match=says):
        place.start(request_)


def test_a_model_that_gives_no_number_a_row_ranks_nothing(place: Place) -> None:
    table = a_routing(champion=100, challenger=0, revision=1)
    text = replace(table.signature, outputs=(TensorSpec("name", Datatype.BYTES, (-1,)),))
    place.routings.put(replace(table, signature=text))

    with pytest.raises(InvalidExperiment, match="nothing can be ranked by it"):
        place.start(DUEL)

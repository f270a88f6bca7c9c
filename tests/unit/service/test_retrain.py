"""Retrainings on an emulated DynamoDB: told twice, at once, in any order, with crashes at every step."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.retrainings import Retrainings
from sluice.domain.errors import RetrainingRefused, StaleWrite
from sluice.domain.retraining.book import Book
from sluice.domain.retraining.trigger import Trigger
from sluice.domain.rollout.decision import Entry
from sluice.domain.training.pipeline import VERSION
from sluice.service.retrain import answer_event, retrain
from sluice.service.run_retraining import look
from tests.retraining_builders import ARN, HOUR, PIPELINE, POLICY, T0, RetrainingWorld, a_trigger, by_hand, called

EVERY_QUARTER = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
SAID = {"by": "ann", "reason": "summer", "key": "ab"}


@pytest.fixture
def world() -> Iterator[RetrainingWorld]:
    with mock_aws(), install_transactions():
        yield RetrainingWorld()


class Crash(Exception):
    """The function ends here."""


def crash(world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch, trigger: Trigger, *, write: int) -> None:
    """The function ends instead of its n-th write about a trigger."""
    put, writes = type(world.retrainings).put, iter(range(1, 100))

    def failing(retrainings: Retrainings, book: Book, entry: Entry | None = None) -> Book:
        if next(writes) == write:
            raise Crash
        return put(retrainings, book, entry)

    with monkeypatch.context() as patched:
        patched.setattr(Retrainings, "put", failing)
        with pytest.raises(Crash):
            retrain(trigger, world.services, now=T0)


def test_a_trigger_starts_the_pipeline_and_says_why(world: RetrainingWorld) -> None:
    outcome = retrain(by_hand(parameters={"Months": "3"}), world.services, now=T0)

    (asked,) = world.sagemaker.asked
    given = {each["Name"]: each["Value"] for each in asked["PipelineParameters"]}
    assert (asked["PipelineName"], given) == (PIPELINE, {"Months": "3", "Reason": "new month"})
    assert outcome.started is not None
    assert world.book.in_flight == outcome.started
    assert (outcome.started.execution, outcome.started.status) == (f"{ARN}/execution/0", "Executing")
    assert asked["PipelineExecutionDisplayName"] == outcome.started.id
    assert world.audit() == [("requested", "ann"), ("started", "retrain")]


def test_of_training_the_version_gets_a_name_which_stays(
    world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.go_by(replace(POLICY, names_versions=True))
    crash(world, monkeypatch, a_trigger(), write=2)

    outcome = retrain(a_trigger(), world.services, now=T0 + HOUR)

    names = [{each["Name"]: each["Value"] for each in asked["PipelineParameters"]} for asked in world.sagemaker.asked]
    assert names == [{VERSION: "20261121-0300", "Reason": "new month"}] * 2
    assert outcome.started is not None
    assert outcome.started.version == "20261121-0300"


def test_a_version_that_a_person_names_is_taken_or_refused(world: RetrainingWorld) -> None:
    world.go_by(replace(POLICY, names_versions=True))

    wrong = retrain(by_hand(parameters={VERSION: "a b"}), world.services, now=T0)
    right = retrain(by_hand("operator:2", parameters={VERSION: "summer-2"}), world.services, now=T0)

    assert wrong.refused.endswith("got 'a b'")
    assert right.started is not None
    assert right.started.parameters == {VERSION: "summer-2", "Reason": "new month"}


def test_the_same_event_again_gets_the_same_answer_and_changes_nothing(world: RetrainingWorld) -> None:
    first = retrain(a_trigger(), world.services, now=T0)
    refused = retrain(a_trigger("schedule:2"), world.services, now=T0 + HOUR)
    book = world.book

    again = [retrain(a_trigger(key), world.services, now=T0 + 2 * HOUR) for key in ("schedule:1", "schedule:2")]

    assert again == [first, refused]
    assert world.book == book
    assert len(world.sagemaker.asked) == 1


def test_a_second_one_during_a_run_is_refused_and_written_down(world: RetrainingWorld) -> None:
    retrain(a_trigger(), world.services, now=T0)

    outcome = retrain(by_hand(force=True), world.services, now=T0 + HOUR)

    assert outcome.to_dict()["refused"].endswith("is in flight (Executing, for 1.0 hours), and one at most may be")
    (refusal,) = world.book.refused
    assert (refusal.by, refusal.refused) == ("ann", outcome.refused)
    assert world.audit()[-1] == ("refused", "ann")
    assert world.retrainings.audit("flights", Book.ID)[-1].details["forced"] is True


def test_what_was_started_by_hand_is_not_doubled(world: RetrainingWorld) -> None:
    arn = world.sagemaker.execution("Stopping")

    assert retrain(a_trigger(), world.services, now=T0).refused.startswith(arn)


@pytest.mark.parametrize("write", [1, 2])
def test_a_crash_at_any_write_heals_and_starts_one(
    world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    crash(world, monkeypatch, a_trigger(), write=write)

    outcome = retrain(a_trigger(), world.services, now=T0 + HOUR)

    assert outcome.started is not None
    assert world.book.in_flight == outcome.started
    assert list(world.sagemaker.executions) == [outcome.started.execution]
    assert world.audit() == [("requested", "schedule"), ("started", "retrain")]


def test_the_next_look_finishes_what_a_crash_left_undone(
    world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash(world, monkeypatch, by_hand(parameters={"Months": "3"}), write=2)

    answer_event(EVERY_QUARTER, world.services, now=T0 + HOUR)

    first, second = world.sagemaker.asked
    assert first == second
    assert world.book.in_flight is not None
    assert world.book.in_flight.execution == f"{ARN}/execution/0"


def test_sagemaker_away_is_tried_again(world: RetrainingWorld) -> None:
    world.sagemaker.fails.append(called("StartPipelineExecution", "ThrottlingException", "slow down"))

    with pytest.raises(ClientError):
        retrain(a_trigger(), world.services, now=T0)

    assert retrain(a_trigger(), world.services, now=T0).started is not None


def test_a_pipeline_that_cannot_be_started_is_told_and_blocks_nothing(world: RetrainingWorld) -> None:
    world.sagemaker.fails.append(called("StartPipelineExecution", "ResourceNotFound", "no such pipeline"))

    refused = retrain(a_trigger(), world.services, now=T0).refused

    assert refused == "it could not be started: sluice-flights-training: ResourceNotFound: no such pipeline"
    assert world.audit()[-1] == ("failed", "retrain")
    assert retrain(a_trigger(), world.services, now=T0).refused == refused
    assert retrain(by_hand(), world.services, now=T0 + HOUR).started is not None


@pytest.mark.parametrize(("status", "told"), [("Succeeded", "finished"), ("Failed", "failed"), ("Stopped", "failed")])
def test_an_end_is_seen_once_whoever_tells_of_it(world: RetrainingWorld, status: str, told: str) -> None:
    retrain(a_trigger(), world.services, now=T0)
    changed = "SageMaker Model Building Pipeline Execution Status Change"
    event: dict[str, Any] = {"detail-type": changed, "detail": {"pipelineArn": ARN}}
    unchanged = answer_event(event, world.services, now=T0)
    failed = {"train": "out of memory"} if status == "Failed" else {}
    world.sagemaker.end(f"{ARN}/execution/0", status, **failed)

    said = [answer_event(each, world.services, now=T0 + HOUR) for each in (event, EVERY_QUARTER, event)]

    assert unchanged["flights"].endswith("is Executing")
    assert {each["flights"] for each in said} == {said[0]["flights"]}
    (run,) = world.book.past
    assert (run.status, run.ended_at, world.book.in_flight) == (status, T0 + HOUR, None)
    assert {step.name: step.reason for step in run.failed} == failed
    assert [kind for kind, _ in world.audit()] == ["requested", "started", told]


def test_what_is_being_stopped_is_still_in_flight(world: RetrainingWorld) -> None:
    retrain(a_trigger(), world.services, now=T0)
    world.sagemaker.executions[f"{ARN}/execution/0"]["PipelineExecutionStatus"] = "Stopping"

    book = look("flights", world.services, now=T0 + HOUR)

    assert book.in_flight is not None
    assert book.in_flight.status == "Stopping"


def test_an_execution_that_is_gone_is_over(world: RetrainingWorld) -> None:
    retrain(a_trigger(), world.services, now=T0)
    world.sagemaker.executions.clear()

    (run,) = look("flights", world.services, now=T0 + HOUR).past

    assert (run.status, "does not exist any more" in run.failure) == ("Lost", True)


def test_of_two_triggers_at_once_one_starts(world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    put, others = world.retrainings.put, [a_trigger("schedule:other")]

    def interrupted(_: object, book: Book, entry: Entry | None = None) -> Book:
        while others:
            retrain(others.pop(), world.services, now=T0)
        return put(book, entry)

    monkeypatch.setattr(Retrainings, "put", interrupted)

    outcome = retrain(by_hand(force=True), world.services, now=T0)

    assert outcome.started is None
    assert world.book.in_flight is not None
    assert world.book.in_flight.key == "schedule:other"
    assert len(world.sagemaker.executions) == 1


def test_who_always_comes_too_late_says_so(world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> Book:
        raise StaleWrite("somebody else")

    monkeypatch.setattr(Retrainings, "put", late)

    with pytest.raises(StaleWrite):
        retrain(a_trigger(), world.services, now=T0)


def test_a_persons_mistake_is_an_answer_and_any_other_is_an_error(world: RetrainingWorld) -> None:
    said = answer_event({"model": "flights", "operator": {**SAID, "reason": " "}}, world.services, now=T0)

    assert said == {"refused": "a retraining is started for a reason, got none"}
    with pytest.raises(RetrainingRefused):
        answer_event({"model": "flights", "scheduled": "soon"}, world.services, now=T0)


def test_an_event_that_calls_gets_its_outcome_and_others_nothing(world: RetrainingWorld) -> None:
    started = answer_event({"model": "flights", "operator": SAID}, world.services, now=T0)

    assert started["started"]["key"] == "operator:ab"
    assert answer_event({"model": "unknown", "operator": SAID}, world.services, now=T0) == {}
    assert replace(world.book, revision=0).in_flight is not None

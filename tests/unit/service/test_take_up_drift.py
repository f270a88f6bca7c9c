"""A drift that is told at the wrong time is taken up by a later look, or dropped, and the book says which."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.quality import Basis, KnownQuality
from sluice.domain.monitoring.watch import Drifting, Watch
from sluice.domain.monitoring.watched_slice import WatchedSlice
from sluice.domain.retraining.book import Book
from sluice.domain.retraining.policy import Limits
from sluice.service.retrain import answer_event, retrain
from tests.builders import a_routing
from tests.retraining_builders import ARN, HOUR, POLICY, T0, RetrainingWorld, a_drift, a_trigger, by_hand

EVERY_QUARTER = {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}
DRIFTING = (Drifting("temp", "input", None, "temp: median moved", 0.4, T0),)
LATER = T0 + 21 * HOUR


@pytest.fixture
def world() -> Iterator[RetrainingWorld]:
    """A scheduled retraining is over; a drift of the champion, version 1, is told in the cool-down."""
    with mock_aws(), install_transactions():
        found = RetrainingWorld()
        found.routings.put(a_routing())
        found.watches.put(Watch("flights", "1", "champion", T0, Verdict.FAIL, "1 of 4 drifts", 900, DRIFTING))
        retrain(a_trigger(), found.services, now=T0)
        found.sagemaker.end(f"{ARN}/execution/0")
        retrain(a_drift(at=T0 + HOUR), found.services, now=T0 + HOUR)
        yield found


def look(world: RetrainingWorld, now: datetime) -> str:
    return str(answer_event(EVERY_QUARTER, world.services, now=now)["flights"])


def watch(world: RetrainingWorld) -> Watch:
    found = world.watches.get("flights", "1")
    assert found is not None
    return found


def test_it_waits_and_then_starts_once(world: RetrainingWorld) -> None:
    assert look(world, T0 + 2 * HOUR).endswith("; the drift told at 2026-11-21 04:00 UTC waits")

    look(world, LATER)
    look(world, LATER + HOUR)

    run, book = world.book.in_flight, world.book
    assert run is not None
    assert (run.key, run.cause.value, run.requested_at) == ("drift:1:a", "drift", LATER)
    assert book.pending is None
    assert len(world.sagemaker.executions) == 2
    assert world.audit()[-2:] == [("requested", "judge_drift"), ("started", "retrain")]
    assert retrain(a_drift(at=T0), world.services, now=LATER).started == run  # the same event, told again


LOSS = Loss(T0, "wrong more often", 0.3)


@pytest.mark.parametrize(
    "where", [{"loss": LOSS}, {"watched": (WatchedSlice("carrier", "B6", Bets("b"), loss=LOSS),)}], ids=["all", "slice"]
)
def test_a_loss_of_quality_stands_as_a_drift_does(world: RetrainingWorld, where: dict[str, Any]) -> None:
    lost = KnownQuality(Verdict.FAIL, Basis.MEASURED, "accuracy 0.7", 400, 0.7, **where)
    world.watches.put(replace(watch(world), drifting=(), quality=lost))

    look(world, LATER)

    assert world.book.in_flight is not None


def test_one_that_has_passed_is_dropped_and_the_book_says_so(world: RetrainingWorld) -> None:
    world.watches.put(replace(watch(world), drifting=()))

    look(world, LATER)
    look(world, LATER + HOUR)

    book = world.book
    assert (book.in_flight, book.pending) == (None, None)
    assert book.refused[0].refused == "it waited, and was dropped: version 1 does not drift any more"
    assert len(book.refused) == 2
    assert world.audit()[-1] == ("refused", "retrain")


def test_one_that_nobody_watches_or_serves_any_more_is_dropped(world: RetrainingWorld) -> None:
    world.routings.delete("flights")

    look(world, LATER)

    assert world.book.refused[0].refused.endswith("version 1 is not the champion any more")


def test_the_newest_is_the_one_that_waits(world: RetrainingWorld) -> None:
    retrain(a_drift("drift:1:b", at=T0 + 2 * HOUR), world.services, now=T0 + 2 * HOUR)
    retrain(a_trigger("schedule:2", at=T0 + 3 * HOUR), world.services, now=T0 + 3 * HOUR)

    look(world, LATER)

    assert world.book.in_flight is not None
    assert world.book.in_flight.key == "drift:1:b"


def test_a_person_goes_first_and_what_they_start_is_the_answer_to_the_drift(world: RetrainingWorld) -> None:
    assert retrain(by_hand(at=LATER), world.services, now=LATER).started is not None
    world.sagemaker.end(f"{ARN}/execution/1")

    look(world, LATER + HOUR)

    assert world.book.refused[0].refused.endswith("was called for since")
    assert world.book.pending is None


def test_a_crash_before_it_is_started_heals(world: RetrainingWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(world.services.pipelines), "start", crash)
        with pytest.raises(KeyboardInterrupt):
            look(world, LATER)

    look(world, LATER + HOUR)

    book: Book = world.book
    assert book.in_flight is not None
    assert book.in_flight.execution == f"{ARN}/execution/1"
    assert len(world.sagemaker.executions) == 2


def test_other_settings_count_as_soon_as_they_are_deployed(world: RetrainingWorld) -> None:
    world.go_by(replace(POLICY, limits=Limits(HOUR, 9)))

    look(world, T0 + 2 * HOUR)

    assert world.book.in_flight is not None

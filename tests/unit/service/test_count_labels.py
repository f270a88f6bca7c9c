"""Labels are counted once, whatever comes first, comes again, crashes or races: beside a recount of what was said."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.item_store import ItemStore
from sluice.aws.outcomes import OutcomeStore, Total
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.outcomes import Outcomes, count_outcomes, no_outcomes
from sluice.domain.drift.outcomes_wire import decode_outcomes
from sluice.domain.errors import StaleWrite
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.rules import RuleBook
from sluice.service.count_labels import count_labels
from sluice.service.settle_feedback import Ledger
from tests.builders import a_store
from tests.drift_builders import a_reference
from tests.feedback_builders import CHALLENGER, CHAMPION, RULES, T0, World, answered, said
from tests.functional.feedback.test_feedback_any_order import Crash, Disturbance, DisturbedItems, disturbances
from tests.label_builders import KEEP, bring, some_labels
from tests.monitoring_builders import HOUR, hour

BINNING = a_reference().binning
LABELLED = replace(RULES, label="late")


def narrow(late: float) -> tuple[float, float]:
    """Scores as they are kept."""
    return float(np.float32(1 - late)), float(np.float32(late))


FILES = {
    # The challenger's answer to p-1 was not fit to be passed on: the champion's took its place.
    "breached": (
        answered("p-1", CHALLENGER, scores=narrow(0.9)),
        answered("p-2", CHALLENGER, scores=narrow(0.8)),
        answered("p-5", CHALLENGER, scores=narrow(0.7)),
    ),
    "answered": (
        answered("p-1", CHAMPION, attempt=2, scores=narrow(0.3)),
        answered("p-3", CHAMPION, T0 + HOUR, scores=narrow(0.6)),
        answered("p-4", CHAMPION),  # several rows: no scores
        answered("p-5", CHAMPION, attempt=2),
    ),
}
LABELS = tuple(said(f"p-{number}", value, "late") for number, value in enumerate((1.0, 0.0, 1.0, 1.0, 0.0), start=1))
EVENTS: tuple[str | int, ...] = (*FILES, *range(len(LABELS)))
COUNT = "count"
histories = st.tuples(
    st.permutations([*EVENTS, COUNT, COUNT]), st.lists(st.sampled_from([*EVENTS, COUNT]), max_size=4)
).map(lambda parts: [*parts[0], *parts[1]])


def recount(*answers: tuple[Answered, int]) -> Outcomes:
    scores = np.array([attempt.scores for attempt, _ in answers], dtype=np.float32)
    return count_outcomes(BINNING, Answers.most_probable(scores), np.array([label for _, label in answers]))


EXPECTED = {
    ("1", "champion", hour(9)): recount((FILES["answered"][0], 1)),
    ("1", "champion", hour(10)): recount((FILES["answered"][1], 1)),
    ("2", "challenger", hour(9)): recount((FILES["breached"][1], 0)),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with mock_aws(), install_transactions():
        yield World(LABELLED)


@pytest.fixture
def items(world: World) -> ItemStore:
    begin(world)
    return world.items


def count(items: ItemStore) -> None:
    for version in ("1", "2"):
        count_labels("flights", version, BINNING, OutcomeStore(items), keep=KEEP)


def counted(items: ItemStore) -> dict[tuple[str, str, object], Outcomes]:
    """All windows in which anything is counted."""
    store, day = OutcomeStore(items), 24 * HOUR
    found = {
        (version, each.window.variant, each.window.start): decode_outcomes(each.outcomes, BINNING)
        for version in ("1", "2")
        for each in store.between("flights", version, BINNING.id, first=T0 - day, last=T0 + day)
    }
    return {window: outcomes for window, outcomes in found.items() if outcomes.rows}


def totals(items: ItemStore) -> list[tuple[int, int]]:
    found = [OutcomeStore(items).total("flights", version, BINNING.id) for version in ("1", "2")]
    return [(each.rows, each.errors) for each in found]


def happens(world: World, event: str | int, items: ItemStore) -> None:
    """Until it is taken: whoever brings it tries again when it crashed."""
    world.ledger = Ledger.of(items, RuleBook({"flights": LABELLED}), world.joined.append)
    world.intake = replace(world.intake, ledger=world.ledger)
    try:
        if event == COUNT:
            count(items)
        elif isinstance(event, str):
            world.index(*FILES[event], name=event)
        else:
            world.say(LABELS[event])
    except (Crash, StaleWrite):
        happens(world, event, items)


def begin(world: World) -> None:
    world.dynamodb.delete_table(TableName="state")
    a_store(world.dynamodb)


def crash() -> None:
    raise Crash


def check(world: World) -> None:
    happens(world, COUNT, world.items)
    assert counted(world.items) == EXPECTED
    assert totals(world.items) == [(2, 1), (1, 1)]
    assert [list(OutcomeStore(world.items).waiting("flights", version)) for version in ("1", "2")] == [[], []]


@given(history=histories, when=disturbances)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_outcomes_are_those_of_a_recount_whatever_comes_when_and_crashes(
    world: World, history: Sequence[str | int], when: Disturbance
) -> None:
    begin(world)
    crashing = DisturbedItems(world.items, when, crash)

    for event in history:
        happens(world, event, crashing)

    check(world)


@given(order=st.permutations([*EVENTS, COUNT]), when=disturbances)
@example(order=[0, "breached", COUNT, 1, 2, 3, 4, "answered"], when=Disturbance(12, is_after=True))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_in_the_midst_of_another_changes_nothing(
    world: World, order: Sequence[str | int], when: Disturbance
) -> None:
    *history, other = order
    begin(world)
    happened = []

    def intrude() -> None:
        happened.append(other)
        happens(world, other, world.items)

    raced = DisturbedItems(world.items, when, intrude)
    for event in history:
        happens(world, event, raced)
    if not happened:
        happens(world, other, world.items)

    check(world)


def test_more_labels_than_a_transaction_holds_are_all_counted(items: ItemStore) -> None:
    labels = [*some_labels(110, seed=1), *some_labels(20, seed=2, at=T0 + HOUR)]
    bring(items, labels)

    total = count_labels("flights", "1", BINNING, OutcomeStore(items), keep=KEEP)

    every = recount(*((replace(answered(), scores=each.scores), each.label) for each in labels))
    found = counted(items)
    assert sum((found[key] for key in found), start=no_outcomes(BINNING)) == every
    assert sorted(outcomes.rows for outcomes in found.values()) == [20, 110]
    assert (total.rows, total.errors, total.revision) == (130, every.wrong, 3)


def test_nothing_to_count_writes_nothing(items: ItemStore) -> None:
    assert count_labels("flights", "1", BINNING, OutcomeStore(items), keep=KEEP) == Total()
    assert counted(items) == {}


def test_who_counts_second_at_the_same_time_counts_nothing(items: ItemStore) -> None:
    bring(items, some_labels(5, seed=1))

    def other() -> None:
        count(items)

    raced = OutcomeStore(DisturbedItems(items, Disturbance(3, is_after=False), other))
    with pytest.raises(StaleWrite, match="somebody else counted labels of version 1 of flights"):
        count_labels("flights", "1", BINNING, raced, keep=KEEP)

    assert totals(items)[0][0] == 5

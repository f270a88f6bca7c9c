"""Labels are counted once, whatever comes first, comes again, crashes or races: beside a recount of what was said.

Those of classes as those of numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.item_store import ItemStore
from sluice.aws.labels import add_label
from sluice.aws.outcomes import OutcomeStore, Total
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.binning import Binning
from sluice.domain.drift.number_outcomes import count_number_outcomes
from sluice.domain.drift.outcomes import Outcomes, count_outcomes, no_outcomes
from sluice.domain.drift.outcomes_wire import decode_outcomes
from sluice.domain.drift.slice_outcomes_wire import decode_slice_outcomes
from sluice.domain.drift.sliced import Slice
from sluice.domain.errors import StaleWrite
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.rules import RuleBook
from sluice.domain.monitoring.watched_slice import SliceTotal
from sluice.service.count_labels import count_labels
from sluice.service.settle_feedback import Ledger
from tests.builders import a_store
from tests.drift_builders import a_reference
from tests.feedback_builders import CHALLENGER, CHAMPION, RULES, T0, World, answered, said
from tests.functional.feedback.test_feedback_any_order import Crash, Disturbance, DisturbedItems, disturbances
from tests.label_builders import KEEP, bring, some_labels
from tests.monitoring_builders import HOUR, hour
from tests.number_builders import a_number_reference

BINNING = a_reference().binning
LABELLED = replace(RULES, minimum=-100, maximum=100, label="late")


B6, AA = ((("carrier", name),) for name in ("B6", "AA"))
B6_OF_JFK = (*B6, ("origin", "JFK"))
JUDGED = (Slice("carrier", "AA"), Slice("carrier", "B6"))
SLICES = {  # of the windows in which anything is counted
    ("1", "champion", hour(9)): B6,
    ("1", "champion", hour(10)): AA,
    ("2", "challenger", hour(9)): B6_OF_JFK,
}


def narrow(late: float) -> tuple[float, float]:
    """Scores as they are kept."""
    return float(np.float32(1 - late)), float(np.float32(late))


SCORES = {
    # The challenger's answer to p-1 was not fit to be passed on: the champion's took its place.
    "breached": (
        answered("p-1", CHALLENGER, scores=narrow(0.9), slices=B6),
        answered("p-2", CHALLENGER, scores=narrow(0.8), slices=B6_OF_JFK),
        answered("p-5", CHALLENGER, scores=narrow(0.7)),
    ),
    "answered": (
        answered("p-1", CHAMPION, attempt=2, scores=narrow(0.3), slices=B6),
        answered("p-3", CHAMPION, T0 + HOUR, scores=narrow(0.6), slices=AA),
        answered("p-4", CHAMPION),  # several rows: no scores
        answered("p-5", CHAMPION, attempt=2),
    ),
}
NUMBERS = {
    "breached": (
        answered("p-1", CHALLENGER, scores=(30.0,), slices=B6),
        answered("p-2", CHALLENGER, scores=(12.5,), slices=B6_OF_JFK),
        answered("p-5", CHALLENGER, scores=(7.0,)),
    ),
    "answered": (
        answered("p-1", CHAMPION, attempt=2, scores=(20.5,), slices=B6),
        answered("p-3", CHAMPION, T0 + HOUR, scores=(-3.25,), slices=AA),
        answered("p-4", CHAMPION),
        answered("p-5", CHAMPION, attempt=2),
    ),
}


def labels(*values: float) -> tuple[Feedback, ...]:
    return tuple(said(f"p-{number}", value, "late") for number, value in enumerate(values, start=1))


EVENTS: tuple[str | int, ...] = (*SCORES, *range(5))
COUNT = "count"
histories = st.tuples(
    st.permutations([*EVENTS, COUNT, COUNT]), st.lists(st.sampled_from([*EVENTS, COUNT]), max_size=4)
).map(lambda parts: [*parts[0], *parts[1]])


def recount(*answers: tuple[Answered, int]) -> Outcomes:
    scores = np.array([attempt.scores for attempt, _ in answers], dtype=np.float32)
    return count_outcomes(BINNING, Answers.most_probable(scores), np.array([label for _, label in answers]))


def recount_numbers(said: float, true: float) -> Outcomes:
    return count_number_outcomes(a_number_reference().binning, [said], np.array([true]))


@dataclass(frozen=True)
class Case:
    """A model's answers, what was said of them, and what that comes to: by window, and in all by version and slice."""

    binning: Binning
    files: Mapping[str, tuple[Answered, ...]]
    labels: tuple[Feedback, ...]
    expected: Mapping[tuple[str, str, object], Outcomes]
    totals: list[tuple[int, int]]
    of_slices: list[dict[Slice, SliceTotal]]


OF_CLASSES = Case(
    BINNING,
    SCORES,
    labels(1.0, 0.0, 1.0, 1.0, 0.0),
    {
        ("1", "champion", hour(9)): recount((SCORES["answered"][0], 1)),
        ("1", "champion", hour(10)): recount((SCORES["answered"][1], 1)),
        ("2", "challenger", hour(9)): recount((SCORES["breached"][1], 0)),
    },
    [(2, 1), (1, 1)],
    [{JUDGED[0]: SliceTotal(1, 0), JUDGED[1]: SliceTotal(1, 1)}, {JUDGED[1]: SliceTotal(1, 1)}],
)
OF_NUMBERS = Case(
    a_number_reference().binning,
    NUMBERS,
    labels(21.0, 40.125, -3.0, 1.0, 7.5),
    {
        ("1", "champion", hour(9)): recount_numbers(20.5, 21.0),
        ("1", "champion", hour(10)): recount_numbers(-3.25, -3.0),
        ("2", "challenger", hour(9)): recount_numbers(12.5, 40.125),
    },
    [(2, 0), (1, 1)],
    [{JUDGED[0]: SliceTotal(1, 0), JUDGED[1]: SliceTotal(1, 0)}, {JUDGED[1]: SliceTotal(1, 1)}],
)
cases = st.sampled_from([OF_CLASSES, OF_NUMBERS])


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with mock_aws(), install_transactions():
        yield World(LABELLED)


@pytest.fixture
def items(world: World) -> ItemStore:
    begin(world)
    return world.items


def count(items: ItemStore, binning: Binning = BINNING) -> None:
    for version in ("1", "2"):
        count_labels("flights", version, binning, OutcomeStore(items), keep=KEEP, judged=JUDGED)


def counted(items: ItemStore, binning: Binning = BINNING) -> dict[tuple[str, str, object], Outcomes]:
    """All windows in which anything is counted."""
    store, day = OutcomeStore(items), 24 * HOUR
    found = {
        (version, each.window.variant, each.window.start): decode_outcomes(each.outcomes, binning)
        for version in ("1", "2")
        for each in store.between("flights", version, binning.id, first=T0 - day, last=T0 + day)
    }
    return {window: outcomes for window, outcomes in found.items() if outcomes.rows}


def by_slice(items: ItemStore, binning: Binning = BINNING) -> dict[tuple[str, str, object], dict[Slice, Outcomes]]:
    """The slices of all windows that have labels in some."""
    store, day = OutcomeStore(items), 24 * HOUR
    found = {
        (version, each.window.variant, each.window.start): decode_slice_outcomes(each.slices, binning)
        for version in ("1", "2")
        for each in store.between("flights", version, binning.id, first=T0 - day, last=T0 + day)
    }
    return {window: slices for window, slices in found.items() if slices}


def totals(items: ItemStore, binning: Binning = BINNING) -> list[tuple[int, int]]:
    found = [OutcomeStore(items).total("flights", version, binning.id) for version in ("1", "2")]
    return [(each.rows, each.errors) for each in found]


def totals_of_slices(items: ItemStore, binning: Binning = BINNING) -> list[Mapping[tuple[str, str], SliceTotal]]:
    return [OutcomeStore(items).total("flights", version, binning.id).slices for version in ("1", "2")]


def happens(world: World, case: Case, event: str | int, items: ItemStore) -> None:
    """Until it is taken: whoever brings it tries again when it crashed."""
    world.ledger = Ledger.of(items, RuleBook({"flights": LABELLED}), world.joined.append)
    world.intake = replace(world.intake, ledger=world.ledger)
    try:
        if event == COUNT:
            count(items, case.binning)
        elif isinstance(event, str):
            world.index(*case.files[event], name=event)
        else:
            world.say(case.labels[event])
    except (Crash, StaleWrite):
        happens(world, case, event, items)


def begin(world: World) -> None:
    world.dynamodb.delete_table(TableName="state")
    a_store(world.dynamodb)
    world.slice_by(carrier=["AA", "B6"], origin=["JFK"])


def crash() -> None:
    raise Crash


def check(world: World, case: Case) -> None:
    happens(world, case, COUNT, world.items)
    assert counted(world.items, case.binning) == case.expected
    expected = {window: {Slice(*of): case.expected[window] for of in slices} for window, slices in SLICES.items()}
    assert by_slice(world.items, case.binning) == expected
    assert totals(world.items, case.binning) == case.totals
    assert totals_of_slices(world.items, case.binning) == case.of_slices
    assert [list(OutcomeStore(world.items).waiting("flights", version)) for version in ("1", "2")] == [[], []]


@given(case=cases, history=histories, when=disturbances)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_outcomes_are_those_of_a_recount_whatever_comes_when_and_crashes(
    world: World, case: Case, history: Sequence[str | int], when: Disturbance
) -> None:
    begin(world)
    crashing = DisturbedItems(world.items, when, crash)

    for event in history:
        happens(world, case, event, crashing)

    check(world, case)


@given(case=cases, order=st.permutations([*EVENTS, COUNT]), when=disturbances)
@example(case=OF_CLASSES, order=[0, "breached", COUNT, 1, 2, 3, 4, "answered"], when=Disturbance(12, is_after=True))
@example(case=OF_NUMBERS, order=[0, "breached", COUNT, 1, 2, 3, 4, "answered"], when=Disturbance(12, is_after=True))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_in_the_midst_of_another_changes_nothing(
    world: World, case: Case, order: Sequence[str | int], when: Disturbance
) -> None:
    *history, other = order
    begin(world)
    happened = []

    def intrude() -> None:
        happened.append(other)
        happens(world, case, other, world.items)

    raced = DisturbedItems(world.items, when, intrude)
    for event in history:
        happens(world, case, event, raced)
    if not happened:
        happens(world, case, other, world.items)

    check(world, case)


@pytest.mark.parametrize("carriers", [(), ("B6",)])
def test_a_label_is_taken_back_from_the_slices_in_which_it_was_counted(
    world: World, items: ItemStore, carriers: tuple[str, ...]
) -> None:
    """The file comes again with a reference of other slices, before the answer turns out to be another's."""
    breached, said_so = SCORES["breached"][:1], OF_CLASSES.labels[0]
    world.slice_by(carrier=carriers)
    world.index(*breached, name="breached")
    world.say(said_so)
    count(items)
    world.slice_by(carrier=() if carriers else ("B6",))

    world.index(*breached, name="breached")
    world.index(*SCORES["answered"][:1], name="answered")
    count(items)

    assert totals(items) == [(1, 1), (0, 0)]
    kept = {} if carriers else {("1", "champion", hour(9)): {Slice(*B6[0]): recount((SCORES["answered"][0], 1))}}
    assert by_slice(items) == kept
    assert totals_of_slices(items) == ([{}, {}] if carriers else [{JUDGED[1]: SliceTotal(1, 1)}, {}])


def test_slices_that_are_no_longer_judged_are_no_longer_totalled(items: ItemStore) -> None:
    bring(items, [*some_labels(5, seed=1, carrier="AA"), *some_labels(5, seed=2, carrier="B6")])
    count(items)
    bring(items, some_labels(5, seed=3, carrier="AA"))

    total = count_labels("flights", "1", BINNING, OutcomeStore(items), keep=KEEP, judged=JUDGED[1:])

    assert (total.rows, list(total.slices)) == (15, [JUDGED[1]])
    assert OutcomeStore(items).total("flights", "1", BINNING.id) == total


def test_more_labels_than_a_transaction_holds_are_all_counted(items: ItemStore) -> None:
    every_label = [*some_labels(110, seed=1), *some_labels(20, seed=2, at=T0 + HOUR)]
    bring(items, every_label)

    total = count_labels("flights", "1", BINNING, OutcomeStore(items), keep=KEEP)

    every = recount(*((replace(answered(), scores=each.scores), int(each.label)) for each in every_label))
    found = counted(items)
    assert sum((found[key] for key in found), start=no_outcomes(BINNING)) == every
    assert sorted(outcomes.rows for outcomes in found.values()) == [20, 110]
    assert (total.rows, total.errors, total.revision) == (130, every.wrong, 3)


@pytest.mark.parametrize(
    ("label", "written"),
    [(1.0, "1"), (0.0, "0"), (20.0, "20"), (-3.125, "-3.125"), (1e6, "1000000")],
)
def test_a_label_waits_as_it_was_said(items: ItemStore, label: float, written: str) -> None:
    (said_so,) = some_labels(1, seed=1)
    item = add_label(replace(said_so, label=label), keep=KEEP)["Put"]["Item"]
    items.put_many([item])

    assert item["label"] == {"N": written}
    assert [each.label for each in OutcomeStore(items).waiting("flights", "1")] == [label]


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

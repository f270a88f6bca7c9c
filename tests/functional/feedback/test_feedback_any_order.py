"""Files and feedback in any order, again and again, with crashes and other writers between any two calls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from sluice.aws.item_store import ItemStore
from sluice.domain.feedback.rules import RuleBook, Rules
from sluice.domain.feedback.totals import Pairs, Totals
from sluice.service.settle_feedback import Ledger
from tests.builders import a_store
from tests.feedback_builders import CHALLENGER, CHAMPION, RULES, World, answered, said

pytestmark = pytest.mark.ci

FILES = {
    # The challenger's answer to p-1 was not fit to be passed on: the champion's took its place.
    "breached": (answered("p-1", CHALLENGER), answered("p-2", CHALLENGER)),
    "answered": (answered("p-1", CHAMPION, attempt=2), answered("p-3", CHAMPION)),
}
FEEDBACK = (said("p-1", 1.0), said("p-2", 0.5), said("p-3", 0.25, covariate=2.0))
EVENTS = (*FILES, *range(len(FEEDBACK)))
EXPECTED = {
    "1": Totals(exposures=2, n=2, total=1.25, total_sq=1.0625, pairs=Pairs(1, 0.25, 0.0625, 2.0, 4.0, 0.5)),
    "2": Totals(exposures=1, n=1, total=0.5, total_sq=0.25),
}
histories = st.tuples(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=4)).map(
    lambda parts: [*parts[0], *parts[1]]
)


class Crash(Exception):
    """The sandbox is gone."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that happens once, before the n-th call of DynamoDB is made or after it was answered."""

    at_call: int
    is_after: bool


class DisturbedItems(ItemStore):
    """Has something happen in the midst of its calls."""

    def __init__(self, items: ItemStore, when: Disturbance, happen: Callable[[], None]) -> None:
        self._items = items
        self._left = when.at_call
        self._is_after = when.is_after
        self._happen = happen

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return super().__getattribute__(name)
        return lambda *arguments, **named: self._call(getattr(self._items, name), arguments, named)

    def _call(self, call: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        self._left -= 1
        due = self._left == 0
        if due and not self._is_after:
            self._happen()
        answer = call(*arguments, **named)
        answer = list(answer) if isinstance(answer, Iterator) else answer
        if due and self._is_after:
            self._happen()
        return answer


disturbances = st.builds(Disturbance, st.integers(1, 40), is_after=st.booleans())


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


def ledger(world: World, items: ItemStore, rules: Rules = RULES) -> Ledger:
    return Ledger.of(items, RuleBook({"flights": rules}), world.joined.append)


def begin(world: World) -> None:
    world.dynamodb.delete_table(TableName="state")
    a_store(world.dynamodb)


def bring(world: World, event: str | int, to: Ledger) -> None:
    """Until it is taken: whoever brings it tries again when it crashed."""
    world.ledger = to
    world.intake = replace(world.intake, ledger=to)
    try:
        if isinstance(event, str):
            world.index(*FILES[event], name=event)
        else:
            world.say(FEEDBACK[event])
    except Crash:
        bring(world, event, to)


def crash() -> None:
    raise Crash


@given(history=histories, when=disturbances)
@settings(max_examples=20, deadline=None)
def test_totals_depend_on_what_happened_and_not_on_when(
    world: World, history: list[str | int], when: Disturbance
) -> None:
    begin(world)
    crashing = ledger(world, DisturbedItems(world.items, when, crash))

    for event in history:
        bring(world, event, crashing)
        assert all(0 <= found.n <= found.exposures for found in world.totals().values())

    assert world.totals() == EXPECTED


@given(order=st.permutations(EVENTS), when=disturbances)
@example(order=[1, 0, 2, "answered", "breached"], when=Disturbance(2, is_after=True))
@example(order=["breached", 0, 1, 2, "answered"], when=Disturbance(8, is_after=True))
@settings(max_examples=30, deadline=None)
def test_one_writer_in_the_midst_of_another_changes_no_total(
    world: World, order: list[str | int], when: Disturbance
) -> None:
    *history, other = order
    begin(world)
    happened = []
    undisturbed = ledger(world, world.items)

    def intrude() -> None:
        happened.append(other)
        bring(world, other, undisturbed)

    raced = ledger(world, DisturbedItems(world.items, when, intrude))
    for event in history:
        bring(world, event, raced)
    if not happened:
        bring(world, other, undisturbed)

    assert world.totals() == EXPECTED


@given(history=histories, when=disturbances)
@settings(max_examples=12, deadline=None)
def test_of_one_unit_one_reward_counts_whatever_comes_first(
    world: World, history: list[str | int], when: Disturbance
) -> None:
    begin(world)
    daily = replace(RULES, unit_window=timedelta(days=1))
    crashing = ledger(world, DisturbedItems(world.items, when, crash), daily)

    for event in history:
        bring(world, event, crashing)

    totals = sum(world.totals().values(), Totals())
    assert (totals.exposures, totals.n) == (3, 1)

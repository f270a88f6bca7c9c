import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from moto import mock_aws

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Watch
from sluice.domain.rollout.decision import EntryKind
from tests.drift_builders import a_reference
from tests.feedback_builders import T0, answered
from tests.monitoring_builders import HOUR, WATCHING, World, answers, exchange, requests, traffic


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World()
        made.deploy(champion=100)
        yield made


def repeated(times: int, *, seed: int = 10, at: datetime = T0) -> list[str]:
    """The same 400 rows so many times, in requests of a hundred rows."""
    asked, said = requests(400, seed=seed), answers(400, seed=seed)
    parts = [slice(first, first + 100) for first in range(0, 400, 100)] * times
    return [exchange(asked[part], said[part], answered("p-1", at=at)) for part in parts]


def looked(world: World, now: datetime = T0) -> Watch:
    (watch,) = world.look(now)
    return watch


def test_rows_that_all_come_twice_are_told_with_their_share(world: World) -> None:
    world.summarise(*repeated(2))

    watch = looked(world)

    (drifting,) = watch.drifting
    told = "duplicates: 50 % of rows are copies of another, 0 % were before, in 800 rows of the last window"
    assert (drifting.feature, drifting.change, drifting.reason) == ("duplicates", "duplicates", told)
    assert watch.reason == f"0 of 6 features drift, in 800 rows; {told}"
    assert watch.verdict is Verdict.FAIL
    (incident,) = world.incidents()
    assert incident.title == "flights: what version 1 is asked has drifted: duplicates"
    assert [entry.kind for entry in world.watches.audit("flights", "1")] == [EntryKind.DRIFTED]


def test_rows_that_come_once_pass_and_end_it(world: World) -> None:
    world.summarise(*repeated(2))
    looked(world)
    later = T0 + timedelta(hours=70)
    world.summarise(traffic(400, seed=11, at=later), name="later")

    watch = looked(world, later)

    assert (watch.verdict, watch.drifting) == (Verdict.PASS, ())
    assert world.watches.audit("flights", "1")[-1].reason == "well again: duplicates"


def test_files_of_the_same_hour_add_up_and_a_file_that_comes_twice_is_no_copy(world: World) -> None:
    lines = repeated(1)
    world.summarise(*lines, name="first")
    world.summarise(*lines, name="first")
    world.summarise(*repeated(1, seed=11), name="second")

    (stored,) = world.windows.between("flights", "1", a_reference().binning.id, first=T0 - HOUR, last=T0)

    assert (stored.compared, stored.copies) == (800, 0)
    assert looked(world).drifting == ()


def test_a_person_may_take_copies_for_the_new_normal(world: World) -> None:
    world.summarise(*repeated(2))
    looked(world)

    accepted = world.accept("callers ask twice").accepted
    world.summarise(*repeated(2, seed=12), name="more")
    watch = looked(world)

    assert accepted is not None
    assert (accepted.compared, accepted.copies) == (800, 400)
    assert (watch.verdict, watch.drifting) == (Verdict.PASS, ())


def test_an_acceptance_from_before_copies_were_counted_judges_none(world: World) -> None:
    world.summarise(*repeated(2))
    looked(world)
    accepted = world.accept().accepted
    watch = world.watches.get("flights", "1")
    assert accepted is not None
    assert watch is not None
    world.watches.put(replace(watch, accepted=replace(accepted, compared=0, copies=0)))

    assert looked(world).drifting == ()


def test_windows_from_before_copies_were_counted_say_nothing_of_them(world: World) -> None:
    world.summarise(*repeated(2))
    (item,) = [i for i in world.dynamodb.scan(TableName="state")["Items"] if i["pk"]["S"].startswith("WINDOW#")]
    old = {name: value for name, value in item.items() if name not in {"compared", "copies"}}
    world.dynamodb.put_item(TableName="state", Item=old)

    watch = looked(world)

    assert (watch.verdict, watch.drifting, watch.rows) == (Verdict.PASS, (), 800)


def test_without_a_reference_that_knows_its_copies_they_are_not_judged() -> None:
    form = {name: part for name, part in a_reference().to_dict().items() if name != "repeats"}
    with mock_aws():
        world = World({"1": json.dumps(form).encode()})
        world.deploy(champion=100)
        world.summarise(*repeated(2))

        watch = looked(world)

    assert (watch.verdict, watch.drifting) == (Verdict.PASS, ())


def test_by_the_week_rows_that_came_twice_last_week_may_come_twice() -> None:
    with mock_aws():
        world = World(watching=replace(WATCHING, by_week=True))
        world.deploy(champion=100)
        world.summarise(*repeated(2, at=T0 - 7 * 24 * HOUR), name="last week")
        world.summarise(*repeated(2, seed=12))

        watch = looked(world)

    assert (watch.verdict, watch.drifting) == (Verdict.PASS, ())

"""Rows are watched by slices, too: counted beside the whole, judged with it, told, accepted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.domain.drift.fairness import Measure
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.drift.wire import encode
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.watch import Watch
from sluice.domain.rollout.decision import EntryKind
from sluice.report.compared_groups import compared_groups
from sluice.service.count_windows import Counted
from sluice.service.find_compared import Stores
from sluice.service.report_drift import report_drift
from sluice.service.stored_window import counted_of, stored_of
from tests.drift_builders import CARRIERS, a_reference, a_sliced_reference, a_window, slices_of, some_rows
from tests.feedback_builders import T0
from tests.label_builders import bring, some_labels
from tests.monitoring_builders import HOUR, WATCHING, World, hour, traffic

SLICED = replace(WATCHING, slices=("carrier",))
BINNING = a_reference().binning
ROWS = 1200


def text(reference: SlicedReference) -> bytes:
    return json.dumps(reference.to_dict()).encode()


def a_world(slices: tuple[str, ...] = ("carrier",), reference: SlicedReference | None = None) -> World:
    content = text(reference or a_sliced_reference())
    world = World({"1": content, "2": content}, replace(WATCHING, slices=slices))
    world.deploy(champion=100)
    return world


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield a_world()


def counted(world: World) -> list[Counted]:
    found = world.windows.between("flights", "1", BINNING.id, first=T0 - 48 * HOUR, last=T0 + 48 * HOUR)
    return [counted_of(stored, BINNING) for stored in found]


def warm(world: World, *carriers: str, at: Any = T0, seed: int = 20, rows: int = ROWS, by: float = 25.0) -> None:
    """Some rows of which those of some carriers are of warmer days; of all without any."""
    table = some_rows(rows, seed=seed)
    is_warm = np.isin(table["carrier"], carriers) if carriers else np.full(rows, fill_value=True)
    name = f"{'-'.join(carriers)}-{seed}-{at:%d%H}"
    world.summarise(traffic(rows, seed=seed, at=at, temp=table["temp"] + by * is_warm), name=name)


def where(watch: Watch) -> list[str]:
    return [each.where for each in watch.drifting]


def test_slices_are_counted_beside_the_whole_once(world: World) -> None:
    for name in ("one", "two", "one"):
        world.summarise(traffic(100, seed=10), name=name)

    (found,) = counted(world)
    twice = {of: summary + summary for of, summary in slices_of(100, seed=10).items()}
    assert (found.summary, found.slices) == (a_window(100, seed=10) + a_window(100, seed=10), twice)


def test_values_that_the_reference_does_not_know_are_in_no_slice(world: World) -> None:
    world.summarise(traffic(100, seed=10, carrier=["XX"] * 60 + ["AA"] * 40))

    (found,) = counted(world)
    assert {of: summary.rows for of, summary in found.slices.items()} == {Slice("carrier", "AA"): 40}
    assert found.summary.rows == 100


def test_nothing_is_counted_by_slices_that_nobody_declared() -> None:
    with mock_aws():
        world = a_world(slices=())
        world.summarise(traffic(100, seed=10))

        assert counted(world)[0].slices == {}


def test_a_window_from_before_slices_were_declared_goes_on(world: World) -> None:
    world.intake = replace(world.intake, watching={"flights": WATCHING})
    world.summarise(traffic(100, seed=10), name="before")
    world.intake = replace(world.intake, watching={"flights": SLICED})
    world.summarise(traffic(50, seed=11), name="after")

    (found,) = counted(world)
    assert (found.summary.rows, sum(summary.rows for summary in found.slices.values())) == (150, 50)


def test_a_window_keeps_its_slices_when_they_are_no_longer_declared(world: World) -> None:
    world.summarise(traffic(100, seed=10), name="before")
    world.intake = replace(world.intake, watching={"flights": WATCHING})
    world.summarise(traffic(50, seed=11), name="after")

    (found,) = counted(world)
    assert (found.summary.rows, sum(summary.rows for summary in found.slices.values())) == (150, 100)


def test_a_window_never_outgrows_its_item(world: World) -> None:
    world.summarise(traffic(10, seed=1))
    (stored,) = world.windows.between("flights", "1", BINNING.id, first=hour(9), last=hour(9))
    noise = np.random.default_rng(1)
    many = {
        Slice("tail", f"N{number}"): replace(a_window(5), counts=noise.integers(0, 1 << 40, BINNING.size))
        for number in range(250)
    }

    written = stored_of(stored.window, Counted(a_window(100), many), 1)

    assert 300_000 < len(written.slices) + len(written.summary) <= 390_000
    assert written.summary == encode(a_window(100))


def test_a_drift_of_one_carrier_is_found_among_all_and_told(world: World) -> None:
    warm(world, "WN")

    (watch,) = world.look()

    assert where(watch) == ["temp of carrier WN"]
    assert watch.reason == "0 of 6 features drift, in 1,200 rows; something drifts in 1 of 5 slices"
    assert watch.drifting[0].reason.startswith("temp of carrier WN: median moved")
    (incident,) = world.incidents()
    assert incident.title == "flights: what version 1 is asked has drifted: temp of carrier WN"
    assert incident.evidence["drifting"][0]["slice"] == "carrier WN"
    assert world.told[0][1]["findings"][0]["slice"] == "carrier WN"
    (entry,) = world.watches.audit("flights", "1")
    assert entry.details["drifting"][0]["slice"] == "carrier WN"


def test_without_slices_it_is_not_found() -> None:
    with mock_aws():
        world = a_world(slices=())
        warm(world, "WN")

        assert where(world.look()[0]) == []


def test_a_drift_that_all_rows_show_pages_once(world: World) -> None:
    warm(world)

    first = world.look()[0]
    warm(world, at=T0 + HOUR, seed=21)
    world.look(T0 + HOUR)

    assert where(first) == ["temp"]
    assert len(first.drifting[0].slices) == 5
    assert len(world.incidents()) == 1
    assert len(world.told) == 2


def test_quiet_slices_are_well_and_small_ones_make_nothing_unhealthy(world: World) -> None:
    world.summarise(traffic(400, seed=10))

    (watch,) = world.look()

    assert watch.verdict is Verdict.PASS
    assert watch.reason == "0 of 6 features drift, in 400 rows; something drifts in 0 of 4 slices"


@pytest.mark.parametrize("slices", [("origin",), ("carrier", "origin")])
def test_a_reference_without_the_declared_slices_is_told_at_every_look(slices: tuple[str, ...]) -> None:
    with mock_aws():
        world = a_world(slices=slices)
        world.summarise(traffic(400, seed=10))

        (watch,) = world.look()

        assert watch.verdict is Verdict.PASS
        assert watch.reason.endswith("not sliced by origin: the reference has no such slices, build one with them")


def test_an_acceptance_holds_for_slices(world: World) -> None:
    warm(world, "WN", rows=2400, by=10.0)
    world.look()

    accepted = world.accept()
    warm(world, "WN", at=T0 + HOUR, seed=21, by=10.0)
    (still,) = world.look(T0 + HOUR)

    assert accepted.accepted is not None
    assert accepted.accepted.slices
    assert (still.verdict, where(still)) == (Verdict.PASS, [])
    entry = world.watches.audit("flights", "1")[-1]
    assert (entry.kind, entry.details["features"]) == (EntryKind.ACCEPTED, ["temp of carrier WN"])


def test_what_differs_from_a_slices_accepted_rows_is_a_drift_of_it(world: World) -> None:
    warm(world, "WN", rows=2400, by=10.0)
    world.look()
    world.accept()

    world.summarise(traffic(2400, seed=21, at=T0 + HOUR), name="cool again")
    (cool,) = world.look(T0 + HOUR)

    assert where(cool) == ["temp of carrier WN"]


def test_a_slice_with_few_accepted_rows_is_not_judged_and_that_is_told(world: World) -> None:
    warm(world, rows=400)
    world.look()
    world.accept()

    warm(world, at=T0 + HOUR, seed=21)
    (still,) = world.look(T0 + HOUR)

    assert where(still) == []
    assert "slices are not judged: fewer than 100 accepted rows" in still.reason


def test_a_drift_of_a_slice_that_is_no_longer_declared_is_over_and_in_the_audit(world: World) -> None:
    warm(world, "WN")
    world.look()

    world.watching = WATCHING
    (watch,) = world.look()

    assert (watch.verdict, where(watch)) == (Verdict.PASS, [])
    entry = world.watches.audit("flights", "1")[-1]
    assert (entry.kind, entry.reason) == (EntryKind.RECOVERED, "no longer watched: temp of carrier WN")


def test_slices_that_cannot_be_read_are_a_reference_that_cannot(world: World) -> None:
    form = a_sliced_reference().to_dict()
    form["slices"][0]["value"] = 7
    world.references.put("flights", "1", json.dumps(form).encode())
    world.clock = 61.0

    (watch,) = world.look()

    assert watch.verdict is Verdict.ERROR
    assert "slices[0]" in watch.reason


def reported(world: World, now: Any) -> set[str]:
    """The slices that a report tells of."""
    stores = Stores(world.routings, world.references, world.windows, world.outcomes, world.watches)
    story = report_drift("flights", None, SLICED, stores, since=T0 - 2 * HOUR, now=now)
    return {finding.slice for look in story.looks for finding in look.findings if finding.slice}


def test_a_report_knows_the_labels_of_slices_and_tells_how_often_each_is_wrong(world: World) -> None:
    world.summarise(traffic(ROWS, seed=10))
    for number, carrier in enumerate(("AA", "B6")):
        bring(world.items, some_labels(200, seed=number, carrier=carrier, wrong=0.3 * number))
    with install_transactions():
        world.look_at_quality()

    stores = Stores(world.routings, world.references, world.windows, world.outcomes, world.watches)
    story = report_drift("flights", None, SLICED, stores, since=T0 - HOUR, now=T0)

    (look,) = story.looks
    assert {of.value: labels.rows for of, labels in look.slice_outcomes.items()} == {"AA": 200, "B6": 200}
    gaps = [gap for gap in compared_groups(story)["carrier"].gaps if gap.rate.measure is Measure.ERROR_RATE]
    by_carrier = {gap.group: gap.own for gap in gaps}
    assert by_carrier["B6"] > by_carrier["AA"] + 0.1


def test_a_report_tells_of_the_slices_that_were_counted_before_and_after_an_acceptance(world: World) -> None:
    warm(world, rows=1000)
    world.look()
    before = reported(world, T0)

    world.accept()
    warm(world, at=T0 + HOUR, seed=21)

    assert before == {f"carrier {name}" for name in CARRIERS}
    assert reported(world, T0 + HOUR) == before - {"carrier WN"}  # which has 50 accepted rows

"""Words that a reference does not know are kept beside the counts of a window, and findings name them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.unknown import Words, together
from sluice.service.count_windows import Counted
from sluice.service.find_compared import Stores
from sluice.service.find_reference import ReferenceBook
from sluice.service.report_drift import report_drift
from sluice.service.stored_window import counted_of, stored_of
from tests.drift_builders import a_reference, a_window, slices_of, some_rows
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR, WATCHING, World, hour, traffic

BINNING = a_reference().binning
ROWS = 400


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World()
        made.deploy(champion=100)
        yield made


def carriers(*new: str, seed: int = 20) -> list[str]:
    """Those of quiet rows, the first few replaced."""
    return [*new, *some_rows(ROWS, seed=seed)["carrier"][len(new) :]]


def ask(world: World, *new: str, at: Any = T0, seed: int = 20) -> None:
    world.summarise(traffic(ROWS, seed=seed, at=at, carrier=carriers(*new, seed=seed)), name=f"file-{seed}")


def counted(world: World) -> dict[str, Counted]:
    found = world.windows.between("flights", "1", BINNING.id, first=T0 - 48 * HOUR, last=T0 + 48 * HOUR)
    return {f"{each.window.start:%H}": counted_of(each, BINNING) for each in found}


def test_what_is_new_is_named_in_status_incident_events_and_audit(world: World) -> None:
    ask(world, *["ZZ"] * 41, *["QQ"] * 3)

    (watch,) = world.look()

    (drifting,) = watch.drifting
    assert drifting.change == "new_category"
    assert "unknown are 'ZZ' (41), 'QQ' (3), in 400 rows of the last window" in drifting.reason
    (incident,) = world.incidents()
    assert "'ZZ' (41)" in incident.what_changed
    assert "'ZZ' (41)" in world.told[0][1]["findings"][0]["reason"]
    (entry,) = world.watches.audit("flights", "1")
    assert "'ZZ' (41)" in entry.reason


def test_hours_are_added_up_and_a_report_names_them_too(world: World) -> None:
    for back, seed in enumerate((20, 21)):
        ask(world, *["ZZ"] * 5, "QQ", at=T0 - back * HOUR, seed=seed)

    (watch,) = world.look()
    stores = Stores(world.routings, world.references, world.windows, world.outcomes, world.watches)
    story = report_drift("flights", None, WATCHING, stores, since=T0 - 4 * HOUR, now=T0)

    assert "unknown are 'ZZ' (10), 'QQ' (2), in 800 rows of the last 2 windows" in watch.drifting[0].reason
    assert watch.drifting[0].reason in {finding.reason for finding in story.looks[-1].findings}


def test_quiet_windows_keep_no_words(world: World) -> None:
    ask(world)

    (found,) = counted(world).values()
    assert found.unknown == {}
    assert "unknown" not in item(world)


def test_a_window_from_before_words_were_kept_goes_on_and_what_is_not_named_is_others(world: World) -> None:
    ask(world, *["ZZ"] * 30)
    (there,) = world.windows.between("flights", "1", BINNING.id, first=hour(9), last=hour(9))
    old = replace(there, unknown=b"")
    world.windows.put(old, BINNING.id, file="old", etag="e", keep=WATCHING.keep, now=T0)
    ask(world, *["QQ"] * 9, seed=21)

    (watch,) = world.look()

    assert counted(world)["09"].unknown == {"carrier": Words(9, {"QQ": 9})}
    assert "unknown are 'QQ' (9) and others, in 800 rows" in watch.drifting[0].reason


def test_old_windows_alone_name_nothing(world: World) -> None:
    ask(world, *["ZZ"] * 30)
    (there,) = world.windows.between("flights", "1", BINNING.id, first=hour(9), last=hour(9))
    world.windows.put(replace(there, unknown=b""), BINNING.id, file="old", etag="e", keep=WATCHING.keep, now=T0)

    (watch,) = world.look()

    assert watch.drifting[0].change == "new_category"
    assert "unknown are" not in watch.drifting[0].reason


def test_of_a_sensitive_input_no_word_is_stored_or_told(world: World) -> None:
    sensitive = {"flights": {"carrier"}}
    book = ReferenceBook(world.references, lambda: 0.0, sensitive)
    world.intake = replace(world.intake, references=book)
    world.services = replace(world.services, references=book)
    ask(world, *["1970-01-01"] * 200)

    (watch,) = world.look()

    assert watch.drifting == ()
    assert "unknown" not in item(world)
    table = json.dumps(world.dynamodb.scan(TableName="state")["Items"], default=str)
    assert "1970" not in table


def test_a_window_counted_before_an_input_was_sensitive_is_not_read(world: World) -> None:
    ask(world, *["1970-01-01"] * 200)
    world.services = replace(
        world.services, references=ReferenceBook(world.references, lambda: 0.0, {"flights": {"carrier"}})
    )

    (watch,) = world.look()

    assert presence_only(SlicedReference(a_reference()), {"carrier"}).whole.binning.id != BINNING.id
    assert (watch.drifting, watch.rows) == ((), 0)


def test_words_never_take_more_than_their_room_and_no_room_of_slices(world: World) -> None:
    ask(world)
    (stored,) = world.windows.between("flights", "1", BINNING.id, first=hour(9), last=hour(9))
    noise = {
        f"feature {number}": Words(number, {f"{chr(0x4E00 + number)}{k}" * 20: 1 for k in range(8)})
        for number in range(900)
    }
    slices = slices_of(1000, seed=5)

    written = stored_of(stored.window, Counted(a_window(100), slices, unknown=noise), 1)

    read = counted_of(written, BINNING)
    assert len(written.unknown) <= 30_000
    assert 0 < len(read.unknown) < 900
    assert "feature 899" in read.unknown
    assert read.slices == slices


def item(world: World) -> Mapping[str, Any]:
    """The only window, as it stands in the table."""
    items = world.dynamodb.scan(TableName="state")["Items"]
    found: Mapping[str, Any]
    (found,) = [each for each in items if each["pk"]["S"].startswith("WINDOW#")]
    return found


NEW = [f"X{number}" for number in range(7)]
LINES = [
    traffic(20, seed=number, at=T0 + HOUR * (number % 2), carrier=[NEW[number % 7], NEW[0], *["AA"] * 18])
    for number in range(8)
]
RECOUNT = {
    f"{9 + odd:02}": Counter(word for number in range(odd, 8, 2) for word in (NEW[number % 7], NEW[0]))
    for odd in range(2)
}


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """To which of three files each line goes, and in which order these come, some again."""
    places = draw(st.lists(st.integers(0, 2), min_size=8, max_size=8))
    again = draw(st.lists(st.integers(0, 2), max_size=4))
    return places, list(draw(st.permutations([0, 1, 2, *again])))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deliveries())
def test_however_files_come_words_are_counted_once(cut: tuple[Sequence[int], Sequence[int]]) -> None:
    places, order = cut
    with mock_aws():
        world = World()
        for number in order:
            lines = [line for line, place in zip(LINES, places, strict=True) if place == number]
            world.summarise(*lines, name=f"file-{number}")

        found = {at: each.unknown["carrier"] for at, each in counted(world).items()}

    assert {at: dict(words.counts) for at, words in found.items()} == RECOUNT
    assert {at: words.rows for at, words in found.items()} == {"09": 8, "10": 8}


def test_counts_that_are_not_exact_say_between_what_they_lie(world: World) -> None:
    ask(world, *["ZZ"] * 30, *[f"X{number}" for number in range(20)])

    (watch,) = world.look()

    words = together(each.unknown for each in counted(world).values())["carrier"]
    assert (words.rows, words.short) == (50, 2)
    assert "unknown are 'ZZ' (29 to 31), 'X0' (1 to 2)" in watch.drifting[0].reason
    assert "and others, in 400 rows" in watch.drifting[0].reason

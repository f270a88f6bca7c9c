import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from sluice.aws.windows import Folded, Stored
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.repeats import Repeats
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary
from sluice.domain.drift.wire import encode
from sluice.domain.errors import InvalidReference, ModelNotFound
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.window import Window
from sluice.domain.signature import Datatype, TensorSpec
from sluice.report.page import render
from sluice.report.story import Look, Story
from sluice.service.count_windows import ByTime, Counted, count_windows
from sluice.service.count_windows import Window as CountedWindow
from sluice.service.drift_rows import Rows
from sluice.service.find_compared import NothingToReport, Stores
from sluice.service.judge_drift import rules_of
from sluice.service.judge_windows import judge_windows
from sluice.service.report_drift import _sliced_as, length_for, report_drift, rules_for
from tests.builders import a_signature
from tests.drift_builders import a_reference, a_window, some_answers, some_rows
from tests.feedback_builders import T0
from tests.label_builders import bring, some_labels
from tests.monitoring_builders import HOUR, WATCHING, World, hour
from tests.number_builders import a_number_reference, some_number_labels

DAY = 24 * HOUR
_SECOND = 1_000_000
_FILES = count()


@pytest.fixture(scope="module")
def emulated() -> Iterator[World]:
    """One for all examples of a property: each has a version of its own."""
    with mock_aws():
        yield World()


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        made = World()
        made.deploy(champion=90, challenger=10)
        yield made


def put(
    world: World,
    summary: Summary,
    start: datetime,
    *,
    version: str = "1",
    variant: str = "champion",
    repeats: Repeats | None = None,
) -> None:
    """Store what was counted of an hour."""
    counted, window = repeats or Repeats(), Window("flights", version, variant, start)
    stored = Stored(window, encode(summary), 0, compared=counted.rows, copies=counted.copies)
    file = f"file-{next(_FILES)}"
    done = world.windows.put(stored, summary.binning, file=file, etag="e", keep=timedelta(days=3650), now=T0)
    assert done is Folded.DONE


def report(world: World, version: str | None = None, *, days: float = 7, now: datetime = T0) -> Story:
    stores = Stores(world.routings, world.references, world.windows, world.outcomes, world.watches)
    return report_drift("flights", version, WATCHING, stores, since=now - timedelta(days=days), now=now)


def warm(rows: int = 400, *, seed: int = 20) -> Summary:
    return a_window(rows, seed=seed, temp=some_rows(rows, seed=seed)["temp"] + 15)


def drifted(look: Look) -> set[str]:
    return {finding.feature for finding in look.findings if finding.verdict is Verdict.FAIL}


def rows_of(story: Story) -> list[int]:
    return [look.summary.rows for look in story.looks]


def test_every_hour_is_told_from_the_first_with_rows_to_the_one_under_way(world: World) -> None:
    put(world, a_window(400, seed=10), hour(5))
    put(world, warm(), hour(8))

    story = report(world)

    assert (story.title, story.facts["reference"]) == ("flights version 1", "training data")
    assert [look.start for look in story.looks] == [hour(5), hour(6), hour(7), hour(8), hour(9)]
    assert rows_of(story) == [400, 0, 0, 400, 0]
    assert [drifted(look) for look in story.looks] == [set(), set(), set(), {"temp"}, set()]
    assert "No rows in 3 of 5 hours: these are not judged." in story.notes
    assert any("The last hour is still under way" in note for note in story.notes)


def test_an_hour_without_rows_has_no_findings(world: World) -> None:
    put(world, warm(), hour(8))

    _, under_way = report(world).looks

    assert under_way.findings == ()


def test_what_was_asked_in_every_slot_is_told_and_of_another_version_nothing(world: World) -> None:
    put(world, a_window(100, seed=10), hour(9))
    put(world, a_window(50, seed=11), hour(9), variant="challenger")
    put(world, a_window(70, seed=12), hour(9), version="2")

    assert rows_of(report(world)) == [150]
    assert rows_of(report(world, "2")) == [70]


def test_labels_are_told_in_the_hour_of_their_answers_whatever_else_that_hour_has(world: World) -> None:
    put(world, a_window(400, seed=10), hour(7))
    put(world, a_window(50, seed=11), hour(7), variant="challenger")
    bring(world.items, [*some_labels(80, seed=1, at=hour(7)), *some_labels(60, seed=2, at=hour(8))])
    world.look_at_quality()

    looks = report(world).looks

    assert [look.outcomes and look.outcomes.rows for look in looks] == [80, 60, None]
    assert rows_of(report(world)) == [450, 0, 0]


def test_labels_of_numbers_are_told_in_the_hour_of_their_answers() -> None:
    text = json.dumps(a_number_reference().to_dict()).encode()
    with mock_aws():
        world = World(references={"1": text})
        world.deploy(champion=100)
        put(world, summarise(a_number_reference().binning, some_rows(400, seed=10)), hour(7))
        bring(world.items, [*some_number_labels(80, seed=1, at=hour(7)), *some_number_labels(60, seed=2, at=hour(8))])
        world.look_at_quality()

        story = report(world)

    assert [look.outcomes and look.outcomes.rows for look in story.looks] == [80, 60, None]
    assert "How far off the model was" in render(story)


def test_of_a_sensitive_input_only_presence_is_compared(world: World) -> None:
    presence = presence_only(SlicedReference(a_reference()), {"temp"}).whole.binning
    answers, _ = some_answers(400, seed=20)
    warmer = some_rows(400, seed=20)
    put(world, summarise(presence, warmer | {"temp": warmer["temp"] + 15}, answers), hour(8))
    stores = Stores(world.routings, world.references, world.windows, world.outcomes, world.watches, {"temp"})

    look, _ = report_drift("flights", None, WATCHING, stores, since=T0 - DAY, now=T0).looks

    assert (look.summary.rows, drifted(look)) == (400, set())


def test_looks_know_what_was_before_the_time_that_is_shown(world: World) -> None:
    for back in range(16):
        put(world, warm(40, seed=back), hour(9) - back * HOUR)

    story = report(world, days=2 / 24)

    assert len(story.looks) == 3
    assert [drifted(look) for look in story.looks] == [{"temp"}] * 3
    assert story.looks[0].findings[0].windows > 1


def test_what_was_asked_before_and_no_longer_is_nothing_to_tell(world: World) -> None:
    put(world, a_window(400), hour(9) - 10 * HOUR)

    with pytest.raises(NothingToReport, match="nothing was counted of version 1 of flights since 2026-11-21"):
        report(world, days=3 / 24)


def test_long_times_are_told_by_days_and_the_page_says_so(world: World) -> None:
    put(world, a_window(300, seed=10), hour(9) - 9 * DAY)
    put(world, warm(300), hour(3) - 2 * DAY)
    put(world, warm(200), hour(8) - 2 * DAY)

    story = report(world, days=30)

    assert len(story.looks) == 10
    assert rows_of(story) == [300, 0, 0, 0, 0, 0, 0, 500, 0, 0]
    assert drifted(story.looks[7]) == {"temp"}
    assert story.rules.looks_per_30_days == 30
    assert story.notes[-3].startswith("Windows are days, the counts of their hours added up")


@pytest.mark.parametrize(
    ("days", "length"), [(0.1, HOUR), (7, HOUR), (8, DAY), (90, DAY), (169, DAY), (170, 7 * DAY), (4000, 7 * DAY)]
)
def test_windows_are_as_long_as_the_page_stays_readable(days: float, length: timedelta) -> None:
    assert length_for(T0 - timedelta(days=days), T0) == length


@pytest.mark.parametrize(
    ("length", "own", "looks"), [(HOUR, 720, 720), (HOUR, 8640, 8640), (HOUR, 30, 720), (DAY, 720, 30)]
)
def test_the_budget_is_shared_among_the_looks_that_are_made(length: timedelta, own: float, looks: float) -> None:
    assert rules_for(length, Rules(looks_per_30_days=own)).looks_per_30_days == looks


def test_what_was_accepted_is_compared_with_from_then_on(world: World) -> None:
    put(world, a_window(400, seed=10), hour(3))
    put(world, warm(), hour(8))
    world.look()
    world.accept("it is summer")
    put(world, warm(seed=21), hour(9))

    story = report(world)

    assert story.facts["reference"] == "400 rows accepted by ann on 2026-11-21: it is summer"
    assert rows_of(story) == [400, 400]
    assert [drifted(look) for look in story.looks] == [set(), set()]
    assert story.notes[-1].startswith("Hours before 2026-11-21 08:00 UTC are not compared")
    assert not any(note.startswith("Hours before") for note in report(world, days=1 / 24).notes)


def test_what_was_accepted_by_other_bins_is_compared_with_no_longer(world: World) -> None:
    put(world, warm(), hour(9))
    world.look()
    world.accept()
    watch = world.watches.get("flights", "1")
    assert watch is not None
    assert watch.accepted is not None
    world.watches.put(replace(watch, accepted=replace(watch.accepted, summary="AQAAAAAAAAAAAAA=")))

    story = report(world)

    assert story.facts["reference"] == "training data"
    assert drifted(story.looks[-1]) == {"temp"}


def test_a_watch_without_acceptance_changes_nothing(world: World) -> None:
    put(world, warm(), hour(9))
    before = report(world)

    world.look()

    assert report(world) == before


def test_a_model_that_is_not_deployed_is_refused() -> None:
    with mock_aws():
        bare = World()
        put(bare, a_window(100), hour(9))

        with pytest.raises(ModelNotFound, match="no routing table"):
            report(bare)
        with pytest.raises(NothingToReport, match="no version 9 that is watched; its routing table names none"):
            report(bare, "9")
        assert rows_of(report(bare, "1")) == [100], "a version that is named needs no routing table"


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("2", "version 2 of flights has no reference: build reference.json"),
        ("3", "flights has no version 3 that is watched; its routing table names 1, 2"),
    ],
)
def test_without_a_reference_there_is_nothing_to_tell(version: str, told: str) -> None:
    with mock_aws():
        world = World(references={"1": json.dumps(a_reference().to_dict()).encode()})
        world.deploy(champion=90, challenger=10)

        with pytest.raises(NothingToReport, match=told):
            report(world, version)


def test_a_version_that_was_watched_and_lost_its_reference_is_said_to_have_none(world: World) -> None:
    put(world, a_window(100), hour(9), version="2")
    world.look()
    world.routings.put(
        replace(stored_routing(world), versions={"champion": "1"}, weights={"champion": 100}, revision=1)
    )
    world.dynamodb.delete_item(TableName="state", Key={"pk": {"S": "MODEL#flights"}, "sk": {"S": "REFERENCE#2"}})

    with pytest.raises(NothingToReport, match="version 2 of flights has no reference"):
        report(world, "2")


def stored_routing(world: World) -> Any:
    return world.routings.get("flights")


def test_a_reference_that_cannot_be_used_is_named() -> None:
    with mock_aws():
        world = World(references={"1": b"{"})
        world.deploy(champion=100)

        with pytest.raises(InvalidReference, match=r"version 1 of flights cannot be used: .*JSON"):
            report(world)


def test_by_a_reference_of_another_model_nothing_is_told(world: World) -> None:
    put(world, a_window(100), hour(9))
    x = TensorSpec("x", Datatype.FP32, (-1,))
    world.routings.put(replace(stored_routing(world), signature=a_signature(x), revision=1))

    with pytest.raises(InvalidReference, match=r"version 1 of flights cannot be used: .* the inputs x, and not temp"):
        report(world)


def test_slices_are_compared_where_windows_were_counted_by_slices() -> None:
    of, summary = Slice("carrier", "AA"), a_window(100)
    reference = SlicedReference(a_reference(), {of: summary})
    plain = CountedWindow(None, None, Counted(summary))
    sliced = CountedWindow(None, None, Counted(summary, {of: summary}))

    assert _sliced_as(reference, [plain]).slices == {}
    assert _sliced_as(reference, [plain, sliced]) == reference


PIECES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(1, 150), st.booleans(), st.sampled_from(["champion", "challenger"])),
    min_size=1,
    max_size=8,
    unique_by=lambda piece: (piece[0], piece[3]),
)


@settings(max_examples=15, deadline=None)
@given(PIECES)
def test_the_report_of_a_deployment_is_that_of_a_file_with_the_same_rows(
    emulated: World, pieces: list[tuple[int, int, bool, str]]
) -> None:
    version = f"v{next(_FILES)}"
    reference = SlicedReference(a_reference())
    emulated.references.put("flights", version, json.dumps(a_reference().to_dict()).encode())
    stream = []
    for number, rows, is_warm, variant in pieces:
        part = rows_from(hour(number), rows, seed=number, is_warm=is_warm)
        (window,) = count_windows(reference, [part], ByTime(HOUR))
        put(
            emulated,
            window.counted.summary,
            hour(number),
            version=version,
            variant=variant,
            repeats=window.counted.repeats,
        )
        stream.append(part)
    last = max(number for number, *_ in pieces)

    story = report(emulated, version, now=hour(last) + timedelta(minutes=59))

    of_file = count_windows(reference, stream, ByTime(HOUR))
    assert story.looks == tuple(judge_windows(reference, of_file, rules_of(WATCHING)))


def rows_from(start: datetime, rows: int, *, seed: int, is_warm: bool) -> Rows:
    """Rows of one hour."""
    answers, _ = some_answers(rows, seed=seed)
    columns = some_rows(rows, seed=seed)
    times = int(start.timestamp()) * _SECOND + np.arange(rows) * _SECOND
    return Rows(columns | {"temp": columns["temp"] + 15 * is_warm}, {}, times, answers)

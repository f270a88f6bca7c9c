import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.aws.captures import CapturedFile
from sluice.aws.windows import Folded, Stored, Windows
from sluice.domain.drift.wire import encode
from sluice.domain.errors import StaleWrite
from sluice.domain.feedback.capture import Poison
from sluice.service.summarise import Summarised, summarise_file
from tests.drift_builders import a_reference, a_window
from tests.feedback_builders import CHALLENGER, CHAMPION, T0, answered, captured
from tests.monitoring_builders import HOUR, World, answers, exchange, hour, requests, traffic


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


def test_a_file_is_counted_into_the_hour_of_its_answers(world: World) -> None:
    done = world.summarise(traffic(100, seed=10))

    assert done == Summarised("flights", "champion", rows=100, without_reference=0, skipped=0, poisoned=0)
    assert world.counted() == {(hour(9), "champion"): a_window(100, seed=10)}


def test_versions_slots_and_hours_are_counted_apart(world: World) -> None:
    world.summarise(traffic(10, seed=1), traffic(20, seed=2, at=T0 + HOUR), name="one")
    world.summarise(traffic(30, seed=3, by=CHALLENGER), name="two", variant="challenger")

    rows = {key: summary.rows for key, summary in world.counted("1").items()}
    assert rows == {(hour(9), "champion"): 10, (hour(10), "champion"): 20}
    assert {key: summary.rows for key, summary in world.counted("2").items()} == {(hour(9), "challenger"): 30}


def test_a_late_file_goes_into_the_hour_of_its_answers(world: World) -> None:
    world.summarise(traffic(10, seed=1, at=T0), name="on-time")
    world.summarise(traffic(10, seed=2, at=T0 + 2 * HOUR), name="newer")

    world.summarise(traffic(5, seed=3, at=T0), name="late")

    assert world.counted()[hour(9), "champion"].rows == 15


def test_a_file_that_comes_again_changes_nothing(world: World) -> None:
    world.summarise(traffic(10, seed=1), name="file")
    before = world.total()

    again = world.summarise(traffic(10, seed=1), name="file")

    assert again.rows == 10
    assert world.total() == before


def test_a_file_that_is_put_again_with_other_content_is_another_file(world: World) -> None:
    world.summarise(traffic(10, seed=1), name="file")
    world.summarise(traffic(20, seed=2), name="file")

    assert world.total() == a_window(10, seed=1) + a_window(20, seed=2)


def test_strangers_previews_and_copies_are_not_counted(world: World) -> None:
    stranger = captured(answered(), customAttributes=[])
    preview = captured(answered(), customAttributes=["sluice-preview"])
    copy = traffic(10, seed=1, by=CHALLENGER)

    done = world.summarise(stranger, preview, copy)

    assert (done.rows, done.skipped, done.poisoned) == (0, 3, 0)
    assert world.counted() == {}
    assert world.buried() == []


def test_what_cannot_be_read_is_put_aside_with_the_reason_and_the_rest_is_counted(world: World) -> None:
    done = world.summarise("{", traffic(10, seed=1), captured(answered()), *["no JSON"] * 30)

    (letter,) = world.buried()
    assert (done.rows, done.poisoned) == (10, 32)
    assert letter["reason"] == "32 lines cannot be counted"
    assert len(letter["details"]) == 20
    assert letter["details"][0].startswith("line 1: JSONDecodeError")
    assert letter["details"][1].startswith("line 3: ")


@pytest.mark.parametrize("at", ["9999-12-31T23:59:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_line_of_no_time_that_can_be_kept_does_not_stop_the_others(world: World, at: str) -> None:
    line = traffic(10, seed=1).replace(f"{T0:%Y-%m-%dT%H:%M:%SZ}", at)

    done = world.summarise(traffic(5, seed=2), line, traffic(7, seed=3))

    (letter,) = world.buried()
    assert (done.rows, done.poisoned) == (12, 1)
    assert letter["details"] == ["line 2: inferenceTime is in none of the years 1970 to 9989"]


@pytest.mark.parametrize("key", ["captures/else/champion/2026/11/21/09/file.jsonl", "captures/file.txt"])
def test_a_file_of_nobody_we_watch_is_poison(world: World, key: str) -> None:
    with pytest.raises(Poison):
        summarise_file(CapturedFile("data", key), world.intake, now=T0)


def test_a_file_that_is_gone_is_poison(world: World) -> None:
    file = world.put_file(traffic(1, seed=1))
    world.s3.delete_object(Bucket="data", Key=file.key)

    with pytest.raises(Poison, match="no such file"):
        summarise_file(file, world.intake, now=T0)


def test_a_version_without_a_reference_is_told_and_not_counted() -> None:
    with mock_aws():
        world = World(references={})
        done = world.summarise(traffic(10, seed=1), traffic(10, seed=2))

        assert (done.rows, done.without_reference) == (0, 2)
        assert world.counted() == {}


def test_a_reference_that_cannot_be_read_is_as_none() -> None:
    with mock_aws():
        assert World(references={"1": b"{}"}).summarise(traffic(10, seed=1)).without_reference == 1


def test_a_reference_is_read_again_after_a_minute() -> None:
    with mock_aws():
        world = World(references={})
        world.summarise(traffic(10, seed=1), name="before")
        world.references.put("flights", "1", json.dumps(a_reference().to_dict()).encode())

        soon = world.summarise(traffic(10, seed=1), name="soon")
        world.clock = 61.0
        later = world.summarise(traffic(10, seed=1), name="later")

        assert (soon.rows, later.rows) == (0, 10)


def test_rows_that_were_not_answered_are_counted(world: World) -> None:
    done = world.summarise(exchange(requests(5, seed=1), None))

    assert done.rows == 5


class Overtaken(Windows):
    """Windows to which somebody else always writes first."""

    def put(self, *_: Any, **__: Any) -> Folded:
        return Folded.OVERTAKEN


def test_a_window_that_never_stands_still_is_left_for_the_next_time(world: World) -> None:
    file = world.put_file(traffic(10, seed=1))
    intake = replace(world.intake, windows=Overtaken(world.windows._items))

    with pytest.raises(StaleWrite, match="20 times in a row"):
        summarise_file(file, intake, now=T0)


def test_the_write_of_somebody_who_was_quicker_is_kept(world: World) -> None:
    """One reads a window, the other writes it, then the first one does."""
    binning = a_reference().binning
    world.summarise(traffic(10, seed=1), name="first")
    (read,) = world.windows.between("flights", "1", binning.id, first=hour(9), last=hour(9))
    world.summarise(traffic(20, seed=2), name="second")
    stale = Stored(read.window, encode(a_window(5)), read.revision)

    done = world.windows.put(stale, binning.id, file="third", etag="e", keep=HOUR, now=T0)

    assert done is Folded.OVERTAKEN
    assert world.total().rows == 30


def test_two_at_once_count_a_file_once_and_another_each(world: World) -> None:
    files = [world.put_file(traffic(10, seed=number), name=f"file-{number}") for number in range(4)]
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait()
        for file in files:
            summarise_file(file, world.intake, now=T0)

    threads = [threading.Thread(target=work) for _ in range(2)]
    with install_transactions():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert world.total() == sum((a_window(10, seed=number) for number in range(1, 4)), start=a_window(10, seed=0))


Cut = tuple[list[int], list[int]]


@st.composite
def deliveries(draw: st.DrawFn) -> Cut:
    """To which of three files each of ten exchanges goes, and in which order these come, some again."""
    places = draw(st.lists(st.integers(0, 2), min_size=10, max_size=10))
    again = draw(st.lists(st.integers(0, 2), max_size=4))
    order = draw(st.permutations([0, 1, 2, *again]))
    return places, list(order)


TEN: Sequence[str] = [traffic(7, seed=number, at=T0 + HOUR * (number % 3)) for number in range(10)]


def total_of(files: Mapping[int, list[str]], order: Sequence[int]) -> Any:
    with mock_aws():
        world = World()
        for number in order:
            if files[number]:
                world.summarise(*files[number], name=f"file-{number}")
        return {key: (summary.rows, summary.counts.tolist()) for key, summary in world.counted().items()}


@cache
def all_at_once() -> Any:
    return total_of({0: list(TEN)}, [0])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deliveries())
def test_how_predictions_are_cut_into_files_and_how_often_these_come_does_not_matter(cut: Cut) -> None:
    places, order = cut
    files = {file: [line for line, place in zip(TEN, places, strict=True) if place == file] for file in range(3)}

    assert total_of(files, order) == all_at_once()


def test_answers_of_the_champion_and_of_nobody_else_are_in_its_folder(world: World) -> None:
    world.summarise(exchange(requests(3, seed=1), answers(3, seed=1), answered("p-1", CHAMPION)))

    assert world.total().rows == 3


def test_lines_of_another_form_are_counted_beside_those_of_ours(world: World) -> None:
    ours = traffic(10, seed=1)
    form = json.loads(traffic(10, seed=2))
    (form["eventMetadata"]["customAttributes"],) = form["eventMetadata"]["customAttributes"]

    done = world.summarise(ours, json.dumps(form), ours.replace("p-1", "p-2"))

    assert (done.rows, done.poisoned) == (30, 0)
    assert list(world.counted()) == [(hour(9), "champion")]

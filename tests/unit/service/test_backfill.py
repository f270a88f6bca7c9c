import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from sluice.aws.captures import CapturedFile
from sluice.service.backfill import Backfilled, CapturedBefore, backfill
from tests.drift_builders import a_reference
from tests.feedback_builders import T0
from tests.monitoring_builders import HOUR, World, hour, traffic


@pytest.fixture
def late() -> Iterator[World]:
    """Three files were captured before version 1 had a reference."""
    with mock_aws():
        world = World(references={})
        for number in range(3):
            world.summarise(traffic(10, seed=number), name=f"file-{number}")
        world.references.put("flights", "1", json.dumps(a_reference().to_dict()).encode())
        world.clock = 61.0
        yield world


def items(world: World, *more: CapturedFile) -> list[CapturedBefore]:
    files = [*world.intake.captures.below("data", "captures/sluice-flights/"), *more]
    return [CapturedBefore(file, T0 - HOUR, T0 + HOUR) for file in files]


def test_what_came_before_its_reference_is_counted(late: World) -> None:
    done = backfill(items(late), late.intake, now=T0 + HOUR)

    assert done == Backfilled(files=3, rows=30)
    assert late.total().rows == 30


def test_twice_is_as_good_as_once_and_live_files_may_come_meanwhile(late: World) -> None:
    listed = items(late)
    late.summarise(traffic(5, seed=7), name="live")

    backfill(listed, late.intake, now=T0)
    backfill(items(late), late.intake, now=T0)
    late.summarise(traffic(5, seed=7), name="live")

    assert late.total().rows == 35


def test_what_was_counted_long_ago_is_not_counted_again(late: World) -> None:
    """The mark that a file was counted is there as long as the window is: 30 days here."""
    backfill(items(late), late.intake, now=T0)
    marks = late.dynamodb.scan(TableName="state", FilterExpression="begins_with(pk, :f)", **FILES)["Items"]
    window = late.dynamodb.query(TableName="state", KeyConditionExpression="pk = :p", **WINDOW)["Items"]

    assert {int(mark["expires_at"]["N"]) for mark in marks} == {int(window[0]["expires_at"]["N"])}
    assert int(window[0]["expires_at"]["N"]) == int((hour(10) + timedelta(days=30)).timestamp())


FILES = {"ExpressionAttributeValues": {":f": {"S": "FILE#"}}}
WINDOW = {"ExpressionAttributeValues": {":p": {"S": "WINDOW#flights#1"}}}


def test_hours_whose_counts_have_been_deleted_are_not_counted_anew(late: World) -> None:
    done = backfill(items(late), late.intake, now=hour(10) + timedelta(days=30))

    assert (done.files, done.rows) == (3, 0)
    assert late.counted() == {}


def test_files_of_another_time_are_not_read(late: World) -> None:
    gone = CapturedFile("data", "captures/sluice-flights/champion/2026/11/21/09/gone.jsonl")
    other = CapturedFile("data", "captures/sluice-flights/champion/2026/11/20/09/gone.jsonl")

    done = backfill(items(late, gone, other), late.intake, now=T0)

    assert done == Backfilled(files=4, rows=30, unreadable=1)


def test_what_cannot_be_read_is_told_and_put_aside_no_second_time(late: World) -> None:
    late.put_file("no JSON", traffic(4, seed=9), name="broken")

    done = backfill(items(late), late.intake, now=T0)

    assert done == Backfilled(files=4, rows=34, poisoned=1)
    assert late.buried() == []


def test_versions_without_a_reference_are_told() -> None:
    with mock_aws():
        world = World(references={})
        world.put_file(traffic(10, seed=1))

        assert backfill(items(world), world.intake, now=T0).to_dict() == {
            "files": 1,
            "rows": 0,
            "without_reference": 1,
            "poisoned": 0,
            "unreadable": 0,
        }


def test_an_item_of_the_state_machine_names_a_file_and_a_time() -> None:
    form = {"bucket": "data", "key": "k", "since": "2026-11-21T08:30:00+00:00", "until": "2026-11-21T10:30:00+00:00"}

    assert CapturedBefore.from_dict(form) == CapturedBefore(CapturedFile("data", "k"), T0 - HOUR, T0 + HOUR)

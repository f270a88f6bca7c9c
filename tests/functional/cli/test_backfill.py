"""`sluice drift backfill`: on AWS by a state machine, on the local cloud by processes of this machine."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from sluice.aws.item_store import ItemStore
from sluice.aws.references import References
from sluice.aws.windows import Windows
from sluice.cli.backfill_here import Place, count_here, spread
from sluice.clock import utc_now
from sluice.domain.drift.wire import decode
from sluice.service.backfill import Backfilled
from sluice.settings.source import parse
from tests.drift_builders import a_reference
from tests.functional.cli.operating import SETTINGS, Operator
from tests.functional.deployed import a_client
from tests.loopback_server import LoopbackServer, Reply
from tests.monitoring_builders import traffic

NOW = utc_now()
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:sluice-backfill"


@pytest.fixture
def watched(operator: Operator) -> Operator:
    """With the stack that watches."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"BackfillStateMachineArn": {"Value": MACHINE}},
    }
    a_client("cloudformation").create_stack(StackName="sluice-monitoring", TemplateBody=json.dumps(template))
    return operator


def replies(status: str, *, failed: int = 0) -> list[Reply]:
    """What Step Functions says of one look: of the execution, its map runs, and how far that is."""
    counts = {"total": 9, "pending": 0, "running": 0, "succeeded": 9 - failed, "failed": failed}
    counts |= {"timedOut": 0, "aborted": 0}
    times = {"startDate": 1.0}
    found = {"executionArn": "x", "stateMachineArn": MACHINE, "status": status, **times}
    run = {"executionArn": "x", "mapRunArn": "r", "stateMachineArn": MACHINE, **times}
    forms: list[dict[str, Any]] = [found, {"mapRuns": [run]}, {"mapRunArn": "r", "itemCounts": counts}]
    return [Reply(200, json.dumps(form).encode()) for form in forms]


STARTED = Reply(200, json.dumps({"executionArn": "x", "startDate": 1.0}).encode())


def test_on_aws_it_is_started_and_waited_for(watched: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(STARTED, *replies("SUCCEEDED")) as functions:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", functions.url)
        done = watched.sluice("drift", "backfill", "--since", "2026-11-01", "--until", "2026-11-21T10:00")
        sent = json.loads(functions.seen[0].body)

    assert done.code == 0
    assert "flights: 9 of 9 files are looked at" in done.said
    assert sent["stateMachineArn"] == MACHINE
    assert json.loads(sent["input"]) == {
        "prefix": "captures/sluice-flights/",
        "since": "2026-11-01T00:00:00+00:00",
        "until": "2026-11-21T10:00:00+00:00",
    }


def test_files_that_failed_are_told_and_the_command_fails(watched: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(STARTED, *replies("SUCCEEDED", failed=2)) as functions:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", functions.url)
        done = watched.sluice("drift", "backfill", "--since", "7d")

    assert done.code == 1
    assert "2 failed; run it again: it counts nothing twice" in done.said


def test_programs_get_the_numbers(watched: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(STARTED, *replies("ABORTED")) as functions:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", functions.url)
        done = watched.sluice("drift", "backfill", "--since", "7d", "--json")

    form = {"files": 9, "done": 9, "failed": 0, "trouble": "aborted"}
    assert (done.code, done.json) == (1, {"model": "flights", "execution": "x", **form})


def test_a_time_that_ends_before_it_begins_is_refused(watched: Operator) -> None:
    assert (
        "--since 1h is not before --until 2h"
        in watched.sluice("drift", "backfill", "--since", "1h", "--until", "2h").mistake
    )


def test_what_is_not_watched_is_not_counted(watched: Operator) -> None:
    settings = watched.folder / "sluice.yaml"
    settings.write_text(SETTINGS + "    monitoring: {enabled: false}\n", encoding="utf-8")

    assert "flights is not watched" in watched.sluice("drift", "backfill", "--since", "7d").mistake


def capture(rows: int, *, name: str, variant: str = "champion", age: timedelta = timedelta(hours=2)) -> None:
    at = NOW - age
    key = f"captures/sluice-flights/{variant}/{at:%Y/%m/%d/%H}/{name}.jsonl"
    a_client("s3").put_object(Bucket="data", Key=key, Body=traffic(rows, seed=rows, at=at).encode())


@pytest.mark.usefixtures("operator")
def test_on_this_machine_the_same_files_are_counted() -> None:
    capture(10, name="one")
    capture(20, name="two")
    capture(40, name="old", age=timedelta(days=9))
    References(a_client("dynamodb"), table="state").put("flights", "1", json.dumps(a_reference().to_dict()).encode())
    place = Place.of(parse(SETTINGS, Path("sluice.yaml")), "flights", table="state", bucket="data")

    bars = [silent() for _ in range(2)]
    done = [count_here(place, bar, since=NOW - timedelta(days=7), until=NOW, now=NOW) for bar in bars]

    assert [(task.completed, task.total) for bar in bars for task in bar.tasks] == [(2, 2), (2, 2)]
    assert done == [Backfilled(files=2, rows=30)] * 2
    binning = a_reference().binning
    windows = Windows(ItemStore(a_client("dynamodb"), table="state", sleep=lambda _: None))
    found = windows.between("flights", "1", binning.id, first=NOW - timedelta(days=10), last=NOW)
    assert [decode(each.summary, binning).rows for each in found] == [30]


def silent() -> Progress:
    return Progress(console=Console(file=io.StringIO()), disable=True)


def test_many_pieces_go_to_several_processes() -> None:
    assert sorted(spread(len, [[1], [1, 2], []])) == [0, 1, 2]


def test_one_piece_or_none_needs_no_process() -> None:
    assert list(spread(sum, [[1, 2]])) == [3]
    assert list(spread(sum, [])) == []

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sluice.aws.recorded_requests import RecordedRequests
from sluice.domain.attribution import Attribution
from sluice.domain.exchange import Exchange
from sluice.domain.message import Message

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="data")
        yield client


def a_line(prediction_id: str, data: str = "{}", encoding: str = "JSON") -> dict[str, Any]:
    sent = {"observedContentType": "application/json", "mode": "INPUT", "data": data, "encoding": encoding}
    return {
        "captureData": {"endpointInput": sent},
        "eventMetadata": {"eventId": "event", "inferenceId": prediction_id},
    }


def put(s3: Any, at: datetime, *lines: dict[str, Any], prefix: str = "captures/", name: str = "1") -> None:
    body = "".join(json.dumps(line) + "\n" for line in lines)
    key = f"{prefix}sluice-flights/champion/{at:%Y/%m/%d/%H}/{at:%M}-{name}.jsonl"
    s3.put_object(Bucket="data", Key=key, Body=body.encode())


def newest(s3: Any, most: int = 10, uri: str = "s3://data/captures") -> list[str]:
    found = RecordedRequests(s3, uri=uri).newest("sluice-flights", "champion", now=NOW, most=most)
    return [request.prediction_id for request in found]


def test_the_newest_requests_come_first_across_files_and_days(s3: Any) -> None:
    put(s3, NOW, a_line("p-5"), a_line("p-6"))
    put(s3, NOW - timedelta(hours=1), a_line("p-3"), a_line("p-4"))
    put(s3, NOW - timedelta(days=2), a_line("p-1"), a_line("p-2"))
    put(s3, NOW - timedelta(days=3), a_line("p-0"))

    assert newest(s3) == ["p-6", "p-5", "p-4", "p-3", "p-2", "p-1"]
    assert newest(s3, most=3) == ["p-6", "p-5", "p-4"]


def test_bodies_are_as_they_were_sent_and_it_is_known_whom_they_asked(s3: Any) -> None:
    put(s3, NOW, a_line("p-1", '{"instances":[1]}'), a_line("p-2", "AAEC", "BASE64"))

    second, first = RecordedRequests(s3, uri="s3://data/captures/").newest(
        "sluice-flights", "champion", now=NOW, most=2
    )

    assert first.request == Message(b'{"instances":[1]}', "application/json")
    assert second.request.body == b"\0\1\2"
    assert {first.variant, second.variant} == {"champion"}


def test_files_after_a_key_come_in_the_order_of_keys_from_an_hour_on(s3: Any) -> None:
    for hours in range(4):
        for name in "ab":
            put(s3, NOW - timedelta(hours=hours), a_line("p"), name=name)
    recorded = RecordedRequests(s3, uri="s3://data/captures")

    def after(key: str, most: int = 10) -> list[str]:
        found = recorded.after("sluice-flights", "champion", key, since=NOW - timedelta(hours=2), most=most)
        return [each.removeprefix("captures/sluice-flights/champion/2026/11/22/") for each in found]

    assert after("") == [f"{hour:02}/30-{name}.jsonl" for hour in (8, 9, 10) for name in "ab"]
    assert after("", most=1) == ["08/30-a.jsonl"]
    assert after("captures/sluice-flights/champion/2026/11/22/09/30-a.jsonl", most=2) == [
        "09/30-b.jsonl",
        "10/30-a.jsonl",
    ]


def test_files_around_a_time_are_those_of_its_hours_and_of_an_hour_before_and_after(s3: Any) -> None:
    for hours in range(-3, 4):
        put(s3, NOW + timedelta(hours=hours), a_line("p"))
    recorded = RecordedRequests(s3, uri="s3://data/captures")

    found = recorded.around("sluice-flights", "champion", since=NOW, until=NOW + timedelta(minutes=29))

    assert [each.split("/")[-2] for each in found] == ["09", "10", "11"]


def test_captures_may_lie_at_the_top_of_a_bucket(s3: Any) -> None:
    put(s3, NOW, a_line("p-1"), prefix="")

    assert newest(s3, uri="s3://data") == ["p-1"]


def test_answers_without_their_requests_and_nameless_requests(s3: Any) -> None:
    answer = {"captureData": {"endpointOutput": {}}, "eventMetadata": {"eventId": "e-1"}}
    nameless = a_line("p-1")
    del nameless["eventMetadata"]["inferenceId"]
    put(s3, NOW, answer, nameless)

    assert newest(s3) == ["event"]


def test_lines_that_cannot_be_read_are_skipped(s3: Any) -> None:
    odd = [b"no JSON", b"[1]", b"{}", json.dumps(a_line("p-9", "A", "BASE64")).encode(), b"\xff"]
    lines = [json.dumps(a_line("p-1")).encode(), *odd, json.dumps(a_line("p-2")).encode()]
    key = f"captures/sluice-flights/champion/{NOW:%Y/%m/%d/%H}/1.jsonl"
    s3.put_object(Bucket="data", Key=key, Body=b"\n".join(lines))

    assert newest(s3) == ["p-2", "p-1"]


def test_huge_files_and_old_ones_are_not_read(s3: Any) -> None:
    for number in range(15):
        put(s3, NOW - timedelta(minutes=number), a_line(f"p-{number}"))
    s3.put_object(
        Bucket="data",
        Key="captures/sluice-flights/champion/2026/11/22/10/31-huge.jsonl",
        Body=b"x" * (4 * 1024 * 1024 + 1),
    )

    assert newest(s3, most=100) == [f"p-{number}" for number in range(10)]


def test_nothing_waits_for_an_illustration(s3: Any) -> None:
    requests = RecordedRequests(s3, uri="s3://nobody/captures")

    assert requests.examples("sluice-flights", "champion", now=NOW, most=5, version="2") == []
    with pytest.raises(ClientError):
        requests.newest("sluice-flights", "champion", now=NOW, most=5)


def test_examples_are_the_newest_requests(s3: Any) -> None:
    put(s3, NOW, a_line("p-1"))

    requests = RecordedRequests(s3, uri="s3://data/captures")
    examples = requests.examples("sluice-flights", "champion", now=NOW, most=5, version="2")

    assert [example.prediction_id for example in examples] == ["p-1"]


def an_attributed(prediction_id: str, variant: str, version: str) -> dict[str, Any]:
    line = a_line(prediction_id)
    line["eventMetadata"]["customAttributes"] = [Attribution("0" * 16, variant, version, 0.5, 1, 1).encode()]
    return line


def test_a_slots_requests_are_told_apart_by_the_version_that_was_asked(s3: Any) -> None:
    put(s3, NOW, an_attributed("p-1", "champion", "1"), an_attributed("p-2", "champion", "2"))
    requests = RecordedRequests(s3, uri="s3://data/captures")

    (found,) = requests.newest("sluice-flights", "champion", now=NOW, most=5, version="2")

    assert (found.prediction_id, found.version) == ("p-2", "2")
    assert newest(s3) == ["p-2", "p-1"]


def test_copies_and_what_others_sent_may_be_of_any_version(s3: Any) -> None:
    odd = a_line("p-3")
    odd["eventMetadata"]["customAttributes"] = ["sluice-version=1"]
    put(s3, NOW, an_attributed("p-1", "challenger", "1"), a_line("p-2"), odd)
    requests = RecordedRequests(s3, uri="s3://data/captures")

    found = requests.newest("sluice-flights", "champion", now=NOW, most=5, version="2")

    assert [(each.prediction_id, each.version) for each in found] == [("p-3", None), ("p-2", None), ("p-1", None)]


def test_variants_are_those_of_which_there_are_files(s3: Any) -> None:
    put(s3, NOW, a_line("p-1"))
    s3.put_object(Bucket="data", Key="captures/sluice-flights/shadow/2026/11/22/10/1.jsonl", Body=b"")
    s3.put_object(Bucket="data", Key="captures/sluice-flights-2/challenger/2026/11/22/10/1.jsonl", Body=b"")

    assert RecordedRequests(s3, uri="s3://data/captures").variants("sluice-flights") == ["champion", "shadow"]
    assert RecordedRequests(s3, uri="s3://data").variants("sluice-flights") == []


def test_the_files_of_a_time_are_named_the_newest_first(s3: Any) -> None:
    for hours in (-1, 0, 1, 2, 30):
        put(s3, NOW - timedelta(hours=hours), a_line("p"))

    found = list(
        RecordedRequests(s3, uri="s3://data/captures").files(
            "sluice-flights", "champion", since=NOW - timedelta(hours=1), until=NOW
        )
    )

    folder = "captures/sluice-flights/champion/2026/11/22"
    assert found == [f"{folder}/11/30-1.jsonl", f"{folder}/10/30-1.jsonl", f"{folder}/09/30-1.jsonl"]


def test_a_files_lines_come_in_its_order_and_the_unreadable_say_why(s3: Any) -> None:
    key = f"captures/sluice-flights/champion/{NOW:%Y/%m/%d/%H}/1.jsonl"
    lines = [json.dumps(a_line("p-1")), "", "no JSON", "{}", json.dumps(a_line("p-2"))[:50]]
    s3.put_object(Bucket="data", Key=key, Body="\n".join(lines).encode())

    first, *others = RecordedRequests(s3, uri="s3://data/captures").exchanges(key)

    assert isinstance(first, Exchange)
    assert (first.prediction_id, first.variant) == ("p-1", "champion")
    assert [str(other) for other in others] == [
        "a line is not JSON",
        "a line is not in the form of data capture, or holds no request",
        "a line is not JSON",
    ]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("captures/sluice-flights/champion/2026/11/22/10/gone.jsonl", "a file is gone"),
        ("captures/sluice-flights/champion/2026/11/22/10/notes.txt", "a file is not one of data capture"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(s3: Any, key: str, why: str) -> None:
    assert [str(found) for found in RecordedRequests(s3, uri="s3://data/captures").exchanges(key)] == [why]

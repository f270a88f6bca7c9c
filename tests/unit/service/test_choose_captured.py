import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from sluice.aws.recorded_requests import RecordedRequests
from sluice.domain.attribution import REPLAY, Attribution
from sluice.domain.errors import InvalidSelection
from sluice.domain.redaction.line import redacted_line
from sluice.domain.replay.selection import Condition, Selection
from sluice.domain.signature import Datatype, TensorSpec
from sluice.service.choose_captured import Choice, choose_captured
from tests.builders import a_signature
from tests.functional.deployed import a_client

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
SIGNATURE = a_signature(TensorSpec("carrier", Datatype.BYTES, (-1, 1)))
FOLDER = "captures/sluice-flights"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = a_client("s3")
        client.create_bucket(Bucket="data")
        yield client


def a_line(
    prediction_id: str, *carriers: str, at: datetime = NOW, variant: str = "champion", attempt: int = 1, **more: Any
) -> bytes:
    body = json.dumps({"instances": [{"carrier": carrier} for carrier in carriers or ("UA",)]})
    sent = {"observedContentType": "application/json", "mode": "INPUT", "data": more.get("data", body)}
    metadata = {
        "eventId": "e",
        "inferenceId": prediction_id,
        "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "customAttributes": [Attribution("0" * 16, variant, more.get("version", "1"), 0.5, 1, attempt).encode()],
        **more.get("metadata", {}),
    }
    line = {"captureData": {"endpointInput": {**sent, "encoding": "JSON"}}, "eventMetadata": metadata}
    return json.dumps(line).encode()


def put(s3: Any, *lines: bytes, at: datetime = NOW, variant: str = "champion", name: str = "1") -> None:
    key = f"{FOLDER}/{variant}/{at:%Y/%m/%d/%H}/{at:%M}-{name}.jsonl"
    s3.put_object(Bucket="data", Key=key, Body=b"\n".join(lines))


def choose(s3: Any, **changes: Any) -> Choice:
    selection = Selection(
        **{"since": NOW - timedelta(hours=2), "until": NOW + timedelta(minutes=1), "most": 10, **changes}
    )
    recorded = RecordedRequests(s3, uri="s3://data/captures")
    return choose_captured(selection, recorded, endpoint="sluice-flights", signature=SIGNATURE)


def ids(choice: Choice) -> list[str]:
    return [chosen.exchange.prediction_id for chosen in choice.chosen]


def test_the_newest_of_all_variants_are_chosen(s3: Any) -> None:
    early = NOW - timedelta(hours=1)
    put(s3, a_line("p-1", at=early), a_line("p-2", at=early + timedelta(minutes=1)), at=early)
    put(s3, a_line("p-3", at=NOW - timedelta(minutes=5), variant="challenger"), variant="challenger")
    put(s3, a_line("p-4"))

    assert ids(choose(s3)) == ["p-4", "p-3", "p-2", "p-1"]
    assert ids(choose(s3, most=2)) == ["p-4", "p-3"]
    assert ids(choose(s3, variant="champion", most=2)) == ["p-4", "p-2"]
    assert ids(choose(s3, variant="nobody")) == []


def test_no_older_file_is_read_than_is_needed(s3: Any) -> None:
    put(s3, b"damaged", at=NOW - timedelta(hours=1))
    put(s3, a_line("p-1"))

    assert choose(s3, most=1).skipped == {}
    assert choose(s3, most=2).skipped == {"a line is not JSON": 1}


def test_only_what_was_asked_in_the_time_is_chosen_across_days(s3: Any) -> None:
    for hours in (0, 1, 30, 60):
        at = NOW - timedelta(hours=hours)
        put(s3, a_line(f"p-{hours}", at=at), at=at)

    assert ids(choose(s3, since=NOW - timedelta(hours=31), until=NOW)) == ["p-1", "p-30"]


def test_a_file_may_be_written_an_hour_late(s3: Any) -> None:
    put(s3, a_line("p-1"), at=NOW + timedelta(minutes=45))

    assert ids(choose(s3)) == ["p-1"]


def test_a_prediction_is_chosen_once_with_the_last_answer_to_it(s3: Any) -> None:
    put(s3, a_line("p-1", variant="challenger", attempt=1), variant="challenger")
    put(s3, a_line("p-1", attempt=2), a_line("p-2"))

    found = choose(s3)

    assert sorted(ids(found)) == ["p-1", "p-2"]
    assert {chosen.exchange.variant for chosen in found.chosen} == {"champion"}


def test_shadows_copies_and_replays_are_nobodys_answers(s3: Any) -> None:
    put(s3, a_line("p-1"), a_line("p-2", metadata={"customAttributes": [REPLAY]}))
    put(s3, a_line("p-1"), variant="shadow")

    assert [chosen.exchange.variant for chosen in choose(s3).chosen] == ["champion"]
    assert [chosen.exchange.variant for chosen in choose(s3, variant="shadow").chosen] == ["shadow"]


def test_rows_of_a_slice_are_chosen_and_requests_without_any_are_not(s3: Any) -> None:
    put(s3, a_line("p-1", "UA", "AA", "UA"), a_line("p-2", "AA"))

    (found,) = choose(s3, where=(Condition("carrier", "UA"),)).chosen

    assert (found.exchange.prediction_id, found.rows) == ("p-1", (0, 2))
    assert found.inputs[2] == {"carrier": "UA"}


def test_what_does_not_fit_the_candidate_is_chosen_to_be_counted(s3: Any) -> None:
    put(s3, a_line("p-1", data='{"instances":[{"airline":"UA"}]}'), a_line("p-2", data="no JSON"))

    found = choose(s3, where=(Condition("carrier", "UA"),))

    assert [(chosen.fits, chosen.rows) for chosen in found.chosen] == [(False, ())] * 2


def test_a_slice_that_nothing_can_be_in_is_refused(s3: Any) -> None:
    with pytest.raises(InvalidSelection, match="no input airline"):
        choose(s3, where=(Condition("airline", "UA"),))


def test_everything_left_out_is_counted_with_its_reason(s3: Any) -> None:
    put(
        s3,
        a_line("p-1"),
        a_line("p-2")[:40],
        b'{"captureData": {}}',
        b"",
        a_line("p-3", metadata={"inferenceTime": "soon"}),
    )
    put(s3, name="empty")
    s3.put_object(Bucket="data", Key=f"{FOLDER}/champion/{NOW:%Y/%m/%d/%H}/notes.txt", Body=b"hello")

    found = choose(s3)

    assert ids(found) == ["p-1"]
    assert found.skipped == {
        "a line is not JSON": 1,
        "a line is not in the form of data capture, or holds no request": 1,
        "a line does not say when it was answered": 1,
        "a file is not one of data capture": 1,
    }


def test_some_predictions_are_looked_for_until_all_are_found(s3: Any) -> None:
    put(s3, b"damaged", at=NOW - timedelta(hours=1))
    put(s3, a_line("p-1"), a_line("p-2", attempt=1), a_line("p-2", attempt=2), a_line("p-3"))

    found = choose(s3, ids=frozenset({"p-2", "p-3"}), most=2)

    assert (sorted(ids(found)), found.skipped) == (["p-2", "p-3"], {})


def test_what_others_asked_comes_without_an_attempt(s3: Any) -> None:
    put(s3, a_line("p-1", metadata={"customAttributes": []}))

    assert ids(choose(s3)) == ["p-1"]


def test_redacted_requests_are_chosen_to_be_counted_and_are_in_no_slice(s3: Any) -> None:
    put(s3, redacted_line(a_line("p-1", "UA"), {"carrier"}), a_line("p-2", "AA"))

    found = choose(s3, where=(Condition("carrier", "UA"),))

    (chosen,) = found.chosen
    assert (chosen.exchange.prediction_id, chosen.exchange.redacted, chosen.fits) == ("p-1", ("carrier",), False)

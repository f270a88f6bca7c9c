"""Labels of many predictions, read in batches."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.config import Config
from moto import mock_aws

from sluice.aws.client import connect
from sluice.aws.given_labels import Given, GivenLabels
from sluice.domain.errors import StoreUnavailable
from tests.builders import a_store
from tests.feedback_builders import T0
from tests.loopback_server import LoopbackServer, Reply
from tests.training_builders import HOUR, give, some_asked


@pytest.fixture
def store() -> Iterator[None]:
    with mock_aws():
        a_store(connect("dynamodb", Config()))
        yield


@pytest.mark.usefixtures("store")
def test_those_that_were_given_are_found_however_many_are_asked_for() -> None:
    asked = some_asked(230)
    give(asked[::2])
    give(asked[:3], "other")

    found = GivenLabels.connect("state").of([each.prediction_id for each in [*asked, *asked]], "late")

    assert found.keys() == {each.prediction_id for each in asked[::2]}
    assert found["p-0002"] == Given(0.0, T0 + timedelta(minutes=2) + HOUR, T0 + timedelta(minutes=2) + HOUR)


@pytest.mark.usefixtures("store")
def test_a_label_may_say_when_it_came_to_be() -> None:
    asked = some_asked(1)
    give(asked, at=T0)

    assert GivenLabels.connect("state").of(["p-0000"], "late") == {"p-0000": Given(1.0, T0, T0 + HOUR)}


@pytest.mark.usefixtures("store")
def test_of_nothing_nothing_is_asked() -> None:
    assert GivenLabels.connect("state").of([], "late") == {}


def an_item(number: int) -> dict[str, dict[str, str]]:
    moment = {"N": "1700000000"}
    keys = {"pk": {"S": f"PREDICTION#p-{number}"}, "sk": {"S": "FEEDBACK#late"}}
    return {**keys, "value": {"N": "0.5"}, "at": moment, "received_at": moment}


def test_what_a_batch_left_out_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    left = {"state": {"Keys": [{name: an_item(2)[name] for name in ("pk", "sk")}], "ConsistentRead": False}}
    first = Reply(200, json.dumps({"Responses": {"state": [an_item(1)]}, "UnprocessedKeys": left}).encode())
    second = Reply(200, json.dumps({"Responses": {"state": [an_item(2)]}, "UnprocessedKeys": {}}).encode())
    slept: list[float] = []
    with LoopbackServer(first, second) as table:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", table.url)
        labels = GivenLabels(connect("dynamodb", Config()), table="state", sleep=slept.append)
        found = labels.of(["p-1", "p-2"], "late")
        sent = [json.loads(each.body)["RequestItems"] for each in table.seen]

    assert {name: label.value for name, label in found.items()} == {"p-1": 0.5, "p-2": 0.5}
    assert sent[1] == left
    assert sent[0]["state"]["ConsistentRead"] is False
    assert slept == [0.02]


def test_a_table_that_cannot_be_read_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = Reply(400, json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode())
    with LoopbackServer(refusal) as table:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", table.url)
        labels = GivenLabels(connect("dynamodb", Config()), table="state", sleep=lambda _: None)

        with pytest.raises(StoreUnavailable, match="AccessDeniedException"):
            labels.of(["p-1"], "late")

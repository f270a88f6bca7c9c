import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local_cloud.processes import free_port
from sluice.aws.state import RoutingStore
from sluice.domain.errors import RoutingUnavailable, StaleWrite
from tests.builders import a_routing, a_store
from tests.loopback_server import SAYS_NOTHING, LoopbackServer, Reply

JSON = {"Content-Type": "application/x-amz-json-1.0"}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb")


@pytest.fixture
def store(dynamodb: Any) -> RoutingStore:
    return a_store(dynamodb)


def test_a_table_is_read_as_it_was_written(store: RoutingStore) -> None:
    routing = a_routing(champion=90, challenger=10)

    store.put(routing)

    assert store.get("flights") == routing
    assert store.get("churn") is None


def test_revisions_follow_each_other(store: RoutingStore) -> None:
    routing = a_routing(champion=90, challenger=10)
    shifted = routing.with_weights({"champion": 50, "challenger": 50})

    store.put(routing)
    store.put(shifted)

    assert store.get("flights") == shifted


def test_a_first_table_is_never_written_over_another(store: RoutingStore) -> None:
    store.put(a_routing())

    with pytest.raises(StaleWrite, match="the routing table of flights was changed by somebody else"):
        store.put(a_routing(champion=50, challenger=50))

    assert store.get("flights") == a_routing()


@pytest.mark.parametrize("revision", [1, 3, 4], ids=["older", "the same", "one too far"])
def test_a_write_that_is_not_the_next_revision_is_refused(store: RoutingStore, revision: int) -> None:
    for number in range(3):
        store.put(replace(a_routing(), revision=number))

    with pytest.raises(StaleWrite):
        store.put(replace(a_routing(champion=50, challenger=50), revision=revision + (revision > 2)))

    assert store.get("flights") == a_routing(revision=2)


def test_a_revision_of_nothing_is_refused(store: RoutingStore) -> None:
    with pytest.raises(StaleWrite):
        store.put(a_routing(revision=1))


def test_of_two_writers_of_the_same_revision_one_wins(store: RoutingStore) -> None:
    store.put(a_routing(champion=90, challenger=10))
    mine = store.get("flights")
    theirs = store.get("flights")
    assert mine is not None
    assert theirs is not None

    store.put(theirs.with_weights({"champion": 80, "challenger": 20}))
    with pytest.raises(StaleWrite):
        store.put(mine.with_weights({"champion": 100}))

    written = store.get("flights")
    assert written is not None
    assert written.weights == {"champion": 80, "challenger": 20}


def test_a_write_repeated_after_its_answer_was_lost_finds_itself(store: RoutingStore) -> None:
    store.put(a_routing())
    shifted = a_routing().with_weights({"champion": 100})

    for _ in range(2):
        store.put(shifted)

    assert store.get("flights") == shifted


def test_a_table_can_be_deleted_twice(store: RoutingStore) -> None:
    store.put(a_routing())

    store.delete("flights")
    store.delete("flights")

    assert store.get("flights") is None


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "Expecting property name"),
        ("[]", "list indices"),
        (json.dumps({**a_routing().to_dict(), "weights": {"canary": 100}}), "variants are champion"),
        (json.dumps({**a_routing().to_dict(), "weights": {"champion": "all"}}), "invalid literal"),
        (json.dumps({**a_routing().to_dict(), "signature": {"model": "flights"}}), "signature.json lacks 'version'"),
    ],
)
def test_a_table_somebody_broke_is_unavailable_and_says_why(
    store: RoutingStore, dynamodb: Any, document: str, reason: str
) -> None:
    item = {"pk": {"S": "MODEL#flights"}, "sk": {"S": "ROUTING"}, "document": {"S": document}}
    dynamodb.put_item(TableName="state", Item=item)

    with pytest.raises(RoutingUnavailable, match=f"the routing table of flights makes no sense: .*{reason}"):
        store.get("flights")


def seconds_until_unavailable(store: RoutingStore, message: str) -> float:
    started = time.monotonic()
    with pytest.raises(RoutingUnavailable, match=message):
        store.get("flights")
    return time.monotonic() - started


def test_an_absent_dynamodb_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    store = RoutingStore.connect("state")

    assert seconds_until_unavailable(store, "could not be read: EndpointConnectionError") < 2


def test_a_silent_dynamodb_is_given_up_on_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(SAYS_NOTHING) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
        store = RoutingStore.connect("state")

        assert 0.9 < seconds_until_unavailable(store, "could not be read: ReadTimeoutError") < 2.5
        assert len(server.seen) == 1


def test_a_deploy_is_not_stopped_by_a_hiccup_of_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    item = {"Item": {"document": {"S": json.dumps(a_routing().to_dict())}}}
    hiccup, table = Reply(500, b"{}"), Reply(200, json.dumps(item).encode(), JSON)
    with LoopbackServer(hiccup, table, hiccup, Reply(200, b"{}", JSON)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
        store = RoutingStore.connect_patiently("state")

        read = store.get("flights")
        store.put(a_routing(revision=1))

    assert read == a_routing()
    assert len(server.seen) == 4


def test_a_table_that_cannot_be_written_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(Reply(500, b"{}")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)

        with pytest.raises(RoutingUnavailable, match="the routing table of flights could not be written: 500"):
            RoutingStore.connect_patiently("state").put(a_routing())

    assert len(server.seen) == 3


def test_what_aws_says_about_accounts_and_roles_stays_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "User: arn:aws:sts::123456789012:assumed-role/x is not authorized"
    body = json.dumps({"__type": "com.amazon.coral.service#AccessDeniedException", "Message": secret}).encode()
    with LoopbackServer(Reply(400, body, JSON)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)

        with pytest.raises(RoutingUnavailable) as unavailable:
            RoutingStore.connect("state").get("flights")

    assert str(unavailable.value) == "the routing table of flights could not be read: AccessDeniedException"
    assert secret in str(unavailable.value.__cause__)

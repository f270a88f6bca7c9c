"""Transactions of the local cloud's DynamoDB: all or nothing, beside others."""

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions

NEW = "attribute_not_exists(pk)"


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws(), install_transactions():
        made = boto3.client("dynamodb")
        made.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        yield made


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}, "sk": {"S": "x"}}


def put(name: str, **condition: str) -> dict[str, Any]:
    return {"Put": {"TableName": "state", "Item": key(name), **condition}}


def add(name: str) -> dict[str, Any]:
    values = {":one": {"N": "1"}}
    update = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": values}
    return {"Update": {"TableName": "state", "Key": key(name), **update}}


def names(client: Any) -> set[str]:
    return {item["pk"]["S"] for item in client.scan(TableName="state")["Items"]}


def count(client: Any, name: str) -> int:
    return int(client.get_item(TableName="state", Key=key(name))["Item"]["n"]["N"])


def test_a_cancelled_transaction_changes_nothing(client: Any) -> None:
    client.transact_write_items(TransactItems=[put("a"), add("counter")])

    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=[add("counter"), put("b"), put("a", ConditionExpression=NEW)])

    assert names(client) == {"a", "counter"}
    assert count(client, "counter") == 1


def test_what_others_write_during_cancelled_transactions_stays(client: Any) -> None:
    client.put_item(TableName="state", Item=key("taken"))

    def fail() -> None:
        for _ in range(30):
            with pytest.raises(client.exceptions.TransactionCanceledException):
                client.transact_write_items(TransactItems=[add("never"), put("taken", ConditionExpression=NEW)])

    failing = threading.Thread(target=fail)
    failing.start()
    for number in range(30):
        client.put_item(TableName="state", Item=key(f"kept-{number}"))
    failing.join()

    assert names(client) == {"taken", *(f"kept-{number}" for number in range(30))}


def test_counters_miss_nothing_when_many_add_at_once(client: Any) -> None:
    threads = [
        threading.Thread(
            target=lambda: [client.transact_write_items(TransactItems=[add("counter")]) for _ in range(10)]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(client, "counter") == 40

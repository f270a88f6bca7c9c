"""Queries of the local cloud's DynamoDB answer as moto's own do, and read one partition for that."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.models.table import Table

from local_cloud.queries import install_queries

INDEX = {"IndexName": "by-n", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]}
START = {"pk": {"S": "a"}, "sk": {"S": "1"}}
QUERIES: dict[str, dict[str, Any]] = {
    "all": {"KeyConditionExpression": "pk = :pk"},
    "newest two": {"KeyConditionExpression": "pk = :pk", "ScanIndexForward": False, "Limit": 2},
    "between": {"KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high"},
    "filtered": {"KeyConditionExpression": "pk = :pk", "FilterExpression": "n = :n"},
    "counted": {"KeyConditionExpression": "pk = :pk", "Select": "COUNT"},
    "the second page": {"KeyConditionExpression": "pk = :pk", "ExclusiveStartKey": START},
    "of an index": {"KeyConditionExpression": "n = :n", "IndexName": "by-n"},
}
VALUES = {":pk": "a", ":low": "1", ":high": "2", ":n": "x"}


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("dynamodb")
        made.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "n")],
            GlobalSecondaryIndexes=[{**INDEX, "Projection": {"ProjectionType": "ALL"}}],
            BillingMode="PAY_PER_REQUEST",
        )
        for pk, sk in (("b", "0"), ("a", "2"), ("a", "0"), ("a", "1"), ("a", "3"), ("c", "9")):
            item = {"pk": {"S": pk}, "sk": {"S": sk}, "n": {"S": "x" if sk in "13" else "y"}}
            made.put_item(TableName="state", Item=item)
        yield made


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("partition", ["a", "nobody"])
def test_a_query_answers_as_without(client: Any, name: str, partition: str) -> None:
    query = QUERIES[name]
    used = {key: {"S": value} for key, value in VALUES.items() if key in " ".join(map(str, query.values()))}
    asked = {"TableName": "state", **query, "ExpressionAttributeValues": used}
    if ":pk" in used:
        used[":pk"] = {"S": partition}

    without = client.query(**asked)
    with install_queries():
        found = client.query(**asked)

    assert {**found, "ResponseMetadata": None} == {**without, "ResponseMetadata": None}


def test_only_the_partition_is_read(client: Any) -> None:
    asked = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}}
    with patch.object(Table, "all_items", side_effect=AssertionError("the whole table")), install_queries():
        assert client.query(TableName="state", **asked)["Count"] == 4

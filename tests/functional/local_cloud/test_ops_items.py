"""OpsItems through boto3."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.aws_server import AwsServer
from local_cloud.context import CloudContext
from local_cloud.ops_items import install_ops_items
from local_cloud.processes import free_port


@pytest.fixture(scope="module")
def ssm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("ops")
    server = AwsServer(free_port(), log=home / "aws.log")
    server.start()
    context = CloudContext(server.url, home)
    with install_ops_items(context.clock):
        client = context.client("ssm")
        yield client
        client.close()
    server.stop()


def create(ssm: Any, title: str, **over: Any) -> str:
    data = {"rollout": {"Value": "r1", "Type": "SearchableString"}}
    answer = ssm.create_ops_item(Title=title, Description="why", Source="sluice", OperationalData=data, **over)
    return str(answer["OpsItemId"])


def test_an_ops_item_is_open_until_it_is_resolved(ssm: Any) -> None:
    number = create(ssm, "aborted", Severity="2")

    before = ssm.get_ops_item(OpsItemId=number)["OpsItem"]
    ssm.update_ops_item(OpsItemId=number, Status="Resolved", OperationalData={"by": {"Value": "me", "Type": "String"}})
    after = ssm.get_ops_item(OpsItemId=number)["OpsItem"]

    assert (before["Status"], before["Title"], before["Severity"], before["Version"]) == ("Open", "aborted", "2", "1")
    assert (after["Status"], after["Version"]) == ("Resolved", "2")
    assert sorted(after["OperationalData"]) == ["by", "rollout"]
    assert after["LastModifiedTime"] >= after["CreatedTime"]


def test_ops_items_are_found_by_filters_a_page_at_a_time(ssm: Any) -> None:
    numbers = [create(ssm, f"listed {number}") for number in range(3)]
    by_title = [{"Key": "Title", "Values": ["listed"], "Operator": "Contains"}]

    first = ssm.describe_ops_items(OpsItemFilters=by_title, MaxResults=2)
    second = ssm.describe_ops_items(OpsItemFilters=by_title, MaxResults=2, NextToken=first["NextToken"])

    found = [*first["OpsItemSummaries"], *second["OpsItemSummaries"]]
    assert [item["OpsItemId"] for item in found] == numbers
    assert "NextToken" not in second


def test_unknown_items_and_filters_are_refused(ssm: Any) -> None:
    create(ssm, "any")

    with pytest.raises(ClientError) as missing:
        ssm.get_ops_item(OpsItemId="oi-0")
    with pytest.raises(ClientError) as unknown:
        ssm.describe_ops_items(OpsItemFilters=[{"Key": "CreatedTime", "Values": ["1"], "Operator": "LessThan"}])

    assert missing.value.response["Error"]["Code"] == "OpsItemNotFoundException"
    assert unknown.value.response["Error"]["Code"] == "OpsItemInvalidParameterException"

"""What becomes of stacks: order, replacement, rolling back, exports, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_cloud.cloudformation_builders import (
    Stacks,
    a_cloud_with_stacks,
    a_failure,
    a_queue,
    a_value,
    outputs,
)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    with a_cloud_with_stacks(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def queues(stacks: Stacks) -> list[str]:
    urls: list[str] = stacks.context.client("sqs").list_queues().get("QueueUrls", [])
    return [url.rsplit("/", 1)[-1] for url in urls]


def stored(stacks: Stacks, name: str) -> str:
    return str(stacks.context.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def test_a_resource_is_made_after_those_it_refers_to(stacks: Stacks) -> None:
    resources = {
        "Url": a_value({"Ref": "Queue"}),
        "Arn": a_value({"Fn::GetAtt": ["Queue", "Arn"]}),
        "Queue": a_queue(QueueName="ordered"),
    }

    stack = stacks.put("ordered", resources, Outputs={"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}})

    assert (stack["StackStatus"], outputs(stack)) == ("CREATE_COMPLETE", {"Name": "ordered"})
    assert stored(stacks, stacks.physical("ordered", "Url")).endswith("/ordered")
    assert stored(stacks, stacks.physical("ordered", "Arn")) == "arn:aws:sqs:us-east-1:123456789012:ordered"


def test_a_change_reaches_what_refers_to_the_changed_resource(stacks: Stacks) -> None:
    refers = a_value({"Fn::GetAtt": ["Source", "Value"]})
    stacks.put("carried", {"Source": a_value("1"), "Copy": refers})

    stack = stacks.put("carried", {"Source": a_value("2"), "Copy": refers})

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert stored(stacks, stacks.physical("carried", "Copy")) == "2"


def test_what_did_not_change_is_left_alone(stacks: Stacks) -> None:
    stacks.put("calm", {"Still": a_queue(), "Moved": a_value("1")})
    before = stacks.physical("calm", "Still")

    stacks.put("calm", {"Still": a_queue(), "Moved": a_value("2")})

    assert stacks.physical("calm", "Still") == before
    assert "Still UPDATE_IN_PROGRESS" not in stacks.history("calm")


def test_a_replaced_resource_is_deleted_only_when_all_the_rest_is_done(stacks: Stacks) -> None:
    stacks.put("renamed", {"Queue": a_queue(QueueName="before"), "Url": a_value({"Ref": "Queue"})})

    stacks.put("renamed", {"Queue": a_queue(QueueName="after"), "Url": a_value({"Ref": "Queue"})})

    history = stacks.history("renamed")
    assert history.index("Url UPDATE_COMPLETE") < history.index("Queue DELETE_IN_PROGRESS")
    assert ("before" in queues(stacks), "after" in queues(stacks)) == (False, True)


def test_a_resource_that_left_the_template_is_deleted_but_one_to_be_retained_stays(stacks: Stacks) -> None:
    kept = {**a_queue(QueueName="kept"), "DeletionPolicy": "Retain"}
    stacks.put("shrinking", {"Kept": kept, "Gone": a_queue(QueueName="gone"), "Last": a_value("1")})

    stacks.put("shrinking", {"Last": a_value("1")})

    assert ("kept" in queues(stacks), "gone" in queues(stacks)) == (True, False)


def test_a_failed_creation_is_undone_and_says_why(stacks: Stacks) -> None:
    stack = stacks.put("failing", {"Good": a_queue(QueueName="undone"), "Bad": a_failure("Good")})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "NoSuchEntity" in stacks.reason("failing", "Bad")
    assert "undone" not in queues(stacks)


def test_a_stack_that_was_rolled_back_can_be_deleted_and_made_again(stacks: Stacks) -> None:
    stacks.put("again", {"Bad": a_failure()})

    assert stacks.delete("again") == "DELETE_COMPLETE"
    assert stacks.put("again", {"Good": a_queue()})["StackStatus"] == "CREATE_COMPLETE"


def test_a_failed_update_brings_back_what_was_before(stacks: Stacks) -> None:
    stacks.put("returning", {"Value": a_value("old"), "Queue": a_queue(QueueName="old-name")})
    changed = {
        "Value": a_value("new"),
        "Queue": a_queue(QueueName="new-name"),
        "Extra": a_queue(QueueName="extra"),
        "Bad": a_failure("Value", "Queue", "Extra"),
    }

    stack = stacks.put("returning", changed)

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stored(stacks, stacks.physical("returning", "Value")) == "old"
    assert {"old-name"} == {"old-name", "new-name", "extra"} & set(queues(stacks))


def test_the_template_of_a_failed_update_is_forgotten(stacks: Stacks) -> None:
    stacks.put("forgetful", {"Value": a_value("old")})
    stacks.put("forgetful", {"Value": a_value("old"), "Bad": a_failure()})

    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.put("forgetful", {"Value": a_value("old")})


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"Type": "AWS::EC2::Instance"}, r"AWS::EC2::Instance \(Strange\)"),
        (a_value({"Ref": "Nobody"}), r"\['Nobody'\] in Strange"),
        (a_value({"Ref": "Strange"}), "Circular dependency"),
    ],
)
def test_a_template_that_cannot_be_is_refused_before_anything_is_made(
    stacks: Stacks, resource: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        stacks.put("refused", {"Fine": a_queue(QueueName="never"), "Strange": resource})

    assert "never" not in queues(stacks)


def test_a_property_that_no_api_takes_fails_its_resource(stacks: Stacks) -> None:
    stacks.put("mistyped", {"Queue": a_queue(VisibilityTimeOut2=3)})

    assert "VisibilityTimeOut2" in stacks.reason("mistyped", "Queue")


def test_the_same_template_can_be_deployed_again_although_a_parameter_comes_from_the_parameter_store(
    stacks: Stacks,
) -> None:
    stacks.context.client("ssm").put_parameter(Name="/bootstrap/version", Type="String", Value="31")
    parameters = {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/bootstrap/version"}}
    too_old = [["1", "2", "3"], {"Ref": "BootstrapVersion"}]
    rules = {"Check": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": too_old}]}}]}}
    stacks.put("same", {"Value": a_value("1")}, Parameters=parameters, Rules=rules)

    stack = stacks.put("same", {"Value": a_value("2")}, Parameters=parameters, Rules=rules)

    assert stack["StackStatus"] == "UPDATE_COMPLETE"


def test_a_broken_rule_refuses_the_template_with_its_own_words(stacks: Stacks) -> None:
    rule = {"Assertions": [{"Assert": {"Fn::Equals": ["1", "2"]}, "AssertDescription": "bootstrap first"}]}

    with pytest.raises(ClientError, match="bootstrap first"):
        stacks.put("ruled", {"Queue": a_queue()}, Rules={"Check": rule})


def test_conditions_decide_what_exists(stacks: Stacks) -> None:
    conditions = {"No": {"Fn::Equals": ["a", "b"]}, "Yes": {"Fn::Not": [{"Condition": "No"}]}}
    resources = {
        "Absent": {**a_queue(QueueName="absent"), "Condition": "No"},
        "Value": a_value({"Fn::If": ["Yes", "yes", {"Ref": "Absent"}]}),
    }

    stacks.put("conditional", resources, Conditions=conditions)

    assert "absent" not in queues(stacks)
    assert stored(stacks, stacks.physical("conditional", "Value")) == "yes"


def test_a_stack_imports_what_another_exports_and_holds_it_fast(stacks: Stacks) -> None:
    def exporting(value: str) -> dict[str, Any]:
        return {"Outputs": {"Out": {"Value": value, "Export": {"Name": "shared"}}}}

    stacks.put("exporter", {"Value": a_value("1")}, **exporting("first"))
    stacks.put("importer", {"Value": a_value({"Fn::ImportValue": "shared"})})

    changed = stacks.put("exporter", {"Value": a_value("1")}, **exporting("second"))

    assert stored(stacks, stacks.physical("importer", "Value")) == "first"
    assert changed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.delete("exporter") == "DELETE_FAILED"


def test_a_deletion_that_is_refused_leaves_a_stack_that_says_so(stacks: Stacks) -> None:
    stacks.put("full", {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full"}}})
    stacks.context.client("s3").put_object(Bucket="full", Key="k", Body=b"")

    assert stacks.delete("full") == "DELETE_FAILED"
    assert "BucketNotEmpty" in stacks.reason("full", "Bucket")


def test_a_resource_deleted_behind_the_stacks_back_is_no_obstacle(stacks: Stacks) -> None:
    stacks.put("robbed", {"Queue": a_queue(QueueName="robbed")})
    stacks.context.client("sqs").delete_queue(QueueUrl=stacks.physical("robbed", "Queue"))

    assert stacks.delete("robbed") == "DELETE_COMPLETE"


def test_a_change_set_says_what_it_would_do_and_does_it(stacks: Stacks) -> None:
    client, body = stacks.client, '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    client.create_change_set(StackName="set", ChangeSetName="first", TemplateBody=body, ChangeSetType="CREATE")
    described = client.describe_change_set(StackName="set", ChangeSetName="first")

    client.execute_change_set(StackName="set", ChangeSetName="first")

    assert [each["ResourceChange"]["Action"] for each in described["Changes"]] == ["Add"]
    assert stacks.at_rest("set")["StackStatus"] == "CREATE_COMPLETE"


def test_a_change_set_without_changes_is_a_failed_one(stacks: Stacks) -> None:
    client, body = stacks.client, '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    client.create_stack(StackName="idle", TemplateBody=body)
    stacks.at_rest("idle")

    client.create_change_set(StackName="idle", ChangeSetName="none", TemplateBody=body, ChangeSetType="UPDATE")

    described = client.describe_change_set(StackName="idle", ChangeSetName="none")
    assert (described["Status"], described["StatusReason"][:43]) == (
        "FAILED",
        "The submitted information didn't contain ch",
    )


def test_a_stack_comes_to_rest_whatever_is_wrong_with_its_outputs(stacks: Stacks) -> None:
    stack = stacks.put("mute", {"Queue": a_queue(QueueName="mute")}, Outputs={"Nothing": {}})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "mute" not in queues(stacks)

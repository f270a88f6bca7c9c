"""What outlives every other stack is encrypted, recoverable and kept."""

from typing import Any

import pytest

from tests.infrastructure.projects import Project, Template, Templates, with_setting
from tests.infrastructure.reading import named, resource, resources, statements, text

TABLE = "AWS::DynamoDB::GlobalTable"
BUCKET = "AWS::S3::Bucket"


def test_the_state_table_is_paid_per_request_and_recoverable_to_any_second(templates: Templates) -> None:
    table = resource(templates.state, TABLE)
    (replica,) = table["Replicas"]

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_state_table_is_keyed_streamed_and_forgets_expired_items(templates: Templates) -> None:
    table = resource(templates.state, TABLE)

    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_table_and_bucket_are_encrypted_with_a_key_of_ours_that_rotates(templates: Templates) -> None:
    (key,) = [name for name, found in templates.state["Resources"].items() if found["Type"] == "AWS::KMS::Key"]
    arn = {"Fn::GetAtt": [key, "Arn"]}
    table = resource(templates.state, TABLE)
    bucket = named(templates.state, BUCKET, "DataBucketData")["Properties"]

    assert templates.state["Resources"][key]["Properties"]["EnableKeyRotation"] is True
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert table["Replicas"][0]["SSESpecification"] == {"KMSMasterKeyId": arn}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": arn, "SSEAlgorithm": "aws:kms"}


def test_no_bucket_is_public_or_answers_without_tls(templates: Templates) -> None:
    buckets = resources(templates.state, BUCKET)
    policies = resources(templates.state, "AWS::S3::BucketPolicy")

    assert all(all(bucket["PublicAccessBlockConfiguration"].values()) for bucket in buckets)
    denied = [policy["PolicyDocument"]["Statement"][0] for policy in policies]
    assert len(denied) == len(buckets)
    assert all(s["Effect"] == "Deny" and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in denied)


def test_data_is_versioned_and_its_access_logged(templates: Templates) -> None:
    bucket = named(templates.state, BUCKET, "DataBucketData")["Properties"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "DataBucketAccessLogs" in bucket["LoggingConfiguration"]["DestinationBucketName"]["Ref"]


def test_each_model_keeps_its_captures_as_long_as_it_says(project: Project) -> None:
    settings = with_setting("models.flights.capture.keep_days", 7)

    only_one = project.synth(settings)

    rules = named(only_one.state, BUCKET, "DataBucketData")["Properties"]["LifecycleConfiguration"]["Rules"]
    stays = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}
    assert stays == {"captures/sluice-flights/": 7, "replays/": 1}


def test_what_was_replaced_for_its_sensitive_inputs_goes_the_next_day(project: Project, templates: Templates) -> None:
    redacting = project.synth(with_setting("models.flights.capture.sensitive", ["distance"]))

    rules = [
        named(each.state, BUCKET, "DataBucketData")["Properties"]["LifecycleConfiguration"]["Rules"][0]
        for each in (templates, redacting)
    ]
    assert [rule["NoncurrentVersionExpiration"] for rule in rules] == [{"NoncurrentDays": 7}, {"NoncurrentDays": 1}]


def exports(state: Template) -> dict[str, str]:
    """What other stacks may import, by the export's name."""
    outputs = [output for output in state["Outputs"].values() if "Export" in output]
    return {output["Export"]["Name"]: text(output["Value"]) for output in outputs}


@pytest.mark.parametrize(
    ("setting", "value"),
    [("models.flights.capture.percent", 0), ("keep_data", False), ("access.mode", "none")],
)
def test_what_other_stacks_may_import_never_depends_on_settings(
    project: Project, templates: Templates, setting: str, value: Any
) -> None:
    changed = project.synth(with_setting(setting, value)).state

    assert exports(changed) == exports(templates.state)


def test_the_key_the_table_and_the_bucket_are_there_to_import(templates: Templates) -> None:
    key, table, bucket = (
        next(name for name, found in templates.state["Resources"].items() if found["Type"] == kind and part in name)
        for kind, part in (("AWS::KMS::Key", ""), (TABLE, ""), (BUCKET, "DataBucketData"))
    )

    imported = set(exports(templates.state).values())

    assert imported == {f"<{key}.Arn>", f"<{table}>", f"<{table}.Arn>", f"<{bucket}>", f"<{bucket}.Arn>"}


def test_the_key_is_used_through_dynamodb_alone(templates: Templates) -> None:
    (through,) = [s["Condition"] for s in statements(templates.api, "InferenceRole") if "kms:Decrypt" in s["Action"]]

    (service,) = through["StringEquals"].values()
    assert text(service) == "dynamodb.<AWS::Region>.<AWS::URLSuffix>"

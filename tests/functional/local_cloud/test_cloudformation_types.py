"""What a template asks of each type is what the service then says it has, after creation and after an update."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.context import ACCOUNT, REGION
from tests.functional.local_cloud.cloudformation_builders import (
    ANYTHING,
    ROLE,
    TRUST,
    Stacks,
    a_cloud_with_stacks,
    a_queue,
)

LOGGING = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stacks]:
    with a_cloud_with_stacks(tmp_path_factory.mktemp("cloud")) as running:
        yield running


def made(stacks: Stacks, name: str, resources: dict[str, Any]) -> None:
    status = stacks.put(name, resources)["StackStatus"]
    assert status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, [
        (logical_id, stacks.reason(name, logical_id)) for logical_id in resources
    ]


def a_function(source: str = "def handler(e, c): return 1", **properties: Any) -> dict[str, Any]:
    code = {"Code": {"ZipFile": source}, "Handler": "index.handler", "Runtime": "python3.13"}
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {**code, "Role": {"Fn::GetAtt": ["Role", "Arn"]}, **properties},
    }


def a_table(*, replica: dict[str, Any], **properties: Any) -> dict[str, Any]:
    keys = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    replicas = [{"Region": REGION, **replica}]
    return {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {**keys, **properties, "Replicas": replicas}}


def test_a_function_keeps_its_settings(stacks: Stacks) -> None:
    settings: dict[str, Any] = {
        "Timeout": 29,
        "MemorySize": "512",
        "Architectures": ["arm64"],
        "Environment": {"Variables": {"A": "1"}},
        "TracingConfig": {"Mode": "Active"},
        "ReservedConcurrentExecutions": 5,
        "SnapStart": {"ApplyOn": "PublishedVersions"},
    }
    made(stacks, "function", {"Role": ROLE, "Function": a_function(**settings)})

    found = stacks.context.client("lambda").get_function(FunctionName=stacks.physical("function", "Function"))

    configuration = found["Configuration"]
    assert {key: configuration[key] for key in ("Timeout", "MemorySize", "Architectures", "Environment")} == {
        "Timeout": 29,
        "MemorySize": 512,
        "Architectures": ["arm64"],
        "Environment": {"Variables": {"A": "1"}},
    }
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 5}


def test_a_functions_update_changes_code_and_settings_and_takes_back_what_is_gone(stacks: Stacks) -> None:
    before_update = a_function(Environment={"Variables": {"A": "1"}}, Timeout=29)
    made(stacks, "changed", {"Role": ROLE, "Function": before_update})
    client, name = stacks.context.client("lambda"), stacks.physical("changed", "Function")
    before = client.get_function_configuration(FunctionName=name)

    made(stacks, "changed", {"Role": ROLE, "Function": a_function("def handler(e, c): return 2", MemorySize=256)})

    after = client.get_function_configuration(FunctionName=name)
    assert after["CodeSha256"] != before["CodeSha256"]
    assert (after["MemorySize"], after["Timeout"], after.get("Environment", {}).get("Variables", {})) == (256, 3, {})


def test_an_alias_follows_each_new_version(stacks: Stacks) -> None:
    client = stacks.context.client("lambda")
    versions = []
    for number in range(1, 5):  # moto gives a deleted version's number away again
        version = f"Version{number}"
        alias = {
            "Name": "live",
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
        }
        resources = {
            "Role": ROLE,
            "Function": a_function(f"def handler(e, c): return {number}"),
            version: {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
            "Alias": {"Type": "AWS::Lambda::Alias", "Properties": alias},
        }
        made(stacks, "alias", resources)
        live = client.get_function_configuration(FunctionName=stacks.physical("alias", "Function"), Qualifier="live")
        latest = client.get_function_configuration(FunctionName=stacks.physical("alias", "Function"))
        assert live["CodeSha256"] == latest["CodeSha256"]
        versions.append(live["Version"])

    assert versions == ["1", "2", "3", "4"]


def test_a_function_gets_its_layer_a_permission_and_a_queue(stacks: Stacks) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("python/module.py", "")
    s3 = stacks.context.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="layer.zip", Body=archive.getvalue())
    name = {"FunctionName": {"Ref": "Function"}}
    layer = {"Content": {"S3Bucket": "code", "S3Key": "layer.zip"}, "CompatibleRuntimes": ["python3.13"]}
    permission = {**name, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    mapping = {**name, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}, "BatchSize": "5"}
    resources = {
        "Role": ROLE,
        "Queue": a_queue(),
        "Layer": {"Type": "AWS::Lambda::LayerVersion", "Properties": layer},
        "Function": a_function(Layers=[{"Ref": "Layer"}]),
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
        "Retries": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {**name, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
        },
    }
    made(stacks, "hung", resources)
    client, function = stacks.context.client("lambda"), stacks.physical("hung", "Function")

    made(stacks, "hung", {**resources, "Mapping": {**resources["Mapping"], "Properties": {**mapping, "BatchSize": 6}}})

    configuration = client.get_function_configuration(FunctionName=function)
    assert [each["Arn"] for each in configuration["Layers"]] == [stacks.physical("hung", "Layer")]
    assert "apigateway.amazonaws.com" in client.get_policy(FunctionName=function)["Policy"]
    assert client.get_event_source_mapping(UUID=stacks.physical("hung", "Mapping"))["BatchSize"] == 6
    assert stacks.delete("hung") == "DELETE_COMPLETE"


def test_a_global_table_has_expiry_recovery_encryption_and_a_stream(stacks: Stacks) -> None:
    replica = {
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    table = a_table(
        replica=replica,
        SSESpecification={"SSEEnabled": True, "SSEType": "KMS"},
        StreamSpecification={"StreamViewType": "NEW_IMAGE"},
        TimeToLiveSpecification={"AttributeName": "expires", "Enabled": "true"},
    )
    made(stacks, "table", {"Table": table})
    client, name = stacks.context.client("dynamodb"), {"TableName": stacks.physical("table", "Table")}

    described = client.describe_table(**name)["Table"]

    expiry = client.describe_time_to_live(**name)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(**name)["ContinuousBackupsDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires")
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert described["SSEDescription"]["Status"] == "ENABLED"
    assert described["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert stacks.delete("table") == "DELETE_FAILED"  # it is protected


def test_a_global_tables_update_changes_it_in_place(stacks: Stacks) -> None:
    expiry = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}
    made(stacks, "grown", {"Table": a_table(replica={}, **expiry)})
    client, name = stacks.context.client("dynamodb"), {"TableName": stacks.physical("grown", "Table")}
    client.put_item(**name, Item={"pk": {"S": "kept"}})
    index = {
        "IndexName": "by-other",
        "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    attributes = [{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "other")]

    made(
        stacks, "grown", {"Table": a_table(replica={}, GlobalSecondaryIndexes=[index], AttributeDefinitions=attributes)}
    )

    table = client.describe_table(**name)["Table"]
    assert client.describe_time_to_live(**name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    assert [each["IndexName"] for each in table["GlobalSecondaryIndexes"]] == ["by-other"]
    assert table["ItemCount"] == 1


def test_a_replica_in_another_region_is_refused(stacks: Stacks) -> None:
    stacks.put("far", {"Table": a_table(replica={"Region": "eu-west-1"})})

    assert "no region eu-west-1" in stacks.reason("far", "Table")


def test_a_role_has_its_policies_and_loses_those_that_are_gone(stacks: Stacks) -> None:
    def a_role(*arns: str) -> dict[str, Any]:
        inline = [{"PolicyName": "inline", "PolicyDocument": ANYTHING}]
        properties = {"AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": arns, "Policies": inline}
        return {"Type": "AWS::IAM::Role", "Properties": properties}

    made(stacks, "role", {"Role": a_role(LOGGING)})
    client, role = stacks.context.client("iam"), {"RoleName": stacks.physical("role", "Role")}

    made(stacks, "role", {"Role": a_role(READ_ONLY)})

    attached = client.list_attached_role_policies(**role)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [READ_ONLY]
    assert client.list_role_policies(**role)["PolicyNames"] == ["inline"]
    assert stacks.delete("role") == "DELETE_COMPLETE"


def test_policies_follow_their_documents_and_holders(stacks: Stacks) -> None:
    def policies(action: str, holder: str) -> dict[str, Any]:
        document = {**ANYTHING, "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        shared = {"PolicyDocument": document, "Roles": [{"Ref": holder}]}
        return {
            "First": ROLE,
            "Second": ROLE,
            "Inline": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "inline", **shared}},
            "Managed": {"Type": "AWS::IAM::ManagedPolicy", "Properties": shared},
        }

    client = stacks.context.client("iam")
    for number in range(7):  # AWS keeps five versions at most
        made(stacks, "policies", policies(f"s3:Get{number}", "First"))

    made(stacks, "policies", policies("s3:PutObject", "Second"))

    first, second = (stacks.physical("policies", name) for name in ("First", "Second"))
    arn = stacks.physical("policies", "Managed")
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert document["Statement"][0]["Action"] == "s3:PutObject"
    assert client.list_role_policies(RoleName=first)["PolicyNames"] == []
    assert client.list_role_policies(RoleName=second)["PolicyNames"] == ["inline"]
    assert client.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"][0]["RoleName"] == second


def test_an_http_api_is_changed_in_place(stacks: Stacks) -> None:
    def an_api(route: str, rate: int) -> dict[str, Any]:
        api = {"ApiId": {"Ref": "Api"}}
        integration = {**api, "IntegrationType": "AWS_PROXY", "IntegrationUri": "arn:x", "PayloadFormatVersion": "2.0"}
        token = {"Audience": ["a"], "Issuer": "http://localhost"}
        jwt = {**api, "AuthorizerType": "JWT", "Name": "jwt", "JwtConfiguration": token}
        target = {"Target": {"Fn::Sub": "integrations/${Integration}"}, "AuthorizerId": {"Ref": "Authorizer"}}
        settings = {"DefaultRouteSettings": {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": 10}}
        kinds: dict[str, dict[str, Any]] = {
            "Api": {"Name": "api", "ProtocolType": "HTTP", "Tags": {"a": "b"}},
            "Integration": integration,
            "Authorizer": {**jwt, "IdentitySource": ["$request.header.Authorization"]},
            "Route": {**api, "RouteKey": route, "AuthorizationType": "JWT", **target},
            "Stage": {**api, "StageName": "$default", "AutoDeploy": True, **settings},
        }
        return {name: {"Type": f"AWS::ApiGatewayV2::{name}", "Properties": each} for name, each in kinds.items()}

    made(stacks, "api", an_api("GET /before", 5))
    api = {"ApiId": stacks.physical("api", "Api")}

    made(stacks, "api", an_api("GET /after", 6))

    client = stacks.context.client("apigatewayv2")
    (route,) = client.get_routes(**api)["Items"]
    (stage,) = client.get_stages(**api)["Items"]
    assert (route["RouteKey"], route["AuthorizerId"]) == ("GET /after", stacks.physical("api", "Authorizer"))
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 6
    assert stacks.delete("api") == "DELETE_COMPLETE"


def test_alarms_of_both_kinds_and_a_dashboard(stacks: Stacks) -> None:
    def watched(threshold: int) -> dict[str, Any]:
        metric = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
        over = {"Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold"}
        return {
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {**metric, **over}},
            "Any": {
                "Type": "AWS::CloudWatch::CompositeAlarm",
                "Properties": {"AlarmRule": {"Fn::Sub": "ALARM(${Alarm})"}},
            },
            "Board": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {"DashboardBody": json.dumps({"widgets": []})},
            },
        }

    made(stacks, "watched", watched(1))

    made(stacks, "watched", watched(2))

    client = stacks.context.client("cloudwatch")
    alarms = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    name = stacks.physical("watched", "Alarm")
    assert [(each["AlarmName"], each["Threshold"]) for each in alarms["MetricAlarms"]] == [(name, 2.0)]
    assert [each["AlarmRule"] for each in alarms["CompositeAlarms"]] == [f"ALARM({name})"]
    assert client.get_dashboard(DashboardName=stacks.physical("watched", "Board"))["DashboardBody"]
    assert stacks.delete("watched") == "DELETE_COMPLETE"


def test_a_log_groups_retention_changes_and_ends(stacks: Stacks) -> None:
    def a_group(**properties: Any) -> dict[str, Any]:
        transformation = {"MetricName": "Errors", "MetricNamespace": "n", "MetricValue": "1"}
        pattern = {"LogGroupName": {"Ref": "Group"}, "FilterPattern": "ERROR"}
        return {
            "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/group", **properties}},
            "Filter": {
                "Type": "AWS::Logs::MetricFilter",
                "Properties": {**pattern, "MetricTransformations": [transformation]},
            },
        }

    client = stacks.context.client("logs")
    found = []
    for properties in ({"RetentionInDays": 7}, {"RetentionInDays": 14}, {}):
        made(stacks, "logs", a_group(**properties))
        (group,) = client.describe_log_groups(logGroupNamePrefix="/group")["logGroups"]
        found.append(group.get("retentionInDays"))

    assert found == [7, 14, None]
    assert client.describe_metric_filters(logGroupName="/group")["metricFilters"][0]["filterPattern"] == "ERROR"


def test_a_bucket_keeps_its_settings_and_its_policy_is_left_aside(stacks: Stacks) -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": insecure}
    events = {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True},
        "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Queue", "Arn"]}}],
    }
    expiry = {"Id": "old", "Status": "Enabled", "ExpirationInDays": "30", "Prefix": "capture/"}
    properties: dict[str, Any] = {
        "BucketName": "settled",
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
        "LifecycleConfiguration": {"Rules": [expiry]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
        "NotificationConfiguration": events,
    }
    made(
        stacks,
        "bucket",
        {
            "Queue": a_queue(),
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [deny]}},
            },
        },
    )
    s3, bucket = stacks.context.client("s3"), {"Bucket": "settled"}

    s3.put_object(**bucket, Key="k", Body=b"allowed")

    (rule,) = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    encryption = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    assert (rule["Expiration"], rule["Filter"]) == ({"Days": 30}, {"Prefix": "capture/"})
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    assert s3.get_bucket_notification_configuration(**bucket)["QueueConfigurations"][0]["Events"] == [
        "s3:ObjectCreated:*"
    ]


def test_queues_and_topics_have_their_policies_and_subscriptions(stacks: Stacks) -> None:
    policy = {**ANYTHING, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}
    redrive = {"maxReceiveCount": 3, "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    arn = {"Fn::GetAtt": ["Queue", "Arn"]}
    subscription = {"Protocol": "sqs", "Endpoint": arn, "TopicArn": {"Ref": "Topic"}, "RawMessageDelivery": True}

    made(
        stacks,
        "messages",
        {
            "Dead": a_queue(),
            "Queue": a_queue(VisibilityTimeout="45", RedrivePolicy=redrive),
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "d"}},
            "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
            "QueuePolicy": {
                "Type": "AWS::SQS::QueuePolicy",
                "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": policy},
            },
            "TopicPolicy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": policy},
            },
        },
    )

    sqs, sns = stacks.context.client("sqs"), stacks.context.client("sns")
    url, topic = stacks.physical("messages", "Queue"), stacks.physical("messages", "Topic")
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    (found,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert (queue["VisibilityTimeout"], json.loads(queue["RedrivePolicy"])["maxReceiveCount"]) == ("45", 3)
    assert json.loads(queue["Policy"])["Statement"][0]["Action"] == "*"
    assert found["Endpoint"] == queue["QueueArn"]
    assert json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]) == policy
    assert stacks.delete("messages") == "DELETE_COMPLETE"


def test_rules_and_schedules_follow_their_templates(stacks: Stacks) -> None:
    def timed(minutes: int, *targets: str) -> dict[str, Any]:
        rate = {"ScheduleExpression": f"rate({minutes} minutes)"}
        named = [{"Id": target, "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}} for target in targets]
        target = {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
        flexible = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
        return {
            "Role": ROLE,
            "Queue": a_queue(),
            "Rule": {"Type": "AWS::Events::Rule", "Properties": {**rate, "State": "ENABLED", "Targets": named}},
            "Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": {**rate, **flexible}},
        }

    made(stacks, "timed", timed(5, "first", "second"))

    made(stacks, "timed", timed(6, "second", "third"))

    events, name = stacks.context.client("events"), stacks.physical("timed", "Rule")
    schedule = stacks.context.client("scheduler").get_schedule(Name=stacks.physical("timed", "Schedule"))
    assert events.describe_rule(Name=name)["ScheduleExpression"] == "rate(6 minutes)"
    assert {each["Id"] for each in events.list_targets_by_rule(Rule=name)["Targets"]} == {"second", "third"}
    assert schedule["ScheduleExpression"] == "rate(6 minutes)"
    assert stacks.delete("timed") == "DELETE_COMPLETE"


def test_a_key_its_alias_and_a_repository(stacks: Stacks) -> None:
    def resources(*, rotates: bool) -> dict[str, Any]:
        key = {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}, "EnableKeyRotation": rotates}
        alias = {"AliasName": "alias/ours", "TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}
        return {
            "Key": {"Type": "AWS::KMS::Key", "Properties": key},
            "Alias": {"Type": "AWS::KMS::Alias", "Properties": alias},
            "Repository": {"Type": "AWS::ECR::Repository", "Properties": {"ImageTagMutability": "IMMUTABLE"}},
        }

    made(stacks, "kept", resources(rotates=True))

    made(stacks, "kept", resources(rotates=False))

    kms, key_id = stacks.context.client("kms"), stacks.physical("kept", "Key")
    uri = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{stacks.physical('kept', 'Repository')}"
    (repository,) = stacks.context.client("ecr").describe_repositories()["repositories"]
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is False
    assert kms.describe_key(KeyId="alias/ours")["KeyMetadata"]["KeyId"] == key_id
    assert (repository["repositoryUri"], repository["imageTagMutability"]) == (uri, "IMMUTABLE")


def test_a_state_machine_follows_its_template(stacks: Stacks) -> None:
    def a_machine(result: int) -> dict[str, Any]:
        definition = {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": result, "End": True}}}
        properties = {
            "StateMachineName": "said",
            "DefinitionString": json.dumps(definition),
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        }
        return {"Role": ROLE, "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}

    made(stacks, "machine", a_machine(1))

    made(stacks, "machine", a_machine(2))

    client, arn = stacks.context.client("stepfunctions"), stacks.physical("machine", "Machine")
    found = client.describe_state_machine(stateMachineArn=arn)
    assert (found["name"], json.loads(found["definition"])["States"]["Say"]["Result"]) == ("said", 2)
    assert stacks.delete("machine") == "DELETE_COMPLETE"
    assert client.list_state_machines()["stateMachines"] == []


def test_a_state_machine_says_what_kind_it_is_and_no_more_than_is_known(stacks: Stacks) -> None:
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    properties = {
        "DefinitionString": definition,
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "StateMachineType": "EXPRESS",
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    strange = {**machine, "Properties": {**properties, "DefinitionUri": "s3://elsewhere"}}

    made(stacks, "express", {"Role": ROLE, "Machine": machine})
    stacks.put("strange", {"Role": ROLE, "Machine": strange})

    arn = stacks.physical("express", "Machine")
    found = stacks.context.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    assert found["type"] == "EXPRESS"
    assert "no property DefinitionUri here" in stacks.reason("strange", "Machine")

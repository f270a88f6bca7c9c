from typing import Any

import pytest

from local_cloud.iam.template import Unresolved, grants_of, resolve
from local_cloud.iam.usage import UsageLog, Use, denied, unused

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/state"
VALUES = {"State.Arn": TABLE, "AWS::Partition": "aws", "AWS::Region": "us-east-1", "Bucket": "models"}


def a_template() -> dict[str, Any]:
    document = {"Statement": {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"}}
    basic = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/service-role/Basic"]]}
    return {
        "Resources": {
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "ManagedPolicyArns": [basic, {"Ref": "Managed"}],
                    "Policies": [{"PolicyName": "inline", "PolicyDocument": document}],
                },
            },
            "Policy": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": [put_item()]}},
            },
            "Managed": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": {"Statement": [get_object()]}},
            },
            "OfAnother": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"Roles": [{"Ref": "Other"}], "PolicyDocument": {"Statement": [{"Action": "*"}]}},
            },
        }
    }


def put_item() -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": {"Fn::GetAtt": ["State", "Arn"]}}


def get_object() -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": ["s3:GetObject*", "s3:List*"],
        "Resource": {"Fn::Sub": "arn:aws:s3:::${Bucket}/*"},
    }


def test_a_functions_grants_are_its_roles_policies_with_their_references_resolved() -> None:
    grants = grants_of(a_template(), "Function", VALUES)

    assert grants.role == "Role"
    assert grants.managed_policies == ("service-role/Basic",)
    assert [one["Action"] for one in grants.statements] == [
        "xray:PutTraceSegments",
        "dynamodb:PutItem",
        ["s3:GetObject*", "s3:List*"],
    ]
    assert [one["Resource"] for one in grants.statements] == ["*", TABLE, "arn:aws:s3:::models/*"]


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Fn::Sub": "${AWS::Region} ${!literal} ${State.Arn}"}, f"us-east-1 ${{literal}} {TABLE}"),
        ({"Fn::Sub": ["${x}-${Bucket}", {"x": {"Ref": "AWS::Region"}}]}, "us-east-1-models"),
        ({"Fn::Select": [1, {"Fn::Split": [":", {"Fn::GetAtt": "State.Arn"}]}]}, "aws"),
        ({"Fn::ImportValue": {"Fn::Join": ["-", ["a", "b"]]}}, "imported"),
        ([{"Ref": "Bucket"}, 1, {"plain": True}], ["models", 1, {"plain": True}]),
    ],
)
def test_intrinsic_functions_are_resolved(node: Any, value: Any) -> None:
    assert resolve(node, {**VALUES, "import:a-b": "imported"}) == value


@pytest.mark.parametrize("node", [{"Ref": "Missing"}, {"Fn::Sub": "${Missing}"}, {"Fn::Base64": "x"}])
def test_what_cannot_be_resolved_is_an_error(node: Any) -> None:
    with pytest.raises(Unresolved):
        resolve(node, VALUES)


def test_unused_grants_and_denied_calls_are_named() -> None:
    log = UsageLog()
    log.record("dynamodb:PutItem", TABLE, allowed=True)
    log.record("dynamodb:PutItem", TABLE, allowed=True)
    log.record("s3:ListBucket", "arn:aws:s3:::other", allowed=True)
    log.record("s3:DeleteObject", "arn:aws:s3:::models/x", allowed=False)

    statements = grants_of(a_template(), "Function", VALUES).statements

    assert denied(log.uses) == [Use("s3:DeleteObject", "arn:aws:s3:::models/x", allowed=False)]
    assert unused(statements, log.uses) == ["s3:GetObject*", "s3:List*", "xray:PutTraceSegments"]
    assert len(log.uses) == 3

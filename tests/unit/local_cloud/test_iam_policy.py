import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.iam.policy import Effect, Request, evaluate
from local_cloud.iam.wildcard import UnsupportedPolicy, matches

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/state"
PUT = Request("dynamodb:PutItem", TABLE)


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": TABLE, **elements}


def deny(**elements: Any) -> dict[str, Any]:
    return {**allow(**elements), "Effect": "Deny"}


def test_nothing_is_allowed_by_default() -> None:
    decision = evaluate([], PUT)

    assert decision.effect is Effect.IMPLICIT_DENY
    assert decision.reason == "because no identity-based policy allows the dynamodb:PutItem action"


def test_an_explicit_deny_wins_wherever_it_stands() -> None:
    allowed = evaluate([allow()], PUT)

    assert allowed.allowed
    assert evaluate([deny(), allow()], PUT).effect is Effect.EXPLICIT_DENY
    assert evaluate([allow(), deny()], PUT).effect is Effect.EXPLICIT_DENY


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (allow(Action="DYNAMODB:putitem"), True),
        (allow(Action="dynamodb:Put*"), True),
        (allow(Action=["s3:*", "*"]), True),
        (allow(Action="dynamodb:Get*"), False),
        (allow(Resource=TABLE.upper()), False),
        (allow(Resource="arn:aws:dynamodb:*:*:table/stat?"), True),
        (allow(Resource="arn:aws:dynamodb:*:*:table/state?"), False),
        (allow(Resource=[]), False),
    ],
)
def test_actions_ignore_case_and_resources_do_not(statement: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001  a table's column
    decision = evaluate([statement], PUT)

    assert decision.allowed is allowed


def test_not_action_and_not_resource_cover_everything_else() -> None:
    other_table = f"{TABLE}-2"
    not_action = {"Effect": "Allow", "NotAction": "dynamodb:Delete*", "Resource": "*"}
    not_resource = {"Effect": "Deny", "Action": "*", "NotResource": other_table}

    assert evaluate([not_action], PUT).allowed
    assert not evaluate([not_action], Request("dynamodb:DeleteItem", TABLE)).allowed
    assert not evaluate([not_action, not_resource], PUT).allowed
    assert evaluate([not_action, not_resource], Request("dynamodb:PutItem", other_table)).allowed


CONTEXT = {
    "cloudwatch:namespace": "Sluice",
    "aws:SourceIp": "10.1.2.3",
    "aws:SecureTransport": "true",
    "s3:max-keys": "10",
    "aws:PrincipalArn": "arn:aws:iam::123456789012:role/team/Deployer",
    "aws:TagKeys": ["owner", "cost"],
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", "cloudwatch:Namespace", "Sluice", True),
        ("StringEquals", "cloudwatch:namespace", ["Other", "Sluice"], True),
        ("StringEquals", "cloudwatch:namespace", "sluice", False),
        ("StringEqualsIgnoreCase", "cloudwatch:namespace", "sluice", True),
        ("StringNotEquals", "cloudwatch:namespace", ["Other", "Sluice"], False),
        ("StringNotEquals", "cloudwatch:namespace", "Other", True),
        ("StringNotEquals", "missing:key", "Other", True),
        ("StringLike", "cloudwatch:namespace", "Slu*", True),
        ("StringNotLike", "cloudwatch:namespace", "Slu*", False),
        ("StringEquals", "missing:key", "x", False),
        ("StringEqualsIfExists", "missing:key", "x", True),
        ("StringEqualsIfExists", "cloudwatch:namespace", "x", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/team/*", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:*", False),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/other/*", True),
        ("Bool", "aws:SecureTransport", True, True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("NumericLessThanEquals", "s3:max-keys", 10, True),
        ("NumericGreaterThan", "s3:max-keys", "10", False),
        ("NumericNotEquals", "s3:max-keys", "11", True),
        ("IpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.0.0.0/8"], True),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("Null", "missing:key", "true", True),
        ("Null", "cloudwatch:namespace", True, False),
        ("Null", "cloudwatch:namespace", "false", True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["owner", "cost", "more"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["owner"], False),
        ("ForAllValues:StringEquals", "missing:key", ["owner"], True),
        ("ForAnyValue:StringLike", "aws:TagKeys", ["own*"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["other"], False),
        ("ForAnyValue:StringEquals", "missing:key", ["other"], False),
        ("ForAnyValue:StringNotEquals", "missing:key", ["other"], False),
        ("ForAnyValue:StringNotEquals", "aws:TagKeys", ["owner"], True),
        ("ForAllValues:StringNotEquals", "aws:TagKeys", ["owner"], False),
    ],
)
def test_a_condition_operator_is_evaluated_as_iam_does(operator: str, key: str, wanted: Any, holds: bool) -> None:  # noqa: FBT001  a table's column
    statement = allow(Condition={operator: {key: wanted}})

    decision = evaluate([statement], Request("dynamodb:PutItem", TABLE, CONTEXT))

    assert decision.allowed is holds


def test_all_conditions_of_a_statement_must_hold() -> None:
    condition = {
        "StringEquals": {"cloudwatch:namespace": "Sluice", "missing:key": "x"},
        "Bool": {"aws:SecureTransport": True},
    }

    decision = evaluate([allow(Condition=condition)], Request("dynamodb:PutItem", TABLE, CONTEXT))

    assert not decision.allowed


@pytest.mark.parametrize(
    "statement",
    [
        allow(Condition={"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, "Null": {"x": "true"}}),
        allow(Resource="arn:aws:s3:::bucket/${aws:username}"),
        {"Effect": "Allow", "Action": "*"},
        allow(NotAction="*"),
    ],
)
def test_what_is_not_evaluated_is_refused_and_not_guessed(statement: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedPolicy):
        evaluate([statement], PUT)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="ab*?:/.\n[", max_size=12), pattern=st.text(alphabet="ab*?:/.\n[", max_size=8))
def test_wildcards_match_what_the_simplest_matcher_matches(text: str, pattern: str) -> None:
    def simplest(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(simplest(pattern[1:], text[at:]) for at in range(len(text) + 1))
        return bool(text) and pattern[0] in {"?", text[0]} and simplest(pattern[1:], text[1:])

    assert matches(pattern, text) is simplest(pattern, text)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=20))
def test_a_text_without_wildcards_matches_only_itself(text: str) -> None:
    plain = re.sub(r"[*?$]", "", text)

    assert matches(plain, plain)
    assert matches("*", text)
    assert not matches(plain + "x", plain)

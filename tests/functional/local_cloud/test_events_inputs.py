import json
from typing import Any

import pytest

from local_cloud.events.inputs import render
from local_cloud.events.messages import Message, handled_messages, is_wanted
from local_cloud.functions import Invocation

EVENT = {
    "id": "1",
    "time": "2026-11-21T12:00:00Z",
    "source": "aws.sagemaker",
    "detail": {"name": 'the "best"', "tags": ["a", "b"], "weight": 0.5},
}


def a_message(identifier: str, body: str = "{}") -> Message:
    return {"MessageId": identifier, "ReceiptHandle": f"r-{identifier}", "Body": body, "MD5OfBody": ""}


def test_a_target_without_input_gets_the_event() -> None:
    assert json.loads(render({}, EVENT)) == EVENT


def test_a_constant_input_replaces_the_event() -> None:
    assert render({"Input": '{"run": 1}'}, EVENT) == '{"run": 1}'


def test_an_input_path_selects_a_part() -> None:
    assert json.loads(render({"InputPath": "$.detail.tags"}, EVENT)) == ["a", "b"]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"name": <name>, "weight": <weight>}', {"name": 'the "best"', "weight": 0.5}),
        ('{"text": "<name> at <weight>", "tags": <tags>}', {"text": 'the "best" at 0.5', "tags": ["a", "b"]}),
        ('"just <name>"', 'just the "best"'),
        ('{"all": <aws.events.event>}', {"all": EVENT}),
        ('{"rule": "<aws.events.rule-name>", "left": "a < b", "quoted": "\\"<weight>\\""}',
         {"rule": "mine", "left": "a < b", "quoted": '"0.5"'}),
        ('{"gone": <missing>}', {"gone": ""}),
    ],
)  # fmt: skip
def test_a_template_is_filled_in_as_json(template: str, expected: Any) -> None:
    paths = {"name": "$.detail.name", "weight": "$.detail.weight", "tags": "$.detail.tags", "missing": "$.detail.no"}
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}

    text = render(target, EVENT, rule_arn="arn:aws:events:us-east-1:123456789012:rule/mine")

    assert json.loads(text) == expected


@pytest.mark.parametrize(
    ("answer", "handled"),
    [
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, ["a"]),
        ({"batchItemFailures": []}, ["a", "b"]),
        ({"batchItemFailures": None}, ["a", "b"]),
        ({}, ["a", "b"]),
        (None, ["a", "b"]),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, []),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, []),
        ({"batchItemFailures": [{"wrong": "a"}]}, []),
        ("not an object", []),
    ],
)
def test_a_report_names_the_messages_that_stay(answer: Any, handled: list[str]) -> None:
    batch = [a_message("a"), a_message("b")]

    done = handled_messages(batch, Invocation(json.dumps(answer).encode()), reports_failures=True)

    assert [message["MessageId"] for message in done] == handled


def test_an_error_keeps_the_whole_batch() -> None:
    batch = [a_message("a"), a_message("b")]

    assert handled_messages(batch, Invocation(b"{}", "Unhandled"), reports_failures=True) == []


@pytest.mark.parametrize(
    ("body", "wanted"), [('{"kind": "capture"}', True), ('{"kind": "other"}', False), ("text", False)]
)
def test_a_filter_lets_only_fitting_messages_through(body: str, wanted: bool) -> None:  # noqa: FBT001
    assert is_wanted(a_message("a", body), ['{"body": {"kind": ["capture"]}}']) is wanted

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.front_door.answer import Answer, InvalidAnswer, Refused, read_answer


def answer_to(value: Any) -> Answer:
    return read_answer(json.dumps(value).encode())


def test_a_full_answer_is_taken_as_it_is() -> None:
    answer = answer_to(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "text/csv", "X-Rows": 3, "X-Warm": True},
            "cookies": ["a=1; Secure", "b=2"],
            "body": "1,2",
        }
    )

    assert answer == Answer(
        201,
        (
            ("content-type", "text/csv"),
            ("x-rows", "3"),
            ("x-warm", "true"),
            ("set-cookie", "a=1; Secure"),
            ("set-cookie", "b=2"),
        ),
        b"1,2",
    )


@pytest.mark.parametrize(
    ("value", "body"),
    [({"message": "hello"}, b'{"message": "hello"}'), ("hello", b"hello"), ([1, 2], b"[1, 2]"), (None, b"null")],
)
def test_an_answer_without_a_status_is_a_200_of_json(value: Any, body: bytes) -> None:
    assert answer_to(value) == Answer(200, (("content-type", "application/json"),), body)


def test_a_status_alone_is_an_empty_answer() -> None:
    assert answer_to({"statusCode": "204"}) == Answer(204, (("content-type", "text/plain;charset=UTF-8"),), b"")


def test_a_base64_body_is_decoded() -> None:
    encoded = base64.b64encode(b"\x00\xff").decode()

    assert answer_to({"statusCode": 200, "body": encoded, "isBase64Encoded": True}).body == b"\x00\xff"


@pytest.mark.parametrize(
    "value",
    [
        {"statusCode": "fine"},
        {"statusCode": True},
        {"statusCode": 20},
        {"statusCode": None},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": "b\r\nset-cookie: c"}},
        {"statusCode": 200, "headers": {"a\r\nb": "c"}},
        {"statusCode": 200, "headers": {"a": "日本"}},
        {"statusCode": 200, "cookies": "a=b"},
        {"statusCode": 200, "cookies": ["a=b\n"]},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "not base64!", "isBase64Encoded": True},
        {"statusCode": 200, "body": "\x80", "isBase64Encoded": True},
    ],
)
def test_an_answer_of_another_shape_is_invalid(value: Any) -> None:
    with pytest.raises(InvalidAnswer):
        answer_to(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None)
@given(
    value=st.fixed_dictionaries(
        {"statusCode": st.sampled_from([200, "404"]) | JSON},
        optional={"headers": JSON, "cookies": JSON, "body": JSON, "isBase64Encoded": JSON},
    )
)
def test_whatever_a_function_returns_is_an_answer_or_invalid(value: dict[str, Any]) -> None:
    try:
        answer = answer_to(value)
    except InvalidAnswer:
        return

    assert all("\n" not in name + text and name == name.lower() for name, text in answer.headers)
    assert 100 <= answer.status < 600


def test_a_payload_that_is_not_json_is_invalid() -> None:
    with pytest.raises(InvalidAnswer):
        read_answer(b"<html>")


def test_a_refusal_has_only_a_message() -> None:
    refused = Refused(401, "Unauthorized", headers=(("www-authenticate", "Bearer"),), detail="no token")

    assert refused.answer() == Answer(
        401, (("content-type", "application/json"), ("www-authenticate", "Bearer")), b'{"message":"Unauthorized"}'
    )

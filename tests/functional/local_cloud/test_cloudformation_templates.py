"""What functions, conditions and parameters of a template come to, and what it refers to."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.cloudformation.parameters import given_or_default, parameter_values
from local_cloud.cloudformation.template import (
    NO_VALUE,
    Scope,
    TemplateError,
    condition,
    parse,
    references,
    resolve,
)

SCOPE = Scope(
    values={"AWS::Region": "us-east-1", "AWS::NoValue": NO_VALUE, "Name": "n", "List": ["a", "b"]},
    mappings={"Sizes": {"us-east-1": {"small": 1}}},
    conditions={"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
    reference=lambda name: f"id-of-{name}",
    attribute=lambda name, attribute: f"{attribute}-of-{name}",
    imported=lambda name: f"import-of-{name}",
)
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Name"}, "n"),
        ({"Ref": "Queue"}, "id-of-Queue"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "Arn-of-Queue"),
        ({"Fn::GetAtt": "Queue.Deep.Arn"}, "Deep.Arn-of-Queue"),
        ({"Fn::Sub": "${Name}/${Queue}/${Queue.Arn}/${!Kept}"}, "n/id-of-Queue/Arn-of-Queue/${Kept}"),
        ({"Fn::Sub": ["${Own}-${AWS::Region}", {"Own": {"Ref": "Name"}}]}, "n-us-east-1"),
        ({"Fn::Join": ["", ["a", {"Ref": "Name"}, 1, True]]}, "an1true"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "x,y"]}]}, "y"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "small"]}, 1),
        ({"Fn::If": ["No", {"Ref": "Broken"}, [1, {"Ref": "AWS::NoValue"}]]}, [1]),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ({"Fn::ImportValue": {"Fn::Sub": "x-${Name}"}}, "import-of-x-n"),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::ToJsonString": {"a": {"Ref": "Name"}}}, '{"a": "n"}'),
        ({"Fn::Length": {"Ref": "List"}}, 2),
        ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
    ],
)
def test_a_function_gives_what_cloudformation_gives(value: Any, resolved: Any) -> None:
    assert resolve(value, SCOPE) == resolved


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Fn::Transform": {}}, "does not know Fn::Transform"),
        ({"Fn::FindInMap": ["Sizes", "nowhere", "small"]}, "Sizes::nowhere::small"),
        ({"Fn::Select": [7, ["a"]]}, "Fn::Select cannot take"),
        ({"Fn::If": ["Never", 1, 2]}, "Never"),
        ({"Fn::Join": "x"}, "Fn::Join cannot take"),
    ],
)
def test_a_function_that_cannot_be_worked_out_says_so(value: Any, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        resolve(value, SCOPE)


def test_conditions_combine() -> None:
    assert condition(
        {"Fn::And": [{"Condition": "Yes"}, {"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]}]}, SCOPE
    )
    assert not condition({"Fn::Contains": [["a"], "b"]}, SCOPE)


def test_everything_that_is_referred_to_is_found_once_one_looks_everywhere() -> None:
    value = {
        "A": {"Fn::Sub": ["${One.Arn} ${Own} ${!Kept}", {"Own": {"Ref": "Two"}}]},
        "B": [{"Fn::GetAtt": "Three.Arn"}, {"Fn::If": ["C", {"Ref": "Four"}, {"Fn::GetAtt": ["Five", "Arn"]}]}],
    }

    assert set(references(value)) == {"One", "Two", "Three", "Four", "Five"}


def test_yaml_means_what_its_long_form_means() -> None:
    body = """
    Resources:
      Queue:
        Type: AWS::SQS::Queue
        Properties:
          Version: 2012-10-17
          Name: !Sub "${A}"
          Arn: !GetAtt Other.Arn
          Both: !Join ["-", [!Ref A, b]]
    """

    assert parse(body)["Resources"]["Queue"]["Properties"] == {
        "Version": "2012-10-17",
        "Name": {"Fn::Sub": "${A}"},
        "Arn": {"Fn::GetAtt": "Other.Arn"},
        "Both": {"Fn::Join": ["-", [{"Ref": "A"}, "b"]]},
    }


@pytest.mark.parametrize("body", ["", "{", "[]", "Resources: {}", "a: [", "{}"])
def test_what_is_no_template_is_refused(body: str) -> None:
    with pytest.raises(TemplateError, match="Template format error"):
        parse(body)


def test_parameters_come_from_the_caller_the_default_or_the_store() -> None:
    declared: dict[str, dict[str, Any]] = {
        "Given": {"Type": "String", "Default": "d"},
        "Default": {"Type": "Number", "Default": 3},
        "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
        "Stored": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/names"},
    }

    texts = given_or_default(declared, {"Given": "g"})

    assert parameter_values(declared, texts, stored=lambda name: f"x,{name}") == {
        "Given": "g",
        "Default": "3",
        "List": ["a", "b"],
        "Stored": ["x", "/names"],
    }


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        ({}, r"\['Wanted'\] must have values"),
        ({"Wanted": "a", "Other": "x"}, r"\['Other'\] do not exist"),
        ({"Wanted": "c"}, "'Wanted' must be one of"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(passed: dict[str, str], said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        given_or_default({"Wanted": {"Type": "String", "AllowedValues": ["a", "b"]}}, passed)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
@settings(max_examples=100, deadline=None)
def test_a_value_without_functions_is_itself(value: Any) -> None:
    assert resolve(value, SCOPE) == value
    assert list(references(value)) == []
    assert json.loads(resolve({"Fn::ToJsonString": value}, SCOPE)) == value


@given(st.lists(WORDS, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_split_undoes_join(words: list[str]) -> None:
    assert resolve({"Fn::Split": ["-", {"Fn::Join": ["-", words]}]}, SCOPE) == words

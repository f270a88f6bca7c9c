"""Callers reach one function through routes that say who may ask."""

from typing import Any

import pytest

from sluice.settings.functions import InferenceEnvironment
from tests.infrastructure.projects import Project, Templates, with_setting
from tests.infrastructure.reading import granted, named, resource, resources, text

FUNCTION = "AWS::Lambda::Function"
ROUTE = "AWS::ApiGatewayV2::Route"
JWT = {"mode": "jwt", "jwt": {"issuer": "https://issuer.example", "audience": ["sluice"]}}


def test_the_routes_are_those_of_the_two_protocols(templates: Templates) -> None:
    routes = {route["RouteKey"] for route in resources(templates.api, ROUTE)}

    assert routes == {
        "GET /v1/models/{proxy+}",
        "POST /v1/models/{proxy+}",
        "GET /v2",
        "GET /v2/{proxy+}",
        "POST /v2/{proxy+}",
    }


def test_every_route_asks_the_published_function(templates: Templates) -> None:
    (integration,) = resources(templates.api, "AWS::ApiGatewayV2::Integration")
    alias = named(templates.api, "AWS::Lambda::Alias", "Live")["Properties"]

    assert templates.api["Resources"][integration["IntegrationUri"]["Ref"]]["Properties"] == alias
    assert alias["Name"] == "live"
    assert integration["PayloadFormatVersion"] == "2.0"


@pytest.mark.parametrize(
    ("access", "kind"), [({}, "AWS_IAM"), ({"mode": "iam"}, "AWS_IAM"), (JWT, "JWT"), ({"mode": "none"}, "NONE")]
)
def test_every_route_is_guarded_as_sluice_yaml_says(project: Project, access: dict[str, Any], kind: str) -> None:
    api = project.synth(with_setting("access", access)).api

    assert {route["AuthorizationType"] for route in resources(api, ROUTE)} == {kind}


def test_tokens_are_those_of_the_issuer_and_the_audience(project: Project) -> None:
    api = project.synth(with_setting("access", JWT)).api

    authorizer = resource(api, "AWS::ApiGatewayV2::Authorizer")
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://issuer.example", "Audience": ["sluice"]}


def test_requests_are_logged_and_throttled(templates: Templates) -> None:
    stage = resource(templates.api, "AWS::ApiGatewayV2::Stage")

    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 500, "ThrottlingBurstLimit": 1000}
    assert "$context.requestId" in stage["AccessLogSettings"]["Format"]


def test_the_function_runs_on_arm_from_a_snapshot_and_gives_up_before_api_gateway_does(templates: Templates) -> None:
    function = resource(templates.api, FUNCTION)

    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == "lambdas.inference.handler"
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["Timeout"] == 29
    assert function["TracingConfig"] == {"Mode": "Active"}


def test_the_function_can_read_the_environment_the_stack_writes(templates: Templates) -> None:
    variables = resource(templates.api, FUNCTION)["Environment"]["Variables"]

    read = InferenceEnvironment.from_environment({name: text(value) for name, value in variables.items()})
    assert read.models == "flights"
    assert "StateTable" in read.table


def test_the_function_may_read_items_and_invoke_its_endpoints_and_no_more(templates: Templates) -> None:
    allowed = granted(templates.api, "InferenceRole")

    assert set(allowed) == {
        "dynamodb:GetItem",
        "kms:Decrypt",
        "kms:DescribeKey",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sagemaker:InvokeEndpoint",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
    assert allowed["sagemaker:InvokeEndpoint"] == [
        "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:endpoint/sluice-flights"
    ]


def test_the_url_of_the_api_is_an_output(templates: Templates) -> None:
    assert text(templates.api["Outputs"]["ApiUrl"]["Value"]).endswith(".ApiEndpoint>")

"""Which HTTP APIs are deployed right now?

Read from moto's own records, in this process: its HTTP interface lacks GetAuthorizers and UpdateStage.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.apigatewayv2.models import apigatewayv2_backends

from local_cloud.context import ACCOUNT, REGION
from local_cloud.front_door.cors import Cors
from local_cloud.front_door.routes import Match, RouteTable
from local_cloud.front_door.throttle import Throttle

TIMEOUT_LIMIT_MS = 30_000
#: An account's default quota per Region, which fills in for what a stage leaves open.
ACCOUNT_THROTTLE = Throttle(rate=10_000, burst=5_000)
DEFAULT_STAGE = "$default"

_IDENTITY_SOURCE = re.compile(r"\$request\.(header|querystring)\.(.+)")
_FUNCTION_ARN = re.compile(r"arn:aws:lambda:[^:/]+:\d+:function:[^/]+")


class UnsupportedApi(ValueError):
    """The API uses something that this front door does not do; it answers 500 and says why in the log."""


@dataclass(frozen=True, slots=True)
class JwtAuthorizer:
    """Whose tokens are good.

    Attributes:
        issuer: The ``iss`` claim, and where the discovery document lives.
        audience: One of these must be in ``aud`` (or, without it, be ``client_id``).
        source: Where the token is: ``header`` or ``querystring``, and its name.

    """

    issuer: str
    audience: tuple[str, ...]
    source: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Route:
    """What happens to requests of one route key.

    Attributes:
        function: ARN of the function, with its alias or version if the integration names one.
        timeout_seconds: How long the client waits for it.
        authorization: ``NONE``, ``AWS_IAM`` or ``JWT``.
        scopes: The token needs one of these, if there are any.

    """

    key: str
    function: str
    timeout_seconds: float
    authorization: str
    authorizer: JwtAuthorizer | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Where a stage's access log goes, and the line's format with its ``$context`` variables."""

    group: str
    format: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; ``$default`` is served without a prefix.

    Attributes:
        throttles: By route key; the stage's own under ``""``.

    """

    name: str
    variables: Mapping[str, str]
    throttles: Mapping[str, Throttle]
    access_log: AccessLog | None


@dataclass(frozen=True, slots=True)
class Api:
    """One HTTP API."""

    id: str
    routes: Mapping[str, Route]
    table: RouteTable
    stages: Mapping[str, Stage]
    cors: Cors | None

    def stage_of(self, path: str) -> tuple[Stage, str] | None:
        """The stage that a path belongs to, and the path that is left for the routes."""
        first, _, rest = path.removeprefix("/").partition("/")
        if first != DEFAULT_STAGE and first in self.stages:
            return self.stages[first], f"/{rest}"
        stage = self.stages.get(DEFAULT_STAGE)
        return (stage, path) if stage else None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a request goes.

    Attributes:
        path: Without the stage's prefix.

    """

    api: Api
    stage: Stage
    path: str
    match: Match

    @property
    def route(self) -> Route:
        """The matched route."""
        return self.api.routes[self.match.route_key]


class Deployments:
    """The deployed APIs, read again when moto's records changed."""

    def __init__(self) -> None:
        self._seen = ""
        self._apis: dict[str, Api] = {}

    def read(self) -> dict[str, Api]:
        """The HTTP APIs by id, oldest first.

        Raises:
            UnsupportedApi: One of them uses what this front door does not do.

        """
        records = [_record(api) for api in list(apigatewayv2_backends[ACCOUNT][REGION].apis.values())]
        seen = json.dumps(records)  # text, because moto may change its objects in place
        if seen != self._seen:
            self._apis = {record["apiId"]: _api(record) for record in records if record["protocolType"] == "HTTP"}
            self._seen = seen
        return self._apis


def _record(api: Any) -> dict[str, Any]:
    """One API and its parts as the JSON of the API's operations."""
    parts = {name: getattr(api, name) for name in ("routes", "integrations", "authorizers", "stages")}
    return {
        "apiId": api.api_id,
        "protocolType": api.protocol_type,
        "cors": api.cors_configuration,
        **{name: {key: part.to_json() for key, part in list(of.items())} for name, of in parts.items()},
    }


def _api(record: Mapping[str, Any]) -> Api:
    routes = {route["routeKey"]: _route(record, route) for route in record["routes"].values()}
    return Api(
        id=record["apiId"],
        routes=routes,
        table=RouteTable(routes),
        stages={name: _stage(stage) for name, stage in record["stages"].items()},
        cors=Cors.read(record["cors"]) if record["cors"] else None,
    )


def _route(record: Mapping[str, Any], route: Mapping[str, Any]) -> Route:
    name = f"route {route['routeKey']} of API {record['apiId']}"
    integration = record["integrations"].get(str(route["target"]).removeprefix("integrations/"))
    if integration is None or integration["integrationType"] != "AWS_PROXY":
        raise UnsupportedApi(f"{name}: its integration is not a Lambda proxy")
    if integration["payloadFormatVersion"] != "2.0":
        raise UnsupportedApi(f"{name}: payload format {integration['payloadFormatVersion']} is not 2.0")
    found = _FUNCTION_ARN.search(integration["integrationUri"] or "")
    if found is None:
        raise UnsupportedApi(f"{name}: no function in {integration['integrationUri']!r}")
    authorization = route["authorizationType"] or "NONE"
    if authorization not in {"NONE", "AWS_IAM", "JWT"}:
        raise UnsupportedApi(f"{name}: authorization {authorization} is not NONE, AWS_IAM or JWT")
    return Route(
        key=route["routeKey"],
        function=found[0],
        timeout_seconds=min(int(integration["timeoutInMillis"]), TIMEOUT_LIMIT_MS) / 1000,
        authorization=authorization,
        authorizer=_authorizer(record["authorizers"][route["authorizerId"]]) if authorization == "JWT" else None,
        scopes=tuple(route["authorizationScopes"] or ()),
    )


def _authorizer(authorizer: Mapping[str, Any]) -> JwtAuthorizer:
    [source] = authorizer["identitySource"]
    found = _IDENTITY_SOURCE.fullmatch(source)
    if found is None:
        raise UnsupportedApi(f"authorizer {authorizer['name']}: identity source {source!r}")
    configuration = authorizer["jwtConfiguration"]
    return JwtAuthorizer(
        issuer=configuration["issuer"],
        audience=tuple(configuration["audience"]),
        source=(found[1], found[2].lower() if found[1] == "header" else found[2]),
    )


def _stage(stage: Mapping[str, Any]) -> Stage:
    settings = {"": stage["defaultRouteSettings"] or {}, **(stage["routeSettings"] or {})}
    log = stage.get("accessLogSettings")
    return Stage(
        name=stage["stageName"],
        variables=stage["stageVariables"] or {},
        throttles={
            key: Throttle(
                rate=float(one.get("throttlingRateLimit", ACCOUNT_THROTTLE.rate)),
                burst=int(one.get("throttlingBurstLimit", ACCOUNT_THROTTLE.burst)),
            )
            for key, one in settings.items()
            if "throttlingRateLimit" in one or "throttlingBurstLimit" in one
        },
        access_log=AccessLog(_log_group(log["destinationArn"]), log["format"]) if log else None,
    )


def _log_group(arn: str) -> str:
    return arn.partition(":log-group:")[2].removesuffix(":*")

"""How are Lambda functions and what hangs on them made?"""

import io
import zipfile
from typing import Any

from local_cloud.cloudformation.resource import Live, Request, resource

_CODE = ("Code", "Architectures")
_OWN_CALLS = ("ReservedConcurrentExecutions",)


@resource(
    "AWS::Lambda::Function",
    name="FunctionName",
    name_limit=64,
    replaced_by="PackageType TenancyConfig",
    ignored={
        "RecursiveLoop": "nothing watches for loops here",
        "RuntimeManagementConfig": "functions run in the project's own Python",
        "SnapStart": "workers start from nothing here: there is no snapshot of a process",
    },
)
class Function:
    """A function."""

    def create(self, request: Request) -> Live:
        """CreateFunction."""
        properties = {**request.without("Code", *_OWN_CALLS), "FunctionName": request.name, "Code": _code(request)}
        answer = request.call("lambda", "create_function", properties)
        live = Live(request.name, {"Arn": answer["FunctionArn"]})
        request.made(live)
        self._reserve(request)
        return live

    def update(self, request: Request) -> Live:
        """UpdateFunctionCode, UpdateFunctionConfiguration."""
        name = {"FunctionName": request.name}
        if request.changed(*_CODE):
            code = {**_code(request), **request.only("Architectures")}
            request.call("lambda", "update_function_code", {**name, **code})
        configuration = {**request.without(*_CODE, *_OWN_CALLS), **name}
        emptied = {key: empty for key, empty in _EMPTY.items() if key in request.previous}
        operation = "update_function_configuration"
        request.call("lambda", operation, {**emptied, **configuration}, create_only="create_function")
        self._reserve(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteFunction."""
        request.call("lambda", "delete_function", {"FunctionName": request.name})

    @staticmethod
    def _reserve(request: Request) -> None:
        name = {"FunctionName": request.name}
        if request.changed(*_OWN_CALLS):
            if reserved := request.only(*_OWN_CALLS):
                request.call("lambda", "put_function_concurrency", {**name, **reserved})
            else:
                request.call("lambda", "delete_function_concurrency", name)


# What a property that is gone from the template goes back to.
_EMPTY: dict[str, Any] = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {"Variables": {}},
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}


@resource(
    "AWS::Lambda::Version",
    replaced_by="FunctionName Description CodeSha256 ProvisionedConcurrencyConfig RuntimePolicy",
    ignored={
        "ProvisionedConcurrencyConfig": "workers stay warm here anyway",
        "RuntimePolicy": "functions run in the project's own Python",
    },
)
class Version:
    """A version; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """PublishVersion."""
        answer = request.call("lambda", "publish_version", request.properties)
        arn, version = answer["FunctionArn"], answer["Version"]
        if not arn.endswith(f":{version}"):
            arn = f"{arn}:{version}"
        return Live(arn, {"FunctionArn": arn, "Version": version})

    def update(self, request: Request) -> Live:
        """Nothing can change."""
        return request.existing

    def delete(self, request: Request) -> None:
        """Kept until its function goes: moto gives a deleted version's number to the next one published."""


@resource(
    "AWS::Lambda::Alias",
    name="Name",
    replaced_by="FunctionName",
    ignored={"ProvisionedConcurrencyConfig": "workers stay warm here anyway"},
)
class Alias:
    """A name for a version; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """CreateAlias."""
        arn = request.call("lambda", "create_alias", _alias(request))["AliasArn"]
        return Live(arn, {"AliasArn": arn})

    def update(self, request: Request) -> Live:
        """UpdateAlias."""
        request.call("lambda", "update_alias", _alias(request))
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteAlias."""
        request.call("lambda", "delete_alias", {**request.only("FunctionName"), "Name": request.name})


@resource(
    "AWS::Lambda::Permission",
    name_limit=100,
    replaced_by=(
        "FunctionName FunctionUrlAuthType InvokedViaFunctionUrl SourceAccount SourceArn Principal "
        "PrincipalOrgID Action EventSourceToken"
    ),
)
class Permission:
    """Who may call a function; ``Ref`` is the statement's id."""

    def create(self, request: Request) -> Live:
        """AddPermission."""
        statement = {**request.properties, "StatementId": request.name}
        request.call("lambda", "add_permission", statement)
        return Live(request.name, {"Id": request.name})

    def update(self, request: Request) -> Live:
        """Nothing can change."""
        return request.existing

    def delete(self, request: Request) -> None:
        """RemovePermission."""
        statement = {**request.only("FunctionName"), "StatementId": request.name}
        request.call("lambda", "remove_permission", statement)


@resource(
    "AWS::Lambda::LayerVersion",
    name="LayerName",
    name_limit=140,
    replaced_by="CompatibleRuntimes LicenseInfo CompatibleArchitectures Description Content",
)
class LayerVersion:
    """A version of a layer; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """PublishLayerVersion."""
        arn = request.call("lambda", "publish_layer_version", request.named)["LayerVersionArn"]
        return Live(arn, {"LayerVersionArn": arn})

    def update(self, request: Request) -> Live:
        """Nothing can change."""
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteLayerVersion."""
        layer, version = request.physical_id.rsplit(":", 1)
        name = {"LayerName": layer.rsplit(":", 1)[-1], "VersionNumber": version}
        request.call("lambda", "delete_layer_version", name)


@resource(
    "AWS::Lambda::EventSourceMapping",
    replaced_by="EventSourceArn StartingPosition StartingPositionTimestamp SelfManagedEventSource",
)
class EventSourceMapping:
    """Which queue or stream a function is fed from; ``Ref`` is its UUID."""

    def create(self, request: Request) -> Live:
        """CreateEventSourceMapping."""
        uuid = request.call("lambda", "create_event_source_mapping", request.properties)["UUID"]
        return Live(uuid, {"Id": uuid})

    def update(self, request: Request) -> Live:
        """UpdateEventSourceMapping."""
        change = {**request.properties, "UUID": request.physical_id}
        create = "create_event_source_mapping"
        request.call("lambda", "update_event_source_mapping", change, create_only=create)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteEventSourceMapping."""
        request.call("lambda", "delete_event_source_mapping", {"UUID": request.physical_id})


@resource("AWS::Lambda::EventInvokeConfig", replaced_by="FunctionName Qualifier")
class EventInvokeConfig:
    """How asynchronous calls of a function are retried."""

    def create(self, request: Request) -> Live:
        """PutFunctionEventInvokeConfig."""
        request.call("lambda", "put_function_event_invoke_config", request.properties)
        return Live(request.name)

    def update(self, request: Request) -> Live:
        """PutFunctionEventInvokeConfig, over the old one."""
        request.call("lambda", "put_function_event_invoke_config", request.properties)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteFunctionEventInvokeConfig."""
        key = request.only("FunctionName", "Qualifier")
        request.call("lambda", "delete_function_event_invoke_config", key)


def _code(request: Request) -> dict[str, Any]:
    """The code as the API takes it: CloudFormation makes an archive of code written into the template."""
    code: dict[str, Any] = dict(request.properties["Code"])
    if "ZipFile" in code:
        suffix = "py" if str(request.properties.get("Runtime", "")).startswith("python") else "js"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(zipfile.ZipInfo(f"index.{suffix}"), code["ZipFile"])
        code["ZipFile"] = archive.getvalue()
    return code


def _alias(request: Request) -> dict[str, Any]:
    """The alias as the API takes it: weights by version."""
    alias = {**request.properties, "Name": request.name}
    if "RoutingConfig" in alias:
        weights = alias["RoutingConfig"].get("AdditionalVersionWeights", [])
        by_version = {each["FunctionVersion"]: each["FunctionWeight"] for each in weights}
        alias["RoutingConfig"] = {"AdditionalVersionWeights": by_version}
    return alias

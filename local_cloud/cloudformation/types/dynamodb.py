"""How are tables made, global ones (CDK's TableV2) included?"""

from collections.abc import Mapping
from typing import Any

from local_cloud.cloudformation.calls import UnknownProperty
from local_cloud.cloudformation.resource import Live, Request, resource
from local_cloud.context import REGION

_RECOVERY = "PointInTimeRecoverySpecification"
_AFTERWARDS = ("TimeToLiveSpecification", _RECOVERY, "ContributorInsightsSpecification")
_REPLICA = ("DeletionProtectionEnabled", "TableClass", "Tags", "ResourcePolicy")
_CHANGEABLE = (
    "BillingMode",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
)


@resource(
    "AWS::DynamoDB::Table",
    name="TableName",
    name_limit=255,
    replaced_by="KeySchema LocalSecondaryIndexes ImportSourceSpecification",
)
class Table:
    """A table with its time to live and point in time recovery."""

    def create(self, request: Request) -> Live:
        """CreateTable, UpdateTimeToLive, UpdateContinuousBackups."""
        wanted = self.wanted(request.properties)
        table = {key: value for key, value in wanted.items() if key not in _AFTERWARDS}
        answer = request.call("dynamodb", "create_table", {**table, "TableName": request.name})
        live = _live(answer["TableDescription"])
        request.made(live)
        self._set_afterwards(request, wanted, {})
        return live

    def update(self, request: Request) -> Live:
        """UpdateTable, one index at a time as AWS wants it, UpdateTimeToLive, UpdateContinuousBackups."""
        wanted, before = self.wanted(request.properties), self.wanted(request.previous)
        table = {"TableName": request.name, "AttributeDefinitions": wanted["AttributeDefinitions"]}
        change = {key: wanted[key] for key in _CHANGEABLE if key in wanted and wanted[key] != before.get(key)}
        if change:
            request.call("dynamodb", "update_table", {"TableName": request.name, **change})
        for index in _index_updates(before, wanted):
            request.call("dynamodb", "update_table", {**table, "GlobalSecondaryIndexUpdates": [index]})
        self._set_afterwards(request, wanted, before)
        described = request.call("dynamodb", "describe_table", {"TableName": request.name})
        return _live(described["Table"])

    def delete(self, request: Request) -> None:
        """DeleteTable, which refuses a table under deletion protection."""
        request.call("dynamodb", "delete_table", {"TableName": request.name})

    def wanted(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as the API calls them."""
        result = dict(properties)
        if "SSESpecification" in result:
            result["SSESpecification"] = _encryption(result["SSESpecification"])
        if "StreamSpecification" in result:
            result["StreamSpecification"] = {**result["StreamSpecification"], "StreamEnabled": True}
        return result

    @staticmethod
    def _set_afterwards(request: Request, wanted: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        table = {"TableName": request.name}
        expiry, backups, insights = (wanted.get(name) != before.get(name) for name in _AFTERWARDS)
        if expiry and (setting := _expiry(wanted, before)):
            request.call("dynamodb", "update_time_to_live", {**table, "TimeToLiveSpecification": setting})
        if backups:
            setting = wanted.get(_RECOVERY) or {"PointInTimeRecoveryEnabled": False}
            request.call("dynamodb", "update_continuous_backups", {**table, _RECOVERY: setting})
        if insights and wanted.get("ContributorInsightsSpecification", {}).get("Enabled"):
            raise UnknownProperty("moto has no contributor insights: leave ContributorInsightsSpecification out")


@resource(
    "AWS::DynamoDB::GlobalTable",
    name="TableName",
    name_limit=255,
    replaced_by="KeySchema LocalSecondaryIndexes GlobalTableSourceArn",
)
class GlobalTable(Table):
    """A table whose replicas hold part of its settings; there is one region here, so one replica."""

    def wanted(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties as the API calls them, the replica's taken up."""
        result = super().wanted(properties)
        (replica,) = result.pop("Replicas", [{}]) or [{}]
        if replica.get("Region", REGION) != REGION:
            raise UnknownProperty(f"the local cloud has no region {replica['Region']}, only {REGION}")
        for name in (*_REPLICA, _RECOVERY, "ContributorInsightsSpecification"):
            if name in replica:
                result[name] = replica[name]
        if key := replica.get("SSESpecification", {}).get("KMSMasterKeyId"):
            result["SSESpecification"] = {**result.get("SSESpecification", {}), "KMSMasterKeyId": key}
        if "WriteOnDemandThroughputSettings" in result or "ReadOnDemandThroughputSettings" in replica:
            written = result.pop("WriteOnDemandThroughputSettings", {})
            read = replica.get("ReadOnDemandThroughputSettings", {})
            result["OnDemandThroughput"] = {**written, **read}
        return result


def _live(table: Mapping[str, Any]) -> Live:
    attributes = {"Arn": table["TableArn"], "TableId": table.get("TableId"), "TableName": table["TableName"]}
    stream = table.get("LatestStreamArn")
    return Live(table["TableName"], {**attributes, **({"StreamArn": stream} if stream else {})})


def _encryption(specification: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(specification)
    result["Enabled"] = result.pop("SSEEnabled", False)
    return result


def _expiry(wanted: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any] | None:
    """The time to live to set; one that is gone from the template is switched off."""
    name = "TimeToLiveSpecification"
    if name in wanted:
        return {"Enabled": True, **wanted[name]}
    return {**before[name], "Enabled": False} if name in before else None


def _index_updates(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    old = {index["IndexName"]: index for index in before.get("GlobalSecondaryIndexes", [])}
    new = {index["IndexName"]: index for index in wanted.get("GlobalSecondaryIndexes", [])}
    gone = [name for name in old if name not in new or new[name] != old[name]]
    made = [index for name, index in new.items() if index != old.get(name)]
    return [{"Delete": {"IndexName": name}} for name in gone] + [{"Create": index} for index in made]

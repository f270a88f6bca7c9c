"""How are roles and policies made?"""

from collections.abc import Mapping
from typing import Any

from local_cloud.cloudformation.resource import Live, Request, resource

_HOLDERS = (("Roles", "role", "RoleName"), ("Users", "user", "UserName"), ("Groups", "group", "GroupName"))
_MOST_VERSIONS = 5  # of a managed policy; AWS refuses a sixth


@resource("AWS::IAM::Role", name="RoleName", name_limit=64, replaced_by="Path")
class Role:
    """A role with its inline and managed policies."""

    def create(self, request: Request) -> Live:
        """CreateRole, AttachRolePolicy, PutRolePolicy."""
        properties = {**request.without("ManagedPolicyArns", "Policies"), "RoleName": request.name}
        role = request.call("iam", "create_role", properties)["Role"]
        live = Live(request.name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})
        request.made(live)
        self._attach(request)
        self._put_inline(request)
        return live

    def update(self, request: Request) -> Live:
        """The trust policy, the policies, and the rest."""
        role = {"RoleName": request.name}
        if request.changed("AssumeRolePolicyDocument"):
            document = {"PolicyDocument": request.properties["AssumeRolePolicyDocument"]}
            request.call("iam", "update_assume_role_policy", {**role, **document})
        request.call("iam", "update_role", {**role, **request.only("Description", "MaxSessionDuration")})
        self._attach(request)
        self._put_inline(request)
        self._limit(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteRole, once nothing hangs on it any more."""
        role = {"RoleName": request.name}
        for arn in _arns(request.properties):
            request.call("iam", "detach_role_policy", {**role, "PolicyArn": arn})
        for name in _inline(request.properties):
            request.call("iam", "delete_role_policy", {**role, "PolicyName": name})
        request.call("iam", "delete_role", role)

    @staticmethod
    def _attach(request: Request) -> None:
        before, after, role = _arns(request.previous), _arns(request.properties), {"RoleName": request.name}
        for arn in sorted(before - after):
            request.call("iam", "detach_role_policy", {**role, "PolicyArn": arn})
        for arn in sorted(after - before):
            request.call("iam", "attach_role_policy", {**role, "PolicyArn": arn})

    @staticmethod
    def _put_inline(request: Request) -> None:
        before, after, role = _inline(request.previous), _inline(request.properties), {"RoleName": request.name}
        for name in sorted(before.keys() - after.keys()):
            request.call("iam", "delete_role_policy", {**role, "PolicyName": name})
        for name, document in after.items():
            request.call("iam", "put_role_policy", {**role, "PolicyName": name, "PolicyDocument": document})

    @staticmethod
    def _limit(request: Request) -> None:
        role, boundary = {"RoleName": request.name}, request.properties.get("PermissionsBoundary")
        if request.changed("PermissionsBoundary") and boundary:
            request.call("iam", "put_role_permissions_boundary", {**role, "PermissionsBoundary": boundary})
        elif request.changed("PermissionsBoundary"):
            request.call("iam", "delete_role_permissions_boundary", role)


@resource("AWS::IAM::Policy", replaced_by="")
class Policy:
    """The same inline policy on several roles, users and groups; ``Ref`` is its name."""

    def create(self, request: Request) -> Live:
        """PutRolePolicy and its like."""
        request.expect("PolicyName", "PolicyDocument", *(plural for plural, _, _ in _HOLDERS))
        for kind, key, holder in _holders(request.properties):
            policy = {key: holder, **request.only("PolicyName", "PolicyDocument")}
            request.call("iam", f"put_{kind}_policy", policy)
        return Live(request.properties["PolicyName"], {"Id": request.properties["PolicyName"]})

    def update(self, request: Request) -> Live:
        """Put again; holders no longer named lose it, as do all of them its old name."""
        kept = set() if request.changed("PolicyName") else set(_holders(request.properties))
        self._remove(request, set(_holders(request.previous)) - kept, request.previous["PolicyName"])
        return Live(self.create(request).physical_id, request.existing.attributes)

    def delete(self, request: Request) -> None:
        """DeleteRolePolicy and its like."""
        self._remove(request, set(_holders(request.properties)), request.physical_id)

    @staticmethod
    def _remove(request: Request, holders: set[tuple[str, str, str]], name: str) -> None:
        for kind, key, holder in sorted(holders):
            request.call("iam", f"delete_{kind}_policy", {key: holder, "PolicyName": name})


@resource("AWS::IAM::ManagedPolicy", name="ManagedPolicyName", replaced_by="Description Path")
class ManagedPolicy:
    """A policy of its own; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """CreatePolicy, AttachRolePolicy and its like."""
        plurals = [plural for plural, _, _ in _HOLDERS]
        properties = {**request.without("ManagedPolicyName", *plurals), "PolicyName": request.name}
        arn = request.call("iam", "create_policy", properties)["Policy"]["Arn"]
        live = Live(arn, {"PolicyArn": arn})
        request.made(live)
        self._attach(request, arn)
        return live

    def update(self, request: Request) -> Live:
        """CreatePolicyVersion; the oldest goes when there are as many as AWS allows."""
        arn = request.physical_id
        if request.changed("PolicyDocument"):
            versions = request.call("iam", "list_policy_versions", {"PolicyArn": arn})["Versions"]
            spare = [each["VersionId"] for each in versions if not each["IsDefaultVersion"]]
            if len(versions) >= _MOST_VERSIONS:
                oldest = min(spare, key=lambda version: int(version.lstrip("v")))
                request.call("iam", "delete_policy_version", {"PolicyArn": arn, "VersionId": oldest})
            version = {"PolicyArn": arn, "SetAsDefault": True, **request.only("PolicyDocument")}
            request.call("iam", "create_policy_version", version)
        self._attach(request, arn)
        return request.existing

    def delete(self, request: Request) -> None:
        """DetachRolePolicy and its like, DeletePolicy."""
        policy = {"PolicyArn": request.physical_id}
        for kind, key, holder in _holders(request.properties):
            request.call("iam", f"detach_{kind}_policy", {key: holder, **policy})
        for version in request.call("iam", "list_policy_versions", policy)["Versions"]:
            if not version["IsDefaultVersion"]:
                request.call("iam", "delete_policy_version", {**policy, "VersionId": version["VersionId"]})
        request.call("iam", "delete_policy", policy)

    @staticmethod
    def _attach(request: Request, arn: str) -> None:
        before, after = set(_holders(request.previous)), set(_holders(request.properties))
        for kind, key, holder in sorted(before - after):
            request.call("iam", f"detach_{kind}_policy", {key: holder, "PolicyArn": arn})
        for kind, key, holder in sorted(after - before):
            request.call("iam", f"attach_{kind}_policy", {key: holder, "PolicyArn": arn})


def _holders(properties: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(word in the API's operations, the holder's key, the holder's name) of each one named."""
    return [(kind, key, holder) for plural, kind, key in _HOLDERS for holder in properties.get(plural, [])]


def _arns(properties: Mapping[str, Any]) -> set[str]:
    return set(properties.get("ManagedPolicyArns", []))


def _inline(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {each["PolicyName"]: each["PolicyDocument"] for each in properties.get("Policies", [])}

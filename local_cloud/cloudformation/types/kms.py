"""How are KMS keys and aliases made?"""

from local_cloud.cloudformation.resource import Live, Request, resource

_FIXED = ("KeySpec", "KeyUsage", "MultiRegion", "Origin")
_OWN_CALLS = ("EnableKeyRotation", "RotationPeriodInDays", "Enabled", "PendingWindowInDays")


@resource("AWS::KMS::Key")
class Key:
    """A key; deleting it only schedules its end, as on AWS."""

    def create(self, request: Request) -> Live:
        """CreateKey and what has calls of its own."""
        properties = request.without(*_OWN_CALLS, "KeyPolicy")
        if "KeyPolicy" in request.properties:
            properties["Policy"] = request.properties["KeyPolicy"]
        key = request.call("kms", "create_key", properties)["KeyMetadata"]
        live = Live(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})
        request.made(live)
        self._switch(request, live.physical_id)
        return live

    def update(self, request: Request) -> Live:
        """Policy, description, rotation and whether it is enabled."""
        key_id = request.physical_id
        if request.changed(*_FIXED):
            raise ValueError(f"a key's {', '.join(_FIXED)} cannot change once it exists")
        if request.changed("KeyPolicy"):
            policy = {"KeyId": key_id, "PolicyName": "default", "Policy": request.properties["KeyPolicy"]}
            request.call("kms", "put_key_policy", policy)
        if request.changed("Description"):
            description = request.properties.get("Description", "")
            request.call("kms", "update_key_description", {"KeyId": key_id, "Description": description})
        self._switch(request, key_id)
        return request.existing

    def delete(self, request: Request) -> None:
        """ScheduleKeyDeletion."""
        window = request.properties.get("PendingWindowInDays", 30)
        request.call("kms", "schedule_key_deletion", {"KeyId": request.physical_id, "PendingWindowInDays": window})

    @staticmethod
    def _switch(request: Request, key_id: str) -> None:
        if request.changed("EnableKeyRotation", "RotationPeriodInDays"):
            if request.properties.get("EnableKeyRotation"):
                period = request.only("RotationPeriodInDays")
                request.call("kms", "enable_key_rotation", {"KeyId": key_id, **period})
            else:
                request.call("kms", "disable_key_rotation", {"KeyId": key_id})
        if request.changed("Enabled"):
            operation = "enable_key" if request.properties.get("Enabled", True) else "disable_key"
            request.call("kms", operation, {"KeyId": key_id})


@resource("AWS::KMS::Alias", name="AliasName")
class Alias:
    """A key's second name."""

    def create(self, request: Request) -> Live:
        """CreateAlias."""
        request.call("kms", "create_alias", {**request.without("TargetKeyId"), **self._target(request)})
        return Live(request.name)

    def update(self, request: Request) -> Live:
        """UpdateAlias."""
        request.call("kms", "update_alias", {"AliasName": request.name, **self._target(request)})
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteAlias."""
        request.call("kms", "delete_alias", {"AliasName": request.name})

    @staticmethod
    def _target(request: Request) -> dict[str, str]:
        """The key by its id: an ARN is allowed here but moto wants the id."""
        return {"TargetKeyId": str(request.properties["TargetKeyId"]).rsplit("/", 1)[-1]}

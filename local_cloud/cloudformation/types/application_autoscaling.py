"""How are scalable targets and scaling policies made?"""

from local_cloud.cloudformation.resource import Live, Request, resource

_TARGET = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_SERVICE = "application-autoscaling"


@resource("AWS::ApplicationAutoScaling::ScalableTarget", replaced_by="ResourceId ScalableDimension ServiceNamespace")
class ScalableTarget:
    """What scales, and between which bounds; ``Ref`` is RESOURCE|DIMENSION|NAMESPACE."""

    def create(self, request: Request) -> Live:
        """RegisterScalableTarget."""
        request.call(_SERVICE, "register_scalable_target", request.without("ScheduledActions"))
        target_id = "|".join(request.properties[name] for name in _TARGET)
        live = Live(target_id, {"Id": target_id})
        request.made(live)
        for action in request.properties.get("ScheduledActions", []):
            request.call(_SERVICE, "put_scheduled_action", {**request.only(*_TARGET), **action})
        return live

    def update(self, request: Request) -> Live:
        """RegisterScalableTarget over the old one; scheduled actions no longer named are deleted."""
        names = {each["ScheduledActionName"] for each in request.properties.get("ScheduledActions", [])}
        for action in request.previous.get("ScheduledActions", []):
            if action["ScheduledActionName"] not in names:
                gone = {**request.only(*_TARGET), "ScheduledActionName": action["ScheduledActionName"]}
                request.call(_SERVICE, "delete_scheduled_action", gone)
        return self.create(request)

    def delete(self, request: Request) -> None:
        """DeregisterScalableTarget."""
        request.call(_SERVICE, "deregister_scalable_target", request.only(*_TARGET))


@resource(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    name="PolicyName",
    name_limit=256,
    replaced_by="ServiceNamespace ResourceId ScalableDimension ScalingTargetId",
)
class ScalingPolicy:
    """When a target scales; ``Ref`` is its ARN."""

    def create(self, request: Request) -> Live:
        """PutScalingPolicy."""
        policy = {**request.without("ScalingTargetId"), **self._target(request), "PolicyName": request.name}
        arn = request.call(_SERVICE, "put_scaling_policy", policy)["PolicyARN"]
        return Live(arn, {"Arn": arn})

    def update(self, request: Request) -> Live:
        """PutScalingPolicy over the old one."""
        return self.create(request)

    def delete(self, request: Request) -> None:
        """DeleteScalingPolicy."""
        policy = {"PolicyName": request.name, **self._target(request)}
        request.call(_SERVICE, "delete_scaling_policy", policy)

    @staticmethod
    def _target(request: Request) -> dict[str, str]:
        if "ScalingTargetId" in request.properties:
            parts = request.properties["ScalingTargetId"].split("|")
            return dict(zip(_TARGET, parts, strict=True))
        return request.only(*_TARGET)

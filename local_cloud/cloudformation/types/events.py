"""How are event buses and rules made?"""

from local_cloud.cloudformation.resource import Live, Request, resource


@resource("AWS::Events::EventBus", name="Name", name_limit=256)
class EventBus:
    """A bus."""

    def create(self, request: Request) -> Live:
        """CreateEventBus."""
        arn = request.call("events", "create_event_bus", request.named)["EventBusArn"]
        return Live(request.name, {"Arn": arn, "Name": request.name})

    def update(self, request: Request) -> Live:
        """UpdateEventBus."""
        request.call("events", "update_event_bus", request.named, create_only="create_event_bus")
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteEventBus."""
        request.call("events", "delete_event_bus", {"Name": request.name})


@resource("AWS::Events::Rule", name="Name", name_limit=64, replaced_by="EventBusName")
class Rule:
    """Which events, or which times, call which targets."""

    def create(self, request: Request) -> Live:
        """PutRule, PutTargets."""
        rule = {**request.without("Targets"), "Name": request.name}
        arn = request.call("events", "put_rule", rule)["RuleArn"]
        bus = request.properties.get("EventBusName", "default")
        live = Live(request.name if bus == "default" else f"{bus}|{request.name}", {"Arn": arn})
        request.made(live)
        self._put_targets(request)
        return live

    def update(self, request: Request) -> Live:
        """PutRule over the old one; targets no longer named are removed."""
        rule = {**request.without("Targets", "Tags"), "Name": request.name}
        request.call("events", "put_rule", rule)
        self._remove_targets(request, self._ids(request.previous) - self._ids(request.properties))
        self._put_targets(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """RemoveTargets, DeleteRule."""
        self._remove_targets(request, self._ids(request.properties))
        request.call("events", "delete_rule", {"Name": request.name, **request.only("EventBusName")})

    @staticmethod
    def _ids(properties: dict[str, list[dict[str, str]]]) -> set[str]:
        return {target["Id"] for target in properties.get("Targets", [])}

    @staticmethod
    def _put_targets(request: Request) -> None:
        if request.properties.get("Targets"):
            targets = {"Rule": request.name, **request.only("Targets", "EventBusName")}
            request.call("events", "put_targets", targets)

    @staticmethod
    def _remove_targets(request: Request, ids: set[str]) -> None:
        if ids:
            targets = {"Rule": request.name, "Ids": sorted(ids), **request.only("EventBusName")}
            request.call("events", "remove_targets", targets)

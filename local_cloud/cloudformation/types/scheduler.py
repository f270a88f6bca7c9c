"""How are schedules and their groups made?"""

from collections.abc import Mapping
from typing import Any

from local_cloud.cloudformation.resource import Live, Request, resource


@resource("AWS::Scheduler::Schedule", name="Name", name_limit=64)
class Schedule:
    """A time, or times, at which something is called."""

    def create(self, request: Request) -> Live:
        """CreateSchedule."""
        arn = request.call("scheduler", "create_schedule", request.named)["ScheduleArn"]
        return Live(request.name, {"Arn": arn})

    def update(self, request: Request) -> Live:
        """UpdateSchedule; into another group it moves by being made anew."""
        if request.changed("GroupName"):
            self._delete(request, request.previous)
            return self.create(request)
        request.call("scheduler", "update_schedule", request.named)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteSchedule."""
        self._delete(request, request.properties)

    @staticmethod
    def _delete(request: Request, properties: Mapping[str, Any]) -> None:
        group = {key: properties[key] for key in ("GroupName",) if key in properties}
        request.call("scheduler", "delete_schedule", {"Name": request.name, **group})


@resource("AWS::Scheduler::ScheduleGroup", name="Name", name_limit=64)
class ScheduleGroup:
    """A group of schedules."""

    def create(self, request: Request) -> Live:
        """CreateScheduleGroup."""
        arn = request.call("scheduler", "create_schedule_group", request.named)["ScheduleGroupArn"]
        return Live(request.name, {"Arn": arn})

    def update(self, request: Request) -> Live:
        """Nothing but tags can change."""
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteScheduleGroup."""
        request.call("scheduler", "delete_schedule_group", {"Name": request.name})

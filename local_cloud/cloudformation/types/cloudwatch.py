"""How are alarms, composite alarms and dashboards made?"""

from local_cloud.cloudformation.put import Put
from local_cloud.cloudformation.resource import Live, Request, resource
from local_cloud.context import ACCOUNT, REGION


@resource("AWS::CloudWatch::Alarm", name="AlarmName", name_limit=255)
class Alarm:
    """An alarm on a metric."""

    def create(self, request: Request) -> Live:
        """PutMetricAlarm."""
        request.call("cloudwatch", "put_metric_alarm", request.named)
        return Live(request.name, {"Arn": _arn(request.name)})

    def update(self, request: Request) -> Live:
        """PutMetricAlarm, over the old one."""
        return self.create(request)

    def delete(self, request: Request) -> None:
        """DeleteAlarms."""
        request.call("cloudwatch", "delete_alarms", {"AlarmNames": [request.name]})


@resource("AWS::CloudWatch::CompositeAlarm", name="AlarmName", name_limit=255)
class CompositeAlarm(Alarm):
    """An alarm on other alarms."""

    def create(self, request: Request) -> Live:
        """PutCompositeAlarm."""
        request.call("cloudwatch", "put_composite_alarm", request.named)
        return Live(request.name, {"Arn": _arn(request.name)})


@resource("AWS::CloudWatch::Dashboard", name="DashboardName", name_limit=255)
class Dashboard(Put):
    """A dashboard."""

    service, put = "cloudwatch", "put_dashboard"

    def delete(self, request: Request) -> None:
        """DeleteDashboards."""
        request.call("cloudwatch", "delete_dashboards", {"DashboardNames": [request.name]})


def _arn(name: str) -> str:
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"

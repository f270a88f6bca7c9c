"""How are alarms, composite alarms and dashboards made?"""

from moto.cloudwatch.models import cloudwatch_backends

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
        """Put into moto's backend: it keeps composite alarms but has no PutCompositeAlarm."""
        actions = ("AlarmActions", "OKActions", "InsufficientDataActions")
        request.expect("AlarmName", "AlarmDescription", "AlarmRule", "ActionsEnabled", "Tags", *actions)
        wanted = request.properties
        cloudwatch_backends[ACCOUNT][REGION].put_metric_alarm(
            name=request.name,
            namespace=None,
            metric_name=None,
            comparison_operator=None,
            evaluation_periods=None,
            period=None,
            threshold=None,
            statistic=None,
            description=wanted.get("AlarmDescription"),
            dimensions=[],
            alarm_actions=wanted.get("AlarmActions", []),
            ok_actions=wanted.get("OKActions", []),
            insufficient_data_actions=wanted.get("InsufficientDataActions", []),
            actions_enabled=wanted.get("ActionsEnabled", True),
            rule=wanted["AlarmRule"],
        )
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

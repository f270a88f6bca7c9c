"""How are log groups, metric filters and the policies of log groups made?"""

from local_cloud.cloudformation.put import Put
from local_cloud.cloudformation.resource import Live, Request, resource
from local_cloud.context import ACCOUNT, REGION


@resource("AWS::Logs::LogGroup", name="LogGroupName", name_limit=512)
class LogGroup:
    """A log group and how long it keeps lines."""

    def create(self, request: Request) -> Live:
        """CreateLogGroup."""
        properties = {**request.without("RetentionInDays"), "LogGroupName": request.name}
        request.call("logs", "create_log_group", properties)
        live = Live(request.name, {"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{request.name}:*"})
        request.made(live)
        self._retain(request)
        return live

    def update(self, request: Request) -> Live:
        """The retention."""
        self._retain(request)
        return request.existing

    def delete(self, request: Request) -> None:
        """DeleteLogGroup."""
        request.call("logs", "delete_log_group", {"logGroupName": request.name})

    @staticmethod
    def _retain(request: Request) -> None:
        name = {"logGroupName": request.name}
        if request.changed("RetentionInDays"):
            if "RetentionInDays" in request.properties:
                request.call("logs", "put_retention_policy", {**name, **request.only("RetentionInDays")})
            else:
                request.call("logs", "delete_retention_policy", name)


@resource("AWS::Logs::MetricFilter", name="FilterName", name_limit=512, replaced_by="LogGroupName")
class MetricFilter(Put):
    """A metric made of log lines."""

    service, put, remove = "logs", "put_metric_filter", "delete_metric_filter"
    keys = ("FilterName", "LogGroupName")


@resource("AWS::Logs::ResourcePolicy", name="PolicyName")
class ResourcePolicy(Put):
    """Which services may write to log groups."""

    service, put, remove = "logs", "put_resource_policy", "delete_resource_policy"
    keys = ("PolicyName",)

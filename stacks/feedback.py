"""What joins labels and rewards to the variants that answered: the API for them, the index of predictions, a report."""

import json
from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from cdk.capture_queue import CaptureQueue
from cdk.deployable import Deployable
from cdk.function import ServiceFunction
from cdk.notification import Notifier
from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.alarm_name import unread_captures_alarm
from sluice.settings.deployment import Deployment
from sluice.settings.feedback import as_environment
from sluice.settings.functions import FeedbackEnvironment, FunctionEnvironment, IndexPredictionsEnvironment
from sluice.settings.sensitive import as_environment as sensitive_inputs
from stacks.api import Api
from stacks.state import State

_ANSWER_WITHIN = Duration.seconds(29)  # API Gateway gives up after 30 and tells the caller less
_INDEX_WITHIN = Duration.minutes(2)
_REPORT_WITHIN = Duration.minutes(5)


class Feedback(Deployable):
    """Three functions: only they write predictions and rewards."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        state: State,
        endpoints: Sequence[VariantEndpoint],
        api: Api,
    ) -> None:
        super().__init__(scope, construct_id, description="feedback")
        self._deployment = deployment
        self._state = state
        self._endpoints = {endpoint.model.name: endpoint.model.endpoint_name for endpoint in endpoints}
        self._rules = as_environment({name: model.joined_feedback for name, model in deployment.models.items()})
        self._take(api)
        self.captures = self._index()
        self._report()
        Notifier(self, "Notifier", settings=deployment.alarms).tell_of(self.captures.dead_letters.alarm)
        CfnOutput(self, "CaptureQueueUrl", value=self.captures.queue.queue_url)
        CfnOutput(self, "UnreadCapturesUrl", value=self.captures.dead_letters.queue.queue_url)

    def _take(self, api: Api) -> None:
        environment = FeedbackEnvironment(table=self._state.table.name, rules=self._rules)
        function = self._function("Feedback", "feedback", environment, _ANSWER_WITHIN)
        post = [apigateway.HttpMethod.POST]
        api.front.lead("/v1/feedback", post, target=function.publish(), authorizer=api.front.authorizer)
        self._state.table.grant_feedback(function.role)

    def _index(self) -> CaptureQueue:
        captures = CaptureQueue(
            self,
            "Captures",
            data=self._state.data,
            endpoints=self._endpoints.values(),
            alarm_name=unread_captures_alarm(self._deployment.name),
            lost="Captured predictions could not be taken in: feedback for them is not counted. See docs/feedback.md.",
            handled_within=_INDEX_WITHIN,
        )
        environment = IndexPredictionsEnvironment(
            table=self._state.table.name,
            rules=self._rules,
            endpoints=",".join(f"{model}={endpoint}" for model, endpoint in self._endpoints.items()),
            sensitive=sensitive_inputs(self._deployment.sensitive),
            slices=json.dumps(self._deployment.labelled_slices),
            dead_letters=captures.dead_letters.queue.queue_url,
        )
        function = self._function("IndexPredictions", "index_predictions", environment, _INDEX_WITHIN)
        captures.feed(function)
        for model, endpoint in self._endpoints.items():
            self._state.data.grant_get_captures(function.role, endpoint)
            if model in self._deployment.sensitive:
                self._state.data.grant_redact_captures(function.role, endpoint)
        self._state.table.grant_indexing(function.role)
        if self._deployment.labelled_slices:  # by what their references know of slices
            self._state.table.grant_get(function.role)
        return captures

    def _report(self) -> None:
        environment = FeedbackEnvironment(table=self._state.table.name, rules=self._rules)
        function = self._function("ReportUnmatched", "report_unmatched_feedback", environment, _REPORT_WITHIN)
        hourly = events.Schedule.rate(Duration.hours(1))
        events.Rule(self, "Hourly", schedule=hourly, targets=[targets.LambdaFunction(function.function)])
        self._state.table.grant_sweeping(function.role)

    def _function(
        self, construct_id: str, module: str, environment: FunctionEnvironment, timeout: Duration
    ) -> ServiceFunction:
        return ServiceFunction(
            self,
            construct_id,
            handler=f"lambdas.{module}.handler",
            environment=environment.to_environment(),
            timeout=timeout,
            log_days=self._deployment.logs.retention_days,
        )

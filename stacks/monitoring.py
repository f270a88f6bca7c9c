"""What watches whether the models are still asked what they were trained on: counts of captures, and looks at them."""

from collections.abc import Iterable, Sequence

from aws_cdk import CfnOutput, Duration
from constructs import Construct

from cdk.backfill import Backfill
from cdk.capture_queue import CaptureQueue
from cdk.deployable import Deployable
from cdk.drift_judge import DriftJudge
from cdk.drift_references import DriftReferences
from cdk.function import NumpyFunction
from cdk.notification import Notifier
from cdk.variant_endpoint import VariantEndpoint
from sluice.domain.alarm_name import uncounted_captures_alarm
from sluice.settings.deployment import Deployment
from sluice.settings.functions import JudgeDriftEnvironment, SummariseEnvironment
from sluice.settings.monitoring import as_environment
from sluice.settings.sensitive import as_environment as sensitive_inputs
from stacks.state import State

_COUNT_WITHIN = Duration.minutes(5)


class Monitoring(Deployable):
    """Two functions, of the models that are watched: one counts, the other judges what was counted."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        state: State,
        endpoints: Sequence[VariantEndpoint],
    ) -> None:
        super().__init__(scope, construct_id, description="drift")
        self._deployment = deployment
        self._state = state
        self._models = [endpoint.model for endpoint in endpoints if endpoint.model.settings.is_watched]
        self._watching = as_environment(deployment.watched)
        self._sensitive = sensitive_inputs(deployment.sensitive)
        self.captures = self._count()
        self.judge = self._judge()
        self._declare_references()
        notifier = Notifier(self, "Notifier", settings=deployment.alarms)
        notifier.tell_of(*self.judge.alarms, self.captures.dead_letters.alarm)
        CfnOutput(self, "JudgeDriftFunctionName", value=self.judge.function.function_name)
        CfnOutput(self, "UncountedCapturesUrl", value=self.captures.dead_letters.queue.queue_url)

    def _count(self) -> CaptureQueue:
        endpoints = {model.name: model.endpoint_name for model in self._models}
        captures = CaptureQueue(
            self,
            "Captures",
            data=self._state.data,
            endpoints=endpoints.values(),
            alarm_name=uncounted_captures_alarm(self._deployment.name),
            lost="Captured requests were not counted, or a look for drift failed: drift may go unseen. See "
            "docs/monitoring.md.",
            handled_within=_COUNT_WITHIN,
        )
        environment = SummariseEnvironment(
            table=self._state.table.name,
            watching=self._watching,
            sensitive=self._sensitive,
            endpoints=",".join(f"{model}={endpoint}" for model, endpoint in endpoints.items()),
            dead_letters=captures.dead_letters.queue.queue_url,
        )
        function = NumpyFunction(
            self,
            "Summarise",
            handler="lambdas.summarise.handler",
            environment=environment.to_environment(),
            timeout=_COUNT_WITHIN,
            log_days=self._deployment.logs.retention_days,
            memory_mb=1024,
        )
        captures.feed(function)
        for model in self._models:
            self._state.data.grant_get_captures(function.role, model.endpoint_name)
            if model.settings.capture.sensitive:
                self._state.data.grant_redact_captures(function.role, model.endpoint_name)
        self._state.table.grant_records(function.role)
        self._count_again(function, endpoints.values())
        return captures

    def _count_again(self, function: NumpyFunction, endpoints: Iterable[str]) -> None:
        """What was captured before it could be counted."""
        name, data = f"{self._deployment.name}-backfill", self._state.data
        machine = Backfill(self, "Backfill", name=name, data=data, endpoints=endpoints, function=function.function)
        CfnOutput(self, "BackfillStateMachineArn", value=machine.arn)

    def _judge(self) -> DriftJudge:
        judge = DriftJudge(
            self,
            "Drift",
            models=self._models,
            environment=JudgeDriftEnvironment(
                table=self._state.table.name, watching=self._watching, sensitive=self._sensitive
            ),
            lost=self.captures.dead_letters.queue,
            log_days=self._deployment.logs.retention_days,
        )
        self._state.table.grant_records(judge.role)
        self._state.table.grant_folding(judge.role)
        return judge

    def _declare_references(self) -> None:
        """Nothing where no version has one."""
        models = [m for m in self._models if any(artifact.reference for artifact in m.artifacts.values())]
        if models:
            DriftReferences(
                self,
                "References",
                models=models,
                table=self._state.table,
                sensitive=self._sensitive,
                log_days=self._deployment.logs.retention_days,
            )

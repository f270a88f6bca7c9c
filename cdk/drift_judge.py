"""How is drift looked for, and who hears of it? A function by schedule, and an alarm a model."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.function import NumpyFunction
from cdk.served_model import ServedModel
from cdk.variant_metrics import model_metric
from sluice.domain.alarm_name import drift_alarm, quality_alarm, volume_alarm
from sluice.settings.functions import JudgeDriftEnvironment
from sluice.telemetry import Metric

_TIMEOUT = Duration.minutes(2)
_PATIENCE = Duration.hours(1)


class DriftJudge(Construct):
    """The function that looks for drift, its schedules and its alarms."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        models: Sequence[ServedModel],
        environment: JudgeDriftEnvironment,
        lost: sqs.IQueue,
        log_days: int,
    ) -> None:
        """``lost``: where looks go that failed again and again."""
        super().__init__(scope, construct_id)
        service = NumpyFunction(
            self,
            "JudgeDrift",
            handler="lambdas.judge_drift.handler",
            environment=environment.to_environment(),
            timeout=_TIMEOUT,
            log_days=log_days,
            memory_mb=1024,
        )
        self.function, self.role = service.function, service.role
        self.function.configure_async_invoke(
            retry_attempts=2, max_event_age=_PATIENCE, on_failure=destinations.SqsDestination(lost)
        )
        self._allow_telling()
        self._allow_reading_metrics()
        for model in models:
            self._schedule(model, lost)
        self.alarms = [alarm for model in models for alarm in self._alarms(model)]

    def _allow_telling(self) -> None:
        """Events with our own source, on the default bus."""
        bus = f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default"
        ours = {"StringEquals": {"events:source": "sluice"}}
        self.role.add_to_policy(iam.PolicyStatement(actions=["events:PutEvents"], resources=[bus], conditions=ours))

    def _allow_reading_metrics(self) -> None:
        """How often a model is asked; metrics have no resources to name."""
        self.role.add_to_policy(iam.PolicyStatement(actions=["cloudwatch:GetMetricData"], resources=["*"]))

    def _schedule(self, model: ServedModel, lost: sqs.IQueue) -> None:
        target = targets.LambdaFunction(
            self.function,
            event=events.RuleTargetInput.from_object({"model": model.name}),
            dead_letter_queue=lost,
            retry_attempts=3,
            max_event_age=_PATIENCE,
        )
        every = Duration.minutes(model.settings.monitoring.every_minutes)
        events.Rule(self, f"{model.name}-schedule", schedule=events.Schedule.rate(every), targets=[target])

    def _alarms(self, model: ServedModel) -> list[cloudwatch.Alarm]:
        return [self._drift_alarm(model), self._quality_alarm(model), self._volume_alarm(model)]

    def _drift_alarm(self, model: ServedModel) -> cloudwatch.Alarm:
        return self._alarm(
            model,
            drift_alarm(model.endpoint_name),
            Metric.DRIFTED_FEATURES,
            f"What {model.name} is asked is no longer what its champion was trained on: `sluice "
            "drift status` says how. Missing data neither begins nor ends a drift: without a look the alarm stays as "
            "it was. See docs/monitoring.md.",
            cloudwatch.TreatMissingData.IGNORE,
        )

    def _quality_alarm(self, model: ServedModel) -> cloudwatch.Alarm:
        return self._alarm(
            model,
            quality_alarm(model.endpoint_name),
            Metric.QUALITY_LOST,
            f"Labels say that the champion of {model.name} is wrong more often than at training, in all rows or "
            "in a slice: `sluice drift status` says how much. Without enough labels nothing is measured: that is "
            "neither a loss nor health, and the alarm says so (INSUFFICIENT_DATA). See docs/monitoring.md.",
            cloudwatch.TreatMissingData.MISSING,
        )

    def _volume_alarm(self, model: ServedModel) -> cloudwatch.Alarm:
        return self._alarm(
            model,
            volume_alarm(model.endpoint_name),
            Metric.VOLUME_UNUSUAL,
            f"{model.name} is asked far less, or far more, than at this time of earlier days: `sluice drift status` "
            "says how much. In its first week nothing is measured: nobody knows what is usual, and the alarm says so "
            "(INSUFFICIENT_DATA). See docs/monitoring.md.",
            cloudwatch.TreatMissingData.MISSING,
        )

    def _alarm(  # noqa: PLR0917  what they differ in
        self, model: ServedModel, name: str, metric: Metric, description: str, missing: cloudwatch.TreatMissingData
    ) -> cloudwatch.Alarm:
        """In ALARM when the last look measured anything above 0."""
        every = Duration.minutes(model.settings.monitoring.every_minutes)
        return cloudwatch.Alarm(
            self,
            f"{model.name}-{name.rpartition('-')[2]}",
            alarm_name=name,
            alarm_description=description,
            metric=model_metric(model.name, metric).with_(period=every, statistic="Maximum"),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=missing,
        )

"""How does the controller run, and how is it noticed when it does not?"""

from collections.abc import Iterable
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda_destinations as destinations
from constructs import Construct

from cdk.compliance import acknowledge
from cdk.dead_letters import DeadLetters
from cdk.function import ServiceFunction
from cdk.served_model import ServedModel
from cdk.triggers import Triggers
from cdk.variant_metrics import model_metric
from sluice.domain.alarm_name import dead_letter_alarm, heartbeat_alarm
from sluice.settings.functions import ReconcileEnvironment
from sluice.telemetry import Metric

# Less than a lease lasts (sluice.service.hold_lease): whoever holds an old one is dead, and cannot act on it any more.
_TIMEOUT = Duration.seconds(50)
_SILENT_MINUTES = 5
_FIRST_LOOK_WITHIN_MINUTES = 15


class Controller(Construct):
    """The function that looks after releases, what wakes it up, and where lost events go.

    It needs no reserved concurrency: of two looks at one model, the one without the lease does nothing.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: str,
        models: Iterable[ServedModel],
        environment: ReconcileEnvironment,
        log_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            alarm_name=dead_letter_alarm(deployment),
            what="An event did not reach the controller, or a look failed again and again; the message says which. A "
            "lost approval releases nothing: start that rollout by hand.",
        )
        acknowledge(
            self.dead_letters.queue, "SQS3", "It is a dead-letter queue, of rules and of a function: a person reads it."
        )
        service = ServiceFunction(
            self,
            "Reconcile",
            handler="lambdas.reconcile.handler",
            environment=environment.to_environment(),
            timeout=_TIMEOUT,
            log_days=log_days,
        )
        self.function, self.role, self.logs = service.function, service.role, service.logs
        self.function.configure_async_invoke(
            retry_attempts=2,
            max_event_age=Duration.hours(1),
            on_failure=destinations.SqsDestination(self.dead_letters.queue),
        )
        Triggers(self, "Triggers", deployment=deployment, function=self.function, lost=self.dead_letters.queue)
        self.heartbeats = [self._heartbeat(model) for model in models]

    def _heartbeat(self, model: ServedModel) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            f"{model.name}-heartbeat",
            alarm_name=heartbeat_alarm(model.endpoint_name),
            alarm_description=f"Nobody has looked at {model.name} for {_SILENT_MINUTES} minutes: nothing is "
            "promoted and nothing rolled back. Missing data is a breach: silence is the very failure.",
            metric=model_metric(model.name, Metric.CONTROLLER_LOOKS),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=_SILENT_MINUTES,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        resource = cast(cloudwatch.CfnAlarm, alarm.node.default_child)
        resource.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=_FIRST_LOOK_WITHIN_MINUTES
        )
        return alarm

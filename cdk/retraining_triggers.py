"""What starts the training of a model, and who hears how it ends? A function, schedules and rules that call it.

Only what calls for a retraining starts one. How an execution goes on is told by events and read from SageMaker: lost,
late and repeated events change nothing, for it is looked every quarter of an hour besides.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from cdk.compliance import acknowledge, acknowledge_wildcard
from cdk.dead_letters import DeadLetters
from cdk.function import ServiceFunction
from cdk.retraining_alarm import RetrainingAlarm
from cdk.sagemaker_arn import sagemaker_arn
from sluice.domain.alarm_name import lost_retrainings_alarm
from sluice.domain.retraining.heard import CALLED, CHANGED
from sluice.domain.retraining.policy import Policy
from sluice.settings.deployment import Deployment
from sluice.settings.functions import RetrainEnvironment
from sluice.settings.retraining import Retraining

_TIMEOUT = Duration.minutes(1)
_EVERY = Duration.minutes(15)
_PATIENCE = Duration.hours(1)
_FOR_A_DAY = Duration.hours(24)
_RETRIES = 10


class RetrainingTriggers(Construct):
    """The function that starts pipelines, and what calls it.

    Attributes:
        dead_letters: Where calls for a retraining go that failed again and again.
        alarms: Of retrainings that broke, one a model.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        policies: Mapping[str, Policy],
        environment: RetrainEnvironment,
    ) -> None:
        super().__init__(scope, construct_id)
        self._deployment = deployment.name
        models = deployment.retrained
        self.dead_letters = self._keep_what_is_lost()
        service = ServiceFunction(
            self,
            "Retrain",
            handler="lambdas.retrain.handler",
            environment=environment.to_environment(),
            timeout=_TIMEOUT,
            log_days=deployment.logs.retention_days,
        )
        self.function, self.role = service.function, service.role
        self.function.configure_async_invoke(
            retry_attempts=2, max_event_age=_PATIENCE, on_failure=destinations.SqsDestination(self.dead_letters.queue)
        )
        self._allow_pipelines([policy.pipeline for policy in policies.values()])
        self._look_again()
        self._hear_of({model: settings.pipeline for model, settings in models.items()})
        self._hear_of_drift([name for name, settings in models.items() if settings.on_drift])
        self._call_on_time({name: settings for name, settings in models.items() if settings.schedule})
        self.alarms = [
            RetrainingAlarm(self, f"{model}-broke", model=model, endpoint=deployment.endpoint_name(model))
            for model in models
        ]

    def _keep_what_is_lost(self) -> DeadLetters:
        letters = DeadLetters(
            self,
            "DeadLetters",
            alarm_name=lost_retrainings_alarm(self._deployment),
            what="A call for a retraining was lost: a model may not be trained anew. See docs/retraining.md.",
        )
        told = "It is a dead-letter queue, of schedules, rules and a function: a person reads it."
        acknowledge(letters.queue, "SQS3", told)
        return letters

    def _allow_pipelines(self, names: Iterable[str]) -> None:
        """Start these and no others, see how their executions are; stop and change none."""
        pipelines = [sagemaker_arn(f"pipeline/{name}") for name in names]
        executions = [f"{pipeline}/execution/*" for pipeline in pipelines]
        start = ["sagemaker:ListPipelineExecutions", "sagemaker:StartPipelineExecution"]
        see = ["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineExecutionSteps"]
        self.role.add_to_policy(iam.PolicyStatement(actions=start, resources=pipelines))
        self.role.add_to_policy(iam.PolicyStatement(actions=see, resources=executions))
        for each in executions:
            acknowledge_wildcard(self.role, each, "Executions get their ids from SageMaker when they start.")
        jobs = sagemaker_arn("processing-job/pipelines-*")
        self.role.add_to_policy(iam.PolicyStatement(actions=["sagemaker:DescribeProcessingJob"], resources=[jobs]))
        acknowledge_wildcard(self.role, jobs, "SageMaker names a pipeline's jobs pipelines-…, after the execution.")

    def _look_again(self) -> None:
        """Pipelines carry the deployment's name in front: one rule, and an event of others is one look for nothing."""
        self._hear("Changed", {"prefix": sagemaker_arn(f"pipeline/{self._deployment}-")})
        events.Rule(self, "LookAgain", schedule=events.Schedule.rate(_EVERY), targets=[self._call(_PATIENCE)])

    def _hear_of(self, pipelines: Mapping[str, str | None]) -> None:
        """Pipelines of one's own are called anything: a rule each."""
        for model, pipeline in pipelines.items():
            if pipeline is not None and not pipeline.startswith(f"{self._deployment}-"):
                self._hear(f"{model}-changed", sagemaker_arn(f"pipeline/{pipeline}"))

    def _hear(self, name: str, pipeline: str | Mapping[str, str]) -> None:
        changed = events.EventPattern(
            source=["aws.sagemaker"], detail_type=[CHANGED], detail={"pipelineArn": [pipeline]}
        )
        events.Rule(self, name, event_pattern=changed, targets=[self._call(_PATIENCE)])

    def _hear_of_drift(self, models: list[str]) -> None:
        for model in models:
            called = events.EventPattern(source=["sluice"], detail_type=[CALLED], detail={"model": [model]})
            events.Rule(self, f"{model}-drift", event_pattern=called, targets=[self._call(_FOR_A_DAY)])

    def _call(self, patience: Duration) -> targets.LambdaFunction:
        return targets.LambdaFunction(
            self.function, dead_letter_queue=self.dead_letters.queue, retry_attempts=_RETRIES, max_event_age=patience
        )

    def _call_on_time(self, models: Mapping[str, Retraining]) -> None:
        if not models:
            return
        role = iam.Role(self, "ScheduleRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        call = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.function.function_arn])
        role.add_to_policy(call)
        self.dead_letters.queue.grant(role, "sqs:SendMessage")
        for model, settings in models.items():
            self._schedule(model, settings, role)

    def _schedule(self, model: str, settings: Retraining, role: iam.Role) -> None:
        """EventBridge Scheduler knows time zones and windows, which rules do not; its input names when it was due."""
        minutes = settings.flexible_minutes
        window: dict[str, Any] = {"mode": "FLEXIBLE", "maximum_window_in_minutes": minutes} if minutes else {}
        schedule = scheduler.CfnSchedule(
            self,
            f"{model}-schedule",
            description=f"Sluice: train {model} anew",
            schedule_expression=str(settings.schedule),
            schedule_expression_timezone=settings.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(**(window or {"mode": "OFF"})),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.function.function_arn,
                role_arn=role.role_arn,
                input=f'{{"model": "{model}", "scheduled": "<aws.scheduler.scheduled-time>"}}',
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.dead_letters.queue.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_PATIENCE.to_seconds(), maximum_retry_attempts=_RETRIES
                ),
            ),
        )
        schedule.node.add_dependency(role)

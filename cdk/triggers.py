"""What makes the controller look again? Every minute, and whatever says that something may have changed.

An event only says "look": what is so is read from the world. Lost, late, repeated and reordered events change nothing,
with one exception: an approval is known from its event alone, so EventBridge tries for a day to hand it to Lambda. What
Lambda took and the controller failed at is tried as often as the function says, then it is a dead letter; what was
refused is logged, and not tried again.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_EVERY = Duration.minutes(1)
# The next look is a minute away: an old event has nothing to say.
_SOON = {"retry_attempts": 3, "max_event_age": Duration.minutes(5)}
_FOR_A_DAY = {"retry_attempts": 185, "max_event_age": Duration.hours(24)}


class Triggers(Construct):
    """The rules that call the controller.

    Endpoints, alarms and model package groups carry the deployment's name in front: the rules are of the same size for
    any number of models, and an event of another deployment whose name begins alike is one look too many.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: str, function: lambda_.IFunction, lost: sqs.IQueue
    ) -> None:
        super().__init__(scope, construct_id)
        self._function = function
        self._lost = lost
        ours = [{"prefix": f"{deployment}-"}]
        events.Rule(self, "EveryMinute", schedule=events.Schedule.rate(_EVERY), targets=[self._look(_SOON)])
        self._on("CloudWatch Alarm State Change", {"alarmName": ours})
        self._on("SageMaker Endpoint State Change", {"EndpointName": ours})
        approved = {"ModelPackageGroupName": ours, "ModelApprovalStatus": ["Approved"]}
        self._on("SageMaker Model Package State Change", approved, patience=_FOR_A_DAY)

    def _on(self, kind: str, detail: Mapping[str, Any], *, patience: Mapping[str, Any] = _SOON) -> None:
        service = kind.split(maxsplit=1)[0].lower()
        pattern = events.EventPattern(source=[f"aws.{service}"], detail_type=[kind], detail=detail)
        events.Rule(self, kind.replace(" ", ""), event_pattern=pattern, targets=[self._look(patience)])

    def _look(self, patience: Mapping[str, Any]) -> targets.LambdaFunction:
        return targets.LambdaFunction(self._function, dead_letter_queue=self._lost, **patience)

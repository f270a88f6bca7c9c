"""Who is told when an alarm fires?"""

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from sluice.settings.alarms import Notification


class Notifier(Construct):
    """Tells a topic of one's own, or an address through a topic made for it, or nobody."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Notification) -> None:
        super().__init__(scope, construct_id)
        self._topic = _topic(self, settings)

    def tell_of(self, *alarms: cloudwatch.AlarmBase) -> None:
        """Have these alarms say when they fire, and when all is well again."""
        if self._topic is None:
            return
        action = actions.SnsAction(self._topic)
        for alarm in alarms:
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)


def _topic(scope: Construct, settings: Notification) -> sns.ITopic | None:
    if settings.topic_arn is not None:
        return sns.Topic.from_topic_arn(scope, "Topic", settings.topic_arn)
    if settings.email is None:
        return None
    topic = sns.Topic(scope, "Topic", enforce_ssl=True)
    topic.add_subscription(subscriptions.EmailSubscription(settings.email))
    # The policy that demands TLS takes the place of the one that lets the account's own services publish.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    return topic

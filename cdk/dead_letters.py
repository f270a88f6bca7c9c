"""Where does an event go that could not be delivered, and who hears of it?"""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_KEPT = Duration.days(14)  # the most SQS allows
_MINUTE = Duration.minutes(1)


class DeadLetters(Construct):
    """A queue that is empty when all is well, and the alarm that says when it is not."""

    def __init__(self, scope: Construct, construct_id: str, *, alarm_name: str, what: str) -> None:
        """``what``: what is lost when a message arrives here, for the alarm's description."""
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self, "Queue", encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True, retention_period=_KEPT
        )
        self.alarm = cloudwatch.Alarm(
            self,
            "Depth",
            alarm_name=alarm_name,
            alarm_description=f"{what} Missing data is neither healthy nor a breach: SQS stops measuring a queue that "
            "was empty and untouched for hours, and measures it again with the first message.",
            metric=self.queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic="Maximum"),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )

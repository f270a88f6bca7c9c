"""How does a function hear of captured files? S3 -> EventBridge -> a queue -> the function, and what fails is kept."""

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.data_bucket import DataBucket
from cdk.dead_letters import DeadLetters
from cdk.function import ServiceFunction
from sluice.domain.feedback.capture import CAPTURES

_FILES_A_BATCH = 10
_TRIES = 5
_KEPT = Duration.days(4)
_VISIBILITY = (
    6  # times the function's timeout: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
)


class CaptureQueue(Construct):
    """A queue of the captured files of some endpoints.

    Attributes:
        dead_letters: Where notifications go that failed five times, and what the function puts aside.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data: DataBucket,
        endpoints: Iterable[str],
        alarm_name: str,
        lost: str,
        handled_within: Duration,
    ) -> None:
        """``endpoints``: their names; ``handled_within``: the timeout of the function that will be fed.

        ``lost``: what is lost when a file is put aside, for the alarm's description.
        """
        super().__init__(scope, construct_id)
        self.dead_letters = DeadLetters(
            self,
            "DeadLetters",
            alarm_name=alarm_name,
            what=lost,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=_KEPT,
            visibility_timeout=Duration.seconds(_VISIBILITY * int(handled_within.to_seconds())),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters.queue, max_receive_count=_TRIES),
        )
        keys = [{"prefix": f"{CAPTURES}/{endpoint}/"} for endpoint in endpoints]
        events.Rule(
            self,
            "Captured",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={"bucket": {"name": [data.bucket.bucket_name]}, "object": {"key": keys}},
            ),
            targets=[targets.SqsQueue(self.queue)],
        )

    def feed(self, function: ServiceFunction) -> None:
        """Have a function take the files, and put aside those that cannot be read."""
        function.function.add_event_source(
            sources.SqsEventSource(self.queue, batch_size=_FILES_A_BATCH, report_batch_item_failures=True)
        )
        self.dead_letters.queue.grant(function.role, "sqs:SendMessage")

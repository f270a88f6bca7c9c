"""How do messages of an SQS queue reach the function that is mapped to it, and what happens to those it fails?

moto delivers while the sender waits, one message at a time, and knows no partial failures; this is the poller instead.
Source: "Using Lambda with Amazon SQS" and "Handling errors for an SQS event source" in the Lambda developer guide.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.awslambda.models import LambdaBackend
from moto.awslambda.utils import get_backend
from moto.sqs.models import sqs_backends

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.events.delivery import LOG
from local_cloud.events.messages import Answer, Message, batch_event, handled_messages, is_wanted
from local_cloud.functions.invocation import InvocationRefused
from local_cloud.functions.replaced import replaced

_LOOK_SECONDS = 0.2
_PAUSE_SECONDS = 0.05
_LEAVE_SECONDS = 2.0
_RECEIVE_LIMIT = 10

Invoke = Callable[[str, bytes], Answer]


@contextmanager
def install_queues() -> Iterator[None]:
    """Keep moto from delivering messages itself."""
    original = LambdaBackend.create_event_source_mapping

    @wraps(original)
    def create(backend: Any, spec: dict[str, Any]) -> Any:
        mapping = original(backend, spec)
        for queue in sqs_backends[ACCOUNT][REGION].queues.values():
            queue.lambda_event_source_mappings.clear()
        return mapping

    with replaced(LambdaBackend, "create_event_source_mapping", create):
        yield


class Queues:
    """One poller thread for each enabled mapping of a queue."""

    def __init__(self, context: CloudContext, *, invoke: Invoke) -> None:
        self._context = context
        self._invoke = invoke
        self._pollers: dict[str, threading.Thread] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="queues", daemon=True)

    def start(self) -> None:
        """Begin to poll, also for mappings that come later."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more messages; a batch that takes long ends when its function is stopped."""
        self._stopping.set()
        for thread in (self._thread, *self._pollers.values()):
            if thread.is_alive():
                thread.join(_LEAVE_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            for mapping in _enabled_mappings():
                poller = self._pollers.get(mapping.uuid)
                if poller is None or not poller.is_alive():
                    name = f"queue-poller {mapping.function_name}"
                    poller = threading.Thread(target=self._poll, args=(mapping,), name=name, daemon=True)
                    self._pollers[mapping.uuid] = poller
                    poller.start()

    def _poll(self, mapping: Any) -> None:
        """Until the mapping or its queue is gone."""
        queue = sqs_backends[ACCOUNT][REGION].queues.get(mapping.event_source_arn.rsplit(":", maxsplit=1)[-1])
        if queue is None:
            return
        try:
            source = _Source(self._context.client("sqs"), queue.name, mapping)
            while not self._stopping.is_set() and mapping in _enabled_mappings():
                queue.wait_for_messages(_LOOK_SECONDS)
                if queue.messages:
                    source.handle_batch(self._invoke)
        except (ClientError, BotoCoreError) as gone:
            LOG.warning("queue.gone source=%s %s", mapping.event_source_arn, gone)


class _Source:
    """A queue as the source of one function's events."""

    def __init__(self, client: Any, queue_name: str, mapping: Any) -> None:
        self._client = client
        self._mapping = mapping
        self._url = client.get_queue_url(QueueName=queue_name)["QueueUrl"]

    def handle_batch(self, invoke: Invoke) -> None:
        """Take messages, have the function handle them, and delete those it did not fail."""
        messages = self._gather()
        if not messages:
            return
        reports = "ReportBatchItemFailures" in (self._mapping.function_response_types or [])
        try:
            answer = invoke(self._mapping.function_name, batch_event(messages, self._mapping.event_source_arn))
        except InvocationRefused as refused:
            LOG.warning("queue.undelivered source=%s %s", self._mapping.event_source_arn, refused)
            return  # they become visible again after the queue's visibility timeout
        self._delete(handled_messages(messages, answer, reports_failures=reports))

    def _gather(self) -> list[Message]:
        """Up to the mapping's batch size, waiting for more as long as its window allows."""
        deadline = time.monotonic() + float(self._mapping.max_batch_window or 0)
        size = int(self._mapping.batch_size)
        gathered: list[Message] = []
        while len(gathered) < size:
            received = self._receive(min(size - len(gathered), _RECEIVE_LIMIT))
            gathered += received
            if not received:
                if time.monotonic() >= deadline:
                    break
                time.sleep(_PAUSE_SECONDS)
        return gathered

    def _receive(self, count: int) -> list[Message]:
        """Messages that fit the mapping's filter; the others are deleted, as Lambda does."""
        messages = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=count,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        filters = [one["Pattern"] for one in (self._mapping.filter_criteria or {}).get("Filters", [])]
        self._delete([message for message in messages if not is_wanted(message, filters)])
        return [message for message in messages if is_wanted(message, filters)]

    def _delete(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def _enabled_mappings() -> list[Any]:
    """Of queues, as moto's Lambda holds them now."""
    mappings = list(get_backend(ACCOUNT, REGION)._event_source_mappings.values())  # noqa: SLF001  listing needs a name
    return [one for one in mappings if one.enabled and one.event_source_arn.split(":")[2] == "sqs"]

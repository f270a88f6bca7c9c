"""How does an event get from EventBridge to a target, or to its dead letters when it cannot?

EventBridge's part ends when Lambda has accepted the event: a function that then fails is Lambda's business, with
Lambda's retries and the function's own dead letters ("Using dead-letter queues…" in the EventBridge user guide).
"""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_cloud.context import CloudContext
from local_cloud.events.pipelines import start_pipeline
from local_cloud.functions.destinations import Destinations, Undeliverable

LOG = logging.getLogger("local_cloud.events")
_THREADS = 4


class Delivery:
    """Sends in the background. Thread-safe."""

    def __init__(self, context: CloudContext) -> None:
        self._context = context
        self._destinations = Destinations(context)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="event-delivery")

    def send(self, target: Mapping[str, Any], body: str, *, source_arn: str) -> None:
        """Deliver to a target of a rule or schedule; returns at once.

        Args:
            target: As PutTargets or CreateSchedule took it.
            body: What to deliver.
            source_arn: Of the rule or schedule.

        """
        self._threads.submit(self._deliver, target, body, source_arn)

    def stop(self) -> None:
        """Drop what was not sent yet."""
        self._threads.shutdown(cancel_futures=True)

    def _deliver(self, target: Mapping[str, Any], body: str, source_arn: str) -> None:
        try:
            if target["Arn"].split(":")[2] == "sagemaker":
                start_pipeline(target, self._context)
            else:
                self._destinations.send(target["Arn"], body)
        except Undeliverable as failed:
            LOG.warning("event.undeliverable source=%s %s", source_arn, failed)
            self._bury(target, body, source_arn, failed)

    def _bury(self, target: Mapping[str, Any], body: str, source_arn: str, failed: Undeliverable) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue is None:
            return
        attributes = {
            "RULE_ARN": source_arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": "SDK_CLIENT_ERROR",
            "ERROR_MESSAGE": str(failed)[:1024],
        }
        try:
            self._destinations.send(queue, body, attributes=attributes)
        except Undeliverable as lost:
            LOG.warning("event.lost source=%s %s", source_arn, lost)

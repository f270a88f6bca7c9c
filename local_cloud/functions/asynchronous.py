"""What happens to an event nobody waits for: invoked, retried twice, then sent where failures go.

Source: "Invoking a Lambda function asynchronously" and "Adding a destination" in the Lambda developer guide.
"""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from local_cloud.context import Clock
from local_cloud.functions.destinations import Destinations, Undeliverable
from local_cloud.functions.invocation import Invocation, InvocationRefused
from local_cloud.functions.logs import LOG

#: Seconds of the cloud's clock before the second and the third attempt.
_RETRY_SECONDS = (60.0, 120.0)
_THREADS = 16


@dataclass(frozen=True, slots=True)
class AsynchronousSettings:
    """What the function's owner wants done with events that fail, or succeed.

    Attributes:
        retries: How often to try again, at most two.
        on_success: ARN that gets a record of each success, or None.
        on_failure: ARN that gets a record of each failure, or None.
        dead_letter: ARN that gets the bare event of each failure, or None.

    """

    retries: int = len(_RETRY_SECONDS)
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None


@dataclass(frozen=True, slots=True)
class _Event:
    function: str
    payload: bytes
    settings: AsynchronousSettings
    attempt: int = 1
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class AsynchronousInvocations:
    """Accepts events and sees each of them through. Thread-safe."""

    def __init__(self, invoke: Callable[[str, bytes], Invocation], *, destinations: Destinations, clock: Clock) -> None:
        self._invoke = invoke
        self._destinations = destinations
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lambda-event")
        self._lock = threading.Lock()
        self._retries: set[threading.Timer] = set()
        self._is_stopped = False

    def submit(self, function: str, payload: bytes, settings: AsynchronousSettings) -> None:
        """Accept an event; returns at once."""
        self._start(_Event(function, payload, settings))

    def stop(self) -> None:
        """Forget what has not begun; wait for what has."""
        with self._lock:
            self._is_stopped = True
            for timer in self._retries:
                timer.cancel()
        self._threads.shutdown(cancel_futures=True)

    def _start(self, event: _Event) -> None:
        with self._lock:
            if not self._is_stopped:
                self._threads.submit(self._attempt, event)

    def _attempt(self, event: _Event) -> None:
        try:
            invocation = self._invoke(event.function, event.payload)
        except InvocationRefused as refused:
            invocation = Invocation(json.dumps({"errorMessage": str(refused)}).encode(), refused.code)
        except Exception:  # noqa: BLE001  the edge of a thread: an executor would swallow it
            LOG.exception("event.lost function=%s", event.function)
            return
        if invocation.error is None:
            self._record(event, invocation, event.settings.on_success, condition="Success")
        elif event.attempt <= event.settings.retries:
            self._retry(event)
        else:
            self._record(event, invocation, event.settings.on_failure, condition="RetriesExhausted")
            self._bury(event, invocation)

    def _retry(self, event: _Event) -> None:
        wait = self._clock.wall_seconds(_RETRY_SECONDS[event.attempt - 1])
        timer = threading.Timer(wait, lambda: self._again(timer, replace(event, attempt=event.attempt + 1)))
        timer.daemon = True
        with self._lock:
            if not self._is_stopped:
                self._retries.add(timer)
                timer.start()

    def _again(self, timer: threading.Timer, event: _Event) -> None:
        with self._lock:
            self._retries.discard(timer)
        self._start(event)

    def _record(self, event: _Event, invocation: Invocation, arn: str | None, *, condition: str) -> None:
        if arn is None:
            return
        context = {"statusCode": 200, "executedVersion": "$LATEST"}
        if invocation.error is not None:
            context["functionError"] = invocation.error
        record = {
            "version": "1.0",
            "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "requestContext": {
                "requestId": event.request_id,
                "functionArn": event.function,
                "condition": condition,
                "approximateInvokeCount": event.attempt,
            },
            "requestPayload": json.loads(event.payload or b"null"),
            "responseContext": context,
            "responsePayload": json.loads(invocation.payload or b"null"),
        }
        self._send(arn, json.dumps(record))

    def _bury(self, event: _Event, invocation: Invocation) -> None:
        if event.settings.dead_letter is not None:
            message = json.loads(invocation.payload).get("errorMessage", "")
            attributes = {"RequestID": event.request_id, "ErrorCode": "200", "ErrorMessage": message[:1024]}
            self._send(event.settings.dead_letter, event.payload.decode(), attributes)

    def _send(self, arn: str, body: str, attributes: Mapping[str, str] | None = None) -> None:
        try:
            self._destinations.send(arn, body, attributes=attributes)
        except Undeliverable as lost:
            LOG.warning("event.lost %s", lost)


def settings_of(function: Any) -> AsynchronousSettings:
    """From moto's LambdaFunction."""
    config: Mapping[str, Any] = function.event_invoke_config[-1].config if function.event_invoke_config else {}
    destinations = config.get("DestinationConfig") or {}
    dead_letters = vars(function).get("dead_letter_config") or {}
    return AsynchronousSettings(
        retries=int(config.get("MaximumRetryAttempts", len(_RETRY_SECONDS))),
        on_success=(destinations.get("OnSuccess") or {}).get("Destination"),
        on_failure=(destinations.get("OnFailure") or {}).get("Destination"),
        dead_letter=dead_letters.get("TargetArn"),
    )

"""What does a stage's access log say of a request, and how does it get to CloudWatch Logs without delaying anybody?"""

import contextlib
import logging
import queue
import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_cloud.context import ACCOUNT, REGION
from local_cloud.front_door.answer import Answer
from local_cloud.front_door.deployment import AccessLog, Api, Stage
from local_cloud.front_door.request import Request

log = logging.getLogger(__name__)

BATCH_EVENTS = 1000
GATHER_SECONDS = 0.5

_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_.\-]*[A-Za-z0-9_])")


@dataclass(slots=True)
class Exchange:
    """A request and what the front door found out on the way to its answer."""

    request: Request
    api: Api | None = None
    stage: Stage | None = None
    route_key: str = ""
    identity: Mapping[str, Any] | None = None
    integration_ms: int | None = None
    detail: str = ""


def line_of(template: str, exchange: Exchange, answer: Answer, *, elapsed_ms: int) -> str:
    """The log line: the stage's format with its ``$context`` variables replaced; one without a value is ``-``."""
    values = _variables(exchange, answer, elapsed_ms)
    return _VARIABLE.sub(lambda found: values.get(found[1]) or "-", template)


def _variables(exchange: Exchange, answer: Answer, elapsed_ms: int) -> Mapping[str, str]:
    request, identity = exchange.request, exchange.identity or {}
    claims = identity.get("jwt", {}).get("claims", {})
    return {
        "accountId": ACCOUNT,
        "apiId": exchange.api.id if exchange.api else "",
        "authorizer.error": exchange.detail if answer.status in {401, 403} else "",
        "domainName": f"{exchange.api.id}.execute-api.{REGION}.amazonaws.com" if exchange.api else "",
        "error.message": exchange.detail,
        "extendedRequestId": request.id,
        "httpMethod": request.method,
        "identity.accountId": identity.get("iam", {}).get("accountId", ""),
        "identity.sourceIp": request.source_ip,
        "identity.userAgent": request.header("user-agent") or "",
        "identity.userArn": identity.get("iam", {}).get("userArn", ""),
        "integrationLatency": "" if exchange.integration_ms is None else str(exchange.integration_ms),
        "path": request.path,
        "protocol": request.protocol,
        "requestId": request.id,
        "requestTime": request.time.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": str(int(request.time.timestamp() * 1000)),
        "responseLatency": str(elapsed_ms),
        "responseLength": str(len(answer.body)),
        "routeKey": exchange.route_key,
        "stage": exchange.stage.name if exchange.stage else "",
        "status": str(answer.status),
        **{f"authorizer.claims.{name}": value for name, value in claims.items()},
    }


@dataclass(frozen=True, slots=True)
class _Line:
    group: str
    time_ms: int
    text: str


class AccessLogs:
    """Writes lines in a thread of its own, in batches; what CloudWatch Logs refuses is dropped with a warning."""

    def __init__(self, client: Any, *, stream: str) -> None:
        self._client = client
        self._stream = stream
        self._lines: queue.SimpleQueue[_Line | None] = queue.SimpleQueue()
        self._known: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="front-door-access-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, then end."""
        self._lines.put(None)
        self._thread.join()

    def write(self, destination: AccessLog, exchange: Exchange, answer: Answer, *, elapsed_ms: int) -> None:
        """Queue a request's line; returns at once."""
        text = line_of(destination.format, exchange, answer, elapsed_ms=elapsed_ms)
        self._lines.put(_Line(destination.group, int(exchange.request.time.timestamp() * 1000), text))

    def _run(self) -> None:
        ended = False
        while not ended:
            lines, ended = self._gather()
            by_group: defaultdict[str, list[_Line]] = defaultdict(list)
            for line in lines:
                by_group[line.group].append(line)
            for group, of_group in by_group.items():
                self._send(group, of_group)

    def _gather(self) -> tuple[list[_Line], bool]:
        """Wait for a line, then take what comes within the gathering time; the flag says that it was the last batch."""
        lines: list[_Line] = []
        wait: float | None = None
        while len(lines) < BATCH_EVENTS:
            try:
                line = self._lines.get(timeout=wait)
            except queue.Empty:
                break
            if line is None:
                return lines, True
            lines.append(line)
            wait = GATHER_SECONDS
        return lines, False

    def _send(self, group: str, lines: list[_Line]) -> None:
        events = [
            {"timestamp": line.time_ms, "message": line.text} for line in sorted(lines, key=lambda one: one.time_ms)
        ]
        try:
            if group not in self._known:
                with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
                    self._client.create_log_stream(logGroupName=group, logStreamName=self._stream)
                self._known.add(group)
            self._client.put_log_events(logGroupName=group, logStreamName=self._stream, logEvents=events)
        except (BotoCoreError, ClientError) as error:
            self._known.discard(group)
            log.warning("%d lines of the access log %s were dropped: %s", len(lines), group, error)

"""How do lines and metrics get into the emulated CloudWatch, without HTTP and without growing for ever?"""

from collections import defaultdict, deque

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import ServiceException
from moto.logs.models import logs_backends

from local_cloud.context import ACCOUNT, REGION, Clock
from local_cloud.functions.logs import LOG, now_ms
from local_cloud.functions.metrics import Datum, embedded_metrics, invocation_metrics

#: What one log stream may hold in memory; the log files keep everything.
_LINES_KEPT = 10_000


class CloudWatch:
    """Puts what functions say where PutLogEvents and PutMetricData would put it; used by one thread.

    Metrics are dated by the local cloud's clock. When that is fast, what a line says of itself does not count: it may
    come from a clock that is not.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._metrics: defaultdict[str, list[Datum]] = defaultdict(list)
        self._invocations: deque[tuple[str, float, bool]] = deque()

    def count(self, function: str, *, duration_ms: float, failed: bool) -> None:
        """Remember an invocation; cheap, from any thread."""
        self._invocations.append((function, duration_ms, failed))

    def put_lines(self, group: str, stream: str, lines: list[str]) -> None:
        """Log events, and the metrics embedded in them."""
        backend = logs_backends[ACCOUNT][REGION]
        backend.ensure_log_group(group)
        backend.ensure_log_stream(group, stream)
        moment = now_ms()
        backend.put_log_events(group, stream, [{"timestamp": moment, "message": line} for line in lines])
        del backend.groups[group].streams[stream].events[:-_LINES_KEPT]
        at = None if self._clock.speed == 1 else self._clock.now()
        for line in lines:
            for namespace, datum in embedded_metrics(line, at=at):
                self._metrics[namespace].append(datum)

    def flush(self) -> None:
        """Hand over the metrics gathered so far."""
        now = self._clock.now()
        while self._invocations:
            function, duration_ms, failed = self._invocations.popleft()
            self._metrics["AWS/Lambda"] += invocation_metrics(function, at=now, duration_ms=duration_ms, failed=failed)
        backend = cloudwatch_backends[ACCOUNT][REGION]
        for namespace, data in self._metrics.items():
            try:
                backend.put_metric_data(namespace, data)
            except ServiceException as refused:
                LOG.warning("metrics.refused namespace=%s %s", namespace, refused)
        self._metrics.clear()

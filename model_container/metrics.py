"""What does SageMaker scrape from GET /metrics? Requests, seconds, rows and the model, as Prometheus text."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The numbers of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter("sluice_requests", "Requests answered", ["route", "status"], registry=self._registry)
        self._seconds = Histogram(
            "sluice_request_seconds",
            "Seconds from the request's head to the answer's last byte",
            ["route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._rows = Counter("sluice_rows", "Rows the model has answered", registry=self._registry)
        self._model = Gauge(
            "sluice_model_info",
            "The model served; always 1",
            ["model", "version", "provider"],
            registry=self._registry,
        )

    def request_answered(self, route: str, status: int, seconds: float) -> None:
        """Count one answer; ``route`` is a path template, so that callers cannot invent label values."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def rows_answered(self, rows: int) -> None:
        """Count the rows of one successful run."""
        self._rows.inc(rows)

    def model_loaded(self, model: str, version: str, provider: str) -> None:
        """Name what is served, and the execution provider it prefers."""
        self._model.labels(model, version, provider).set(1)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

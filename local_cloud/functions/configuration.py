"""What was deployed for a function: the part of it that decides how its workers must look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.functions.roles import policy_documents

#: Settings that moto's Lambda drops and `local_cloud.functions.moto_hooks` keeps on its function object.
KEPT = {
    "DeadLetterConfig": "dead_letter_config",
    "LoggingConfig": "logging_config",
    "SnapStart": "snap_start",
}


@dataclass(frozen=True, slots=True)
class FunctionConfiguration:
    """Two equal configurations can share workers; any difference needs new ones.

    Attributes:
        version: ``$LATEST`` or a number.
        timeout_seconds: How long one event may take.
        memory_mb: What the template says; told to the function, not enforced.
        code_sha256: Of the zip, as Lambda reports it.
        log_format: ``Text`` or ``JSON``.
        policies: The JSON documents that limit the role, inline and attached.
        concurrency: Reserved concurrent executions, or None.

    """

    name: str
    version: str
    handler: str
    runtime: str
    role: str
    timeout_seconds: int
    memory_mb: int
    environment: Mapping[str, str]
    code_sha256: str
    log_group: str
    log_format: str
    log_level: str | None
    snap_start: bool
    policies: tuple[str, ...]
    concurrency: int | None

    @property
    def is_json_logged(self) -> bool:
        """Whether Lambda's own log lines are JSON."""
        return self.log_format == "JSON"


def read(function: Any) -> FunctionConfiguration:
    """From moto's LambdaFunction."""
    kept = vars(function)
    logging = kept.get("logging_config") or {}
    snap_start = (kept.get("snap_start") or {}).get("ApplyOn") == "PublishedVersions"
    reserved = function.reserved_concurrency
    return FunctionConfiguration(
        name=function.function_name,
        version=str(function.version),
        handler=function.handler,
        runtime=function.run_time,
        role=function.role,
        timeout_seconds=int(function.timeout),
        memory_mb=int(function.memory_size),
        environment=function.environment_vars,
        code_sha256=function.code_sha_256,
        log_group=logging.get("LogGroup") or function.logs_group_name,
        log_format=logging.get("LogFormat", "Text"),
        log_level=logging.get("ApplicationLogLevel"),
        snap_start=snap_start and str(function.version) != "$LATEST",
        policies=policy_documents(function.role),
        concurrency=None if reserved is None else int(reserved),
    )

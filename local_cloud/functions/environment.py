"""Which environment does a worker see: Lambda's own variables, the template's, and where the local AWS is."""

import os
from collections.abc import Mapping

from local_cloud.context import REGION
from local_cloud.functions.configuration import FunctionConfiguration

#: From the caller's environment: what it takes to run this Python at all.
_INHERITED = ("PATH", "LD_LIBRARY_PATH")


def worker_environment(
    configuration: FunctionConfiguration,
    *,
    task_root: str,
    runtime_api: str,
    log_stream: str,
    credentials: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> dict[str, str]:
    """Every variable of the process, and no other.

    The names are "Defined runtime environment variables" of the Lambda developer guide.

    Args:
        configuration: The function's.
        task_root: Folder of the unpacked zip.
        runtime_api: ``host:port``.
        log_stream: Name of the worker's log stream.
        credentials: ``AWS_ACCESS_KEY_ID`` and so on of the assumed role.
        endpoints: Where the local AWS answers.

    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **inherited,
        **configuration.environment,
        "_HANDLER": configuration.handler,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if configuration.snap_start else "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": configuration.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": REGION,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_TASK_ROOT": task_root,
        "PYTHONPATH": task_root,
        **_logging(configuration),
        **_no_configuration_of_the_developer(),
        **credentials,
        **endpoints,
    }


def _logging(configuration: FunctionConfiguration) -> dict[str, str]:
    if not configuration.is_json_logged:
        return {}
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": configuration.log_level or "INFO"}


def _no_configuration_of_the_developer() -> dict[str, str]:
    """In Lambda there is no ``~/.aws``; here there may be one, with real credentials in it."""
    return {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

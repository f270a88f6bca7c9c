"""What stands in a pipeline's definition in place of a value that is known only when it runs?"""

from collections.abc import Mapping
from typing import Any


def get(path: str) -> dict[str, str]:
    """A property of a step or of the execution."""
    return {"Get": path}


def parameter(name: str) -> dict[str, str]:
    """What the execution was given."""
    return get(f"Parameters.{name}")


def join(*parts: str | Mapping[str, Any]) -> dict[str, Any]:
    """Parts of a path."""
    return {"Std:Join": {"On": "/", "Values": list(parts)}}


def json_get(step: str, file: str, path: str) -> dict[str, Any]:
    """A member of a property file of a step."""
    return {"Std:JsonGet": {"PropertyFile": get(f"Steps.{step}.PropertyFiles.{file}"), "Path": path}}

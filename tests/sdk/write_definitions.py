"""A program for the Python of .venv-sdk: models come in, their pipelines as the sagemaker SDK writes them go out; JSON.

Nothing is called: from the SDK's import on, whatever looks up a name or opens a connection is stopped, and fails this.
"""

import importlib
import json
import os
import sys
import warnings
from typing import Any

CALLED: list[str] = []


def refuse(event: str, about: tuple[Any, ...]) -> None:
    """An audit hook. The SDK swallows what goes wrong with its telemetry: so all that is tried is noted."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        CALLED.append(f"{event} {about[-1]}" if event == "socket.connect" else f"{event} {about[0]}")
        raise ConnectionRefusedError(event)


def main() -> None:
    """Author what is asked for."""
    sys.addaudithook(refuse)
    warnings.simplefilter("ignore")  # its own, and of what it imports
    os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"  # it would ask IAM what the jobs' role may do
    definitions = importlib.import_module("author").authored(**json.load(sys.stdin))
    if CALLED:
        sys.exit(f"the SDK tried to call: {CALLED}")
    sys.stdout.write(json.dumps(definitions))


if __name__ == "__main__":
    main()

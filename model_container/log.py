"""How does the container tell what happened? One JSON line on stdout per event: its name and its fields."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

_LOGGER = logging.getLogger("model_container")


class _JsonLine(logging.Formatter):
    """Our events by name; what libraries log becomes the event ``library.<logger>`` with a message."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name == _LOGGER.name
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": record.getMessage() if ours else f"library.{record.name}",
            **(getattr(record, "fields", {}) if ours else {"message": record.getMessage()}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure() -> None:
    """Send our events, and the warnings of libraries, to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    _LOGGER.setLevel(logging.INFO)


def log(event: str, **fields: Any) -> None:
    """Note that something happened."""
    _LOGGER.info(event, extra={"fields": fields})


def log_failure(event: str, error: BaseException, **fields: Any) -> None:
    """Note that something failed, with the stack trace no caller gets to see."""
    _LOGGER.error(event, extra={"fields": fields}, exc_info=error)

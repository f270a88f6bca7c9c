"""How far is the deploy? The CDK CLI prints hundreds of lines; a person wants one that moves, and every failure."""

import re
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

_EVENT = re.compile(
    r"^(?P<stack>\S+) \|\s*(?P<done>\d+)\S* \|[^|]+\| (?P<status>[A-Z_]+)\s*\| (?P<type>\S+)\s*\|(?P<rest>.*)"
)
_DONE = re.compile(r"^\s*✅\s+(?P<stack>\S+)(?P<rest>.*)")
_TROUBLE = ("FAILED", "ROLLBACK")


class DeployProgress:
    """Takes the CLI's lines one by one; on a terminal the last line moves, elsewhere each stack is one line."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._resources: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._status = self._console.status("synthesizing the template")
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def line(self, text: str) -> None:
        """Show what a line means, if it means anything to a person."""
        if event := _EVENT.match(text):
            self._on_event(event)
        elif done := _DONE.match(text):
            count = self._resources.get(done["stack"])
            resources = f": {count} resources" if count else ""
            self._console.print(f"  [green]✓[/] {done['stack']}{done['rest']}{resources}")

    def _on_event(self, event: re.Match[str]) -> None:
        self._resources[event["stack"]] = int(event["done"])
        if any(word in event["status"] for word in _TROUBLE):
            what = f"{event['type']} {event['status']} {event['rest'].strip()}"
            self._console.print(f"  [red]✗[/] {event['stack']}: {what}")
        elif self._status:
            self._status.update(f"{event['stack']}: {event['done']} resources, {event['type']}")

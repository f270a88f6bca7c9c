"""How does a command show what it found? Tables for people, JSON for programs, never both."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sluice.domain.routing import Routing
from sluice.domain.variant import in_order

if TYPE_CHECKING:
    from sluice.cli.finding import Finding
    from sluice.cli.http_client import HttpAnswer


class Output:
    """Standard output, in one of two languages."""

    def __init__(self, as_json: bool) -> None:  # noqa: FBT001  the value of the option --json
        self.as_json = as_json
        self.console = Console(highlight=False, quiet=as_json)

    def json(self, value: Any) -> None:
        """Print one JSON document on one line."""
        print(json.dumps(value), flush=True)  # noqa: T201  standard output is the interface

    def line(self, text: str) -> None:
        """Print a line for people (rich markup); nothing for programs."""
        self.console.print(text)

    def plain(self, text: str) -> None:
        """Print a line for people as it is, neither marked up nor wrapped, so that it can be copied."""
        if not self.as_json:
            print(text, flush=True)  # noqa: T201  standard output is the interface

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table for people."""
        table = Table(*columns)
        for row in rows:
            table.add_row(*map(str, row))
        self.console.print(table)

    def lines(self, rows: Sequence[Sequence[object]]) -> None:
        """Print rows for people, column under column and never cut: what stands in them is meant to be copied."""
        if not rows:
            self.plain("none")
        texts = [[str(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        for row in texts:
            self.plain("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())

    def prediction(self, answer: "HttpAnswer") -> None:
        """Show a prediction, or the problem in its place."""
        if self.as_json:
            sluice = {name: value for name, value in answer.headers.items() if name.startswith("x-sluice-")}
            self.json({"status": answer.status, "milliseconds": answer.milliseconds, **sluice, "body": answer.body})
            return
        if not answer.is_success:
            self.plain(f"HTTP {answer.status}: {json.dumps(answer.body, indent=2)}")
            return
        for row, prediction in enumerate(answer.body["predictions"]):
            self.plain(f"{row}: {json.dumps(prediction)}")
        variant, version = answer.headers.get("x-sluice-variant"), answer.headers.get("x-sluice-model-version")
        self.plain(f"by {variant}, version {version}, in {answer.milliseconds:.0f} ms")

    def environment(self, variables: Mapping[str, str], unset: Sequence[str]) -> None:
        """Show environment variables, for a shell to evaluate; in JSON, those to unset are null."""
        if self.as_json:
            self.json({**variables, **dict.fromkeys(unset)})
            return
        for name in unset:
            self.plain(f"unset {name}")
        for name, value in variables.items():
            self.plain(f"export {name}={shlex.quote(value)}")

    def weights(self, routing: Routing) -> None:
        """Show the weights in effect."""
        if self.as_json:
            self.json({"model": routing.model, "weights": dict(routing.weights), "revision": routing.revision})
            return
        shares = ", ".join(f"{variant} {routing.weights[variant]} %" for variant in in_order(routing.weights))
        self.plain(f"{routing.model}: {shares} (in effect)")

    def findings(self, findings: Sequence["Finding"]) -> None:
        """Show what the doctor found."""
        if self.as_json:
            self.json(
                [
                    {"check": f.check, "well": f.is_well, "needed": f.is_needed, "found": f.found, "remedy": f.remedy}
                    for f in findings
                ]
            )
            return
        for finding in findings:
            mark = "[green]ok[/]  " if finding.is_well else "[red]BAD[/] " if finding.is_needed else "[yellow]hint[/]"
            self.console.print(f"{mark} {finding.check}: {finding.found}")
            if not finding.is_well:
                self.console.print(f"     → {finding.remedy}")

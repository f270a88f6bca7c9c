"""What a processing job of a training pipeline starts: ``python -m training evaluate``."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from sluice.domain.gate.margins import Margins
from training.evaluate import Words, evaluate

_WHOLE = {field.name for field in fields(Margins) if field.type in (int, "int")}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one step; its exit code: 0 done, whatever the verdict."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    step = commands.add_parser("evaluate", help="judge a candidate beside the champion, and write its card")
    # The local cloud runs the container's command as it stands, and says in the environment where /opt/ml is.
    root = environment.get("SLUICE_OPT_ML", "/opt/ml")
    step.add_argument("--root", type=Path, default=root, help="stands for /opt/ml")
    step.add_argument("--label", required=True, help="column of the true class")
    step.add_argument("--version", required=True, help="what the candidate is to be called")
    step.add_argument("--slice", action="append", default=[], help="column in each of whose values it is judged")
    step.add_argument("--group", action="append", default=[], help="column of groups")
    step.add_argument("--sensitive", action="append", default=[], help="input whose values a reference may not hold")
    step.add_argument("--margin", action="append", default=[], type=_margin, metavar="NAME=NUMBER", help="of the gate")
    options = parser.parse_args(arguments)
    columns = (tuple(each) for each in (options.slice, options.group, options.sensitive))
    words = Words(options.label, options.version, *columns)
    return evaluate(options.root, words, Margins(**dict(options.margin)))


def _margin(text: str) -> tuple[str, float]:
    """One of the gate's. Raises ValueError."""
    name, _, number = text.partition("=")
    if name not in {field.name for field in fields(Margins)}:
        raise ValueError(f"no margin is called {name}")
    return name, int(number) if name in _WHOLE else float(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))

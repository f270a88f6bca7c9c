"""What a processing job of a training pipeline starts: ``python -m training assemble`` or ``evaluate``."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sluice.clock import utc_now
from sluice.domain.gate.margins import Margins

_WHOLE = {field.name for field in fields(Margins) if field.type in (int, "int")}


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one step; its exit code: 0 done, whatever the verdict; 1 where nothing could be assembled."""
    told = vars(described().parse_args(arguments))
    run = {"assemble": _assemble, "evaluate": _evaluate}[told.pop("command")]
    # The local cloud runs the container's command as it stands, and says in the environment where /opt/ml is.
    return run(Path(environment.get("SLUICE_OPT_ML", "/opt/ml")), told)


def described() -> argparse.ArgumentParser:
    """What each step takes."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    _describe_assemble(commands.add_parser("assemble", help="bring what is learnt from, and the champion"))
    _describe_evaluate(commands.add_parser("evaluate", help="judge a candidate beside it, and write its card"))
    return parser


def _assemble(root: Path, told: dict[str, Any]) -> int:
    from training.assemble import Words, assemble  # noqa: PLC0415  the other step needs no AWS

    return assemble(root, Words(**{**told, "sensitive": tuple(told["sensitive"])}), now=utc_now())


def _evaluate(root: Path, told: dict[str, Any]) -> int:
    from training.evaluate import Words, evaluate  # noqa: PLC0415  the other step judges nothing

    columns = (tuple(told[name]) for name in ("slice", "group", "sensitive"))
    words = Words(told["label"], told["version"], *columns)
    return evaluate(root, words, Margins(**dict(told["margin"])))


def _describe_assemble(step: argparse.ArgumentParser) -> None:
    for name in ("model", "endpoint", "table", "bucket"):
        step.add_argument(f"--{name}", required=True, help="its name")
    step.add_argument("--data", required=True, help="captured, or the S3 URL of a folder that was assembled before")
    step.add_argument("--champion", required=True, help="serving, or the S3 URL of its archive")
    step.add_argument("--label", required=True, help="the name of the feedback to learn")
    step.add_argument("--since-days", type=float, required=True, help="asked within so many days")
    step.add_argument("--until-days", type=float, required=True, help="and not within so many")
    step.add_argument("--split", required=True, help="percents for train/validation/test")
    step.add_argument("--max-per-unit", type=int, required=True, help="rows of a unit; 0: all")
    step.add_argument("--outliers", type=float, required=True, help="as `sluice data assemble` takes it")
    step.add_argument("--least", type=float, required=True, help="the least a label may be")
    step.add_argument("--most", type=float, required=True, help="the most a label may be")
    step.add_argument("--sensitive", action="append", default=[], help="an input that is in no file")
    step.add_argument("--history", help="a file below training/MODEL/ of the bucket")
    step.add_argument("--history-time", default="time", help="its column of times")
    step.add_argument("--history-label", help="its column of labels")
    step.add_argument("--features", help="package.module:function that computes them anew")


def _describe_evaluate(step: argparse.ArgumentParser) -> None:
    step.add_argument("--label", required=True, help="column of the true class")
    step.add_argument("--version", required=True, help="what the candidate is to be called")
    step.add_argument("--slice", action="append", default=[], help="column in each of whose values it is judged")
    step.add_argument("--group", action="append", default=[], help="column of groups")
    step.add_argument("--sensitive", action="append", default=[], help="input whose values a reference may not hold")
    step.add_argument("--margin", action="append", default=[], type=_margin, metavar="NAME=NUMBER", help="of the gate")


def _margin(text: str) -> tuple[str, float]:
    """One of the gate's. Raises ValueError."""
    name, _, number = text.partition("=")
    if name not in {field.name for field in fields(Margins)}:
        raise ValueError(f"no margin is called {name}")
    return name, int(number) if name in _WHOLE else float(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))

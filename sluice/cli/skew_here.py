"""What does a comparison of captured features with computed ones come to?"""

import importlib
import sys
from pathlib import Path
from typing import Any

import typer

from sluice.cli.show import Output
from sluice.cli.target import UsageProblem
from sluice.data_file.skew import Features, skew_of_file
from sluice.domain.training.skew import Skew


def run(file: Path, word: str, *, tolerance: float, fail_above: float, out: Output) -> None:
    """Compare and show; exit with 1 where too much differs. Raises UsageProblem or UnreadableFile."""
    found = skew_of_file(file, load_features(word), tolerance=tolerance)
    if not found:
        raise UsageProblem(f"nothing was compared: {word} computes no column that {file} holds")
    too_much = [name for name, skew in found.items() if skew.share > fail_above]
    if out.as_json:
        out.json({"features": {name: _form(skew) for name, skew in found.items()}, "skewed": too_much})
    else:
        _show(found, out)
    raise typer.Exit(1 if too_much else 0)


def load_features(word: str) -> Features:
    """The function that ``package.module:function`` names, from the working directory, too. Raises UsageProblem."""
    module, _, name = word.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    try:
        function: Features = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as missing:
        raise UsageProblem(f"--features is package.module:function; {word!r:.80}: {missing}") from missing
    finally:
        sys.path.pop(0)
    return function


def _show(found: dict[str, Skew], out: Output) -> None:
    for name, skew in found.items():
        if skew.example is None:
            out.plain(f"{name}: the same in {skew.rows:,} rows")
            continue
        prediction, captured, computed = skew.example
        out.plain(
            f"{name}: {skew.differing:,} of {skew.rows:,} rows differ ({skew.share:.2%}), such as {prediction}: "
            f"captured {captured!r:.40}, computed {computed!r:.40}"
        )


def _form(skew: Skew) -> dict[str, Any]:
    names = ("prediction_id", "captured", "computed")
    example = None if skew.example is None else dict(zip(names, map(str, skew.example), strict=True))
    return {"rows": skew.rows, "differing": skew.differing, "share": round(skew.share, 6), "example": example}

"""What is a report of: a file's rows, or what a deployed model was asked? Told by the options that were given."""

from typing import Annotated

import typer

from sluice.cli.target import UsageProblem

VersionOption = Annotated[
    str | None, typer.Option("--version", help="Of the deployed model; by default the champion's.")
]
SinceOption = Annotated[
    str,
    typer.Option("--since", help="From when on it is told what a deployed model was asked: 7d, or 2026-11-22T10:30."),
]

_NAMED = ("reference", "data")
_OF_FILES = (
    *_NAMED,
    *("label", "rows_per_window", "time", "window", "slice_", "without", "score", "predict", "false_alarms", "runs"),
)
_OF_DEPLOYMENTS = ("model", "version", "since", "config", "target")


def check_subject(context: typer.Context) -> None:
    """Raises UsageProblem where some options speak of a file and others of a deployment, or a file lacks its reference.

    Afterwards ``--data`` and ``--reference`` are both given, or neither is.
    """
    of_file, of_deployment = _given(context, _OF_FILES), _given(context, _OF_DEPLOYMENTS)
    if of_file and of_deployment:
        raise UsageProblem(
            f"{', '.join(of_file)} is of a file and {', '.join(of_deployment)} of a deployed model: a report is of one "
            "of them"
        )
    if of_file and len(_given(context, _NAMED)) < len(_NAMED):
        raise UsageProblem(
            "of a file, --data names the rows and --reference what they are compared with: give both, or neither for "
            "what a deployed model was asked"
        )


def _given(context: typer.Context, names: tuple[str, ...]) -> list[str]:
    """The options among these that stand on the command line; a variable of the environment is no word of it."""
    sources = {name: context.get_parameter_source(name) for name in names}
    given = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
    return [parameter.opts[0] for parameter in context.command.params if parameter.name in given]

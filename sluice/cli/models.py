"""Commands about the versions of a model: register one, list, show and compare them, decide about them."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sluice.aws.archives import Archives
from sluice.aws.registry import Approval, Package
from sluice.cli.candidate import find_package, register
from sluice.cli.inferred import infer
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption, the_model
from sluice.cli.release import Release
from sluice.cli.show import Output
from sluice.cli.show_models import (
    Opened,
    package_form,
    show_difference,
    show_opened,
    show_package,
    show_registered,
)
from sluice.cli.target import TargetName, UsageProblem
from sluice.domain.contents import Contents
from sluice.domain.contents_difference import difference
from sluice.domain.errors import ArchiveUnreadable
from sluice.domain.package_metadata import made_of
from sluice.service.open_package import open_package
from sluice.settings.source import load

app = typer.Typer(help="The versions of a model in SageMaker's model registry.")

_LONGEST_REASON = 1024  # an ApprovalDescription (aws-facts F)
_PACKAGE_HELP = "A registered version: its number, its ARN, or else what it is called."

PackageArgument = Annotated[str, typer.Argument(metavar="PACKAGE", help=_PACKAGE_HELP)]
VersionOption = Annotated[
    str | None, typer.Option("--version", help="What to call it, where no signature.json says so.", show_default=False)
]
BecauseOption = Annotated[str, typer.Option("--reason", help="Why: it stands beside the decision.")]


def register_command(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="An ONNX file, a model directory (model.onnx, signature.json), or s3://….tar.gz packed from one.",
        ),
    ],
    version: VersionOption = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Pack and upload a model, or take an archive in S3, and register a version that waits for approval.

    What an ONNX file takes and gives is inferred where no signature.json says so, and tried on random rows.
    """
    release = Release.open(config, target, model, as_json=as_json)
    with release.out.console.status("packing and uploading"):
        registered = register(place, version, release)
    show_registered(registered.package, registered.inferred, release.model, release.out)


@app.command("infer")
def infer_signature(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An ONNX file, or a model directory.")],
    version: VersionOption = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print the signature.json of a graph, inferred and tried on random rows; of a directory that has one, try that."""
    inferred = infer(path, the_model(load(config), model), version)
    form = inferred.signature.to_dict()
    if as_json:
        Output(as_json).json({"signature": form, "notes": inferred.notes})
        return
    Output(as_json).plain(json.dumps(form, indent=2))
    for note in inferred.notes:
        sys.stderr.write(f"note: {note}\n")


@app.command("list")
def list_models(
    model: ModelOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many.")] = 20,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """The registered versions of a model, newest first."""
    release = Release.open(config, target, model, as_json=as_json)
    found = release.registry.newest(release.endpoint, limit)
    if as_json:
        release.out.json([package_form(package) for package in found])
        return
    release.out.lines(
        [
            [p.number, f"version {p.version}", p.approval, f"{p.created_at:%Y-%m-%d %H:%M}", p.artifact or "-"]
            for p in found
        ]
    )


@app.command()
def show(
    package: PackageArgument,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Everything that is known of one registered version, its archive read to the end."""
    release = Release.open(config, target, model, as_json=as_json)
    found = find_package(package, release)
    opened = Opened(found, release.registry.details(found.arn), _contents(found))
    show_opened(opened, release.model, release.out)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=_PACKAGE_HELP)],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """What is not the same in two registered versions: inputs, outputs, metrics, files, the bins of the reference."""
    release = Release.open(config, target, model, as_json=as_json)
    packages = [find_package(word, release) for word in (before, after)]
    one, two = (open_package(package, Archives.connect()) for package in packages)
    before_made, after_made = (made_of(release.registry.details(package.arn).metadata) for package in packages)
    found = difference(one, two, made=(before_made, after_made))
    show_difference((packages[0], packages[1]), found, release.out)


def _add_decision(name: str, approval: Approval, meaning: str) -> None:
    @app.command(name, help=meaning)
    def decide(
        package: PackageArgument,
        model: ModelOption = None,
        reason: BecauseOption = "",
        config: ConfigOption = CONFIG,
        target: TargetOption = TargetName.LOCAL,
        as_json: JsonOption = False,
    ) -> None:
        release = Release.open(config, target, model, as_json=as_json)
        if len(reason) > _LONGEST_REASON:
            raise UsageProblem(f"--reason may have {_LONGEST_REASON:,} characters, got {len(reason):,}")
        found = find_package(package, release)
        decided = release.registry.decide(found.arn, approval, reason, by=release.actor())
        if as_json:
            release.out.json(package_form(decided))
        else:
            show_package(decided, release.model, release.out)


_add_decision("approve", Approval.APPROVED, "Approve a version; where sluice.yaml says so, that releases it.")
_add_decision("reject", Approval.REJECTED, "Reject a version: it cannot be released.")


def _contents(package: Package) -> Contents | str:
    """What is in its archive, or why that is not known: whoever may see packages need not be allowed to read it."""
    try:
        return open_package(package, Archives.connect())
    except ArchiveUnreadable as unreadable:
        return str(unreadable)

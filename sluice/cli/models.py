"""Commands about the versions of a model: register one, list them, decide about them."""

from typing import Annotated, Any

import typer

from sluice.aws.registry import Approval, Package
from sluice.cli.candidate import register
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.target import TargetName

app = typer.Typer(help="The versions of a model in SageMaker's model registry.")

PackageArgument = Annotated[str, typer.Argument(metavar="PACKAGE", help="Number or ARN of a registered version.")]
BecauseOption = Annotated[str, typer.Option("--reason", help="Why: it stands beside the decision.")]


def register_command(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PATH", help="A model directory (model.onnx, signature.json), or s3://….tar.gz packed from one."
        ),
    ],
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Pack and upload a model directory, or take an archive in S3, and register a version that waits for approval."""
    release = Release.open(config, target, model, as_json=as_json)
    with release.out.console.status("packing and uploading"):
        package = register(place, release)
    _show(release, package)


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
        release.out.json([_form(package) for package in found])
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
    """One registered version."""
    release = Release.open(config, target, model, as_json=as_json)
    _show(release, release.registry.get(release.endpoint, package))


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
        found = release.registry.get(release.endpoint, package)
        _show(release, release.registry.decide(found.arn, approval, reason))


_add_decision("approve", Approval.APPROVED, "Approve a version; where sluice.yaml says so, that releases it.")
_add_decision("reject", Approval.REJECTED, "Reject a version: it cannot be released.")


def _show(release: Release, package: Package) -> None:
    if release.out.as_json:
        release.out.json(_form(package))
        return
    because = f" ({package.because})" if package.because else ""
    release.out.plain(
        f"{release.model} version {package.version}: package {package.number}, {package.approval}{because}"
    )
    release.out.plain(f"  {package.arn}")
    release.out.plain(f"  {package.artifact or 'names no model.tar.gz in S3'}")


def _form(package: Package) -> dict[str, Any]:
    return {
        "arn": package.arn,
        "number": package.number,
        "version": package.version,
        "artifact": package.artifact,
        "inputs_hash": package.inputs_hash,
        "approval": package.approval.value,
        "because": package.because,
        "created_at": package.created_at.isoformat(),
    }

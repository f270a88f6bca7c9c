"""Which commands are there? Each parses its words, calls one use case and shows what came back."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.endpoint import Endpoints
from sluice.aws.state import RoutingStore
from sluice.cli import (
    backfill,
    data,
    drift,
    drift_watch,
    experiment,
    gate,
    incident,
    models,
    reference,
    replay,
    retrain,
    rollout,
)
from sluice.cli import doctor as doctor_command
from sluice.cli import up as up_command
from sluice.cli.deploy import deploy_again
from sluice.cli.http_client import ask
from sluice.cli.options import (
    CONFIG,
    PATIENCE_SECONDS,
    ConfigOption,
    JsonOption,
    ModelOption,
    TargetOption,
    the_model,
)
from sluice.cli.shares import SHARES_HELP, parse_shares
from sluice.cli.show import Output
from sluice.cli.status import read_status, show_status
from sluice.cli.target import TargetName, UsageProblem, resolve
from sluice.domain.errors import SluiceError
from sluice.service.set_weights import set_weights
from sluice.settings.source import InvalidSettings, load

app = typer.Typer(
    help="Releases machine-learning models on AWS as a sluice gate releases water: metered, watched, reversible.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("register")(models.register_command)
app.command("gate")(gate.gate_command)
app.command("replay")(replay.replay_command)
app.add_typer(rollout.app, name="rollout", no_args_is_help=True)
app.add_typer(experiment.app, name="experiment", no_args_is_help=True)
app.add_typer(models.app, name="models", no_args_is_help=True)
app.add_typer(incident.app, name="incident", no_args_is_help=True)
app.add_typer(data.app, name="data", no_args_is_help=True)
app.add_typer(reference.app, name="reference", no_args_is_help=True)
app.add_typer(drift.app, name="drift", no_args_is_help=True)
app.add_typer(retrain.app, name="retrain", no_args_is_help=True)
drift.app.add_typer(drift_watch.app)
drift.app.command("backfill")(backfill.backfill_command)


@app.command()
def up(
    config: ConfigOption = CONFIG,
    port: Annotated[int, typer.Option(help="Port of the prediction API.")] = up_command.API_PORT,
    aws_port: Annotated[int, typer.Option(help="Port of the emulated AWS APIs.")] = up_command.AWS_PORT,
    speed: Annotated[float, typer.Option(min=1, max=1000, help="How much faster than the wall its clock runs.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Start the local cloud, deploy to it with the real CDK, serve until Ctrl-C."""
    settings = load(config)
    up_command.run(settings, config, ports=up_command.Ports(api=port, aws=aws_port), speed=speed, out=Output(as_json))


@app.command()
def deploy(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Deploy sluice.yaml again to the running local cloud (on AWS: cdk deploy --all)."""
    load(config)
    deploy_again(config, Output(as_json))


@app.command()
def status(config: ConfigOption = CONFIG, target: TargetOption = TargetName.LOCAL, as_json: JsonOption = False) -> None:
    """What is deployed, which version serves how much, and how it went in the last 15 minutes."""
    settings = load(config)
    found = read_status(settings, resolve(target, settings, config), config)
    show_status(found, Output(as_json))


@app.command()
def predict(
    data: Annotated[Path, typer.Option(help='A V1 body: {"instances": [...]}; - reads standard input.')],
    model: ModelOption = None,
    unit: Annotated[str | None, typer.Option(help="Who is assigned to a variant.")] = None,
    token: Annotated[str | None, typer.Option(envvar="SLUICE_TOKEN", help="For access.mode jwt.")] = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Ask for a prediction, signed as the deployment's access mode asks for it."""
    settings = load(config)
    chosen = resolve(target, settings, config)
    content = sys.stdin.buffer.read() if str(data) == "-" else _content(data)
    answer = ask(chosen, settings.access, the_model(settings, model), content, unit=unit, token=token)
    Output(as_json).prediction(answer)
    raise typer.Exit(0 if answer.is_success else 1)


@app.command()
def weights(
    shares: Annotated[list[str], typer.Argument(metavar="VARIANT=PERCENT...", help=SHARES_HELP)],
    model: ModelOption = None,
    wait: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds SageMaker may take to have the weights in effect; by default 120, AWS: 600."),
    ] = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Set the traffic of each variant in whole percents, and wait until that is in effect."""
    settings, wanted, out = load(config), parse_shares(shares), Output(as_json)
    chosen = resolve(target, settings, config)
    patience_seconds = PATIENCE_SECONDS[target] if wait is None else wait
    with out.console.status("setting the weights; waiting until they are in effect"):
        routing = set_weights(
            the_model(settings, model),
            wanted,
            store=RoutingStore.connect_patiently(chosen.table),
            endpoints=Endpoints.connect(),
            sleep=time.sleep,
            patience_seconds=patience_seconds,
            routing_seconds=settings.inference.routing_seconds,
        )
    out.weights(routing)


@app.command()
def env(config: ConfigOption = CONFIG, target: TargetOption = TargetName.LOCAL, as_json: JsonOption = False) -> None:
    """Print what other programs need to reach the deployment, for a shell: eval "$(sluice env)"."""
    chosen = resolve(target, load(config), config)
    Output(as_json).environment({**chosen.environment, "SLUICE_API_URL": chosen.api_url}, unset=chosen.foreign)


@app.command()
def doctor(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Check this machine and say what to do."""
    findings = doctor_command.examine(config)
    Output(as_json).findings(findings)
    raise typer.Exit(0 if all(finding.is_well or not finding.is_needed for finding in findings) else 1)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command; what goes wrong is one line on standard error and exit status 2 (1: the cloud's fault)."""
    try:
        app(words)
    except (InvalidSettings, SluiceError, UsageProblem) as refused:
        _fail(str(refused), code=2)
    except (BotoCoreError, ClientError) as failed:
        _fail(f"AWS: {failed}", code=1)


def _fail(message: str, *, code: int) -> None:
    sys.stderr.write(f"sluice: {message}\n")
    sys.exit(code)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as unreadable:
        raise UsageProblem(f"{file} cannot be read: {unreadable.strerror}") from unreadable

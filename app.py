"""The deployment of sluice.yaml: settings, then stacks; the arguments are the arrows between them."""

import sys
from pathlib import Path

from aws_cdk import App

from cdk.artifact import InvalidModel
from cdk.compliance import check
from cdk.served_model import read_models
from sluice.settings.source import InvalidSettings, load
from stacks.api import Api
from stacks.observability import Observability
from stacks.serving import Serving
from stacks.state import State


def build(app: App) -> None:
    """Add the stacks to the app. Raises InvalidSettings or InvalidModel."""
    config = Path(app.node.try_get_context("config") or "sluice.yaml")
    deployment = load(config)
    models = read_models(deployment, config)
    state = State(app, f"{deployment.name}-state", deployment=deployment)
    serving = Serving(
        app, f"{deployment.name}-serving", deployment=deployment, models=models, table=state.table, data=state.data
    )
    api = Api(app, f"{deployment.name}-api", deployment=deployment, table=state.table, endpoints=serving.endpoints)
    name = deployment.name
    Observability(app, f"{name}-observability", name=name, endpoints=serving.endpoints, api=api)
    if app.node.try_get_context("nag"):
        check(app)


if __name__ == "__main__":
    app = App()
    try:
        build(app)
    except (InvalidSettings, InvalidModel) as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(2)
    app.synth()

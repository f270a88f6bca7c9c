"""The deployment of sluice.yaml: settings, then stacks; the arguments are the arrows between them."""

import os
import sys
from pathlib import Path

from aws_cdk import App

from cdk.commit import commit_of
from cdk.compliance import check
from cdk.served_model import read_models
from sluice.settings.artifact import InvalidModel
from sluice.settings.source import InvalidSettings, load
from stacks import Api, Feedback, Monitoring, Observability, Release, Retraining, Serving, State, Training


def build(app: App) -> None:
    """Add the stacks to the app. Raises InvalidSettings or InvalidModel."""
    deployment = load(config := Path(app.node.try_get_context("config") or "sluice.yaml"))
    name, models = deployment.name, read_models(deployment, config)
    state = State(app, f"{name}-state", deployment=deployment)
    serving = Serving(app, f"{name}-serving", deployment=deployment, models=models, table=state.table, data=state.data)
    api = Api(app, f"{name}-api", deployment=deployment, table=state.table, endpoints=serving.endpoints)
    Feedback(app, f"{name}-feedback", deployment=deployment, state=state, endpoints=serving.endpoints, api=api)
    if deployment.watched:
        Monitoring(app, f"{name}-monitoring", deployment=deployment, state=state, endpoints=serving.endpoints)
    if deployment.trained:
        commit, endpoints = app.node.try_get_context("commit") or commit_of(config.parent), serving.endpoints
        Training(app, f"{name}-training", deployment=deployment, state=state, endpoints=endpoints, commit=commit)
    if deployment.retrained:
        Retraining(app, f"{name}-retraining", deployment=deployment, state=state)
    release = Release(app, f"{name}-release", deployment=deployment, state=state, endpoints=serving.endpoints, api=api)
    Observability(app, f"{name}-observability", name=name, endpoints=serving.endpoints, api=api, release=release)


if __name__ == "__main__":
    try:
        build(app := App())
    except (InvalidSettings, InvalidModel) as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(2)
    if os.environ.get("SLUICE_NAG"):
        check(app)
    app.synth()

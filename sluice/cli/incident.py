"""Commands about incidents: what went wrong, on which evidence, and how to see it again."""

import json
from typing import Annotated

import typer

from sluice.api.control_view import IncidentsView, IncidentView
from sluice.api.rollout_view import as_json
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.replay import CandidateArgument, ToleranceOption, ToOption, Whom, replay_incident
from sluice.cli.target import TargetName, UsageProblem
from sluice.domain.incident import Incident
from sluice.domain.replay.compare import TOLERANCE

app = typer.Typer(help="What went wrong in releases: every abort leaves a record.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `sluice incident list` shows it.")]


@app.command("list")
def list_incidents(
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json_: JsonOption = False,
) -> None:
    """The incidents of a model, newest first."""
    release = Release.open(config, target, model, as_json=as_json_)
    found = release.incidents.list(release.model)
    if as_json_:
        release.out.json(as_json(IncidentsView.of(found)))
        return
    release.out.lines([[each.id, f"{each.opened_at:%Y-%m-%d %H:%M}", each.title, each.decided_by] for each in found])


@app.command()
def show(
    incident_id: IdArgument,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json_: JsonOption = False,
) -> None:
    """Everything about one: what changed, evidence, alarms, some predictions, and a command to see it again."""
    release = Release.open(config, target, model, as_json=as_json_)
    found = _incident(release, incident_id)
    if as_json_:
        release.out.json(as_json(IncidentView.of(found)))
        return
    lines = {
        "opened": f"{found.opened_at:%Y-%m-%d %H:%M:%S} UTC",
        "rollout": found.rollout_id or "none",
        "what changed": found.what_changed,
        "decided by": found.decided_by,
        "alarms": ", ".join(found.alarms) or "none",
        "predictions": ", ".join(found.prediction_ids) or "none recorded",
        "see it again": found.replay,
        "evidence": json.dumps(dict(found.evidence), indent=2, default=str),
    }
    release.out.plain(found.title)
    for name, text in lines.items():
        release.out.plain(f"  {name}: {text}")


@app.command()
def replay(
    incident_id: IdArgument,
    candidate: CandidateArgument = None,
    to: ToOption = None,
    tolerance: ToleranceOption = TOLERANCE,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json_: JsonOption = False,
) -> None:
    """Put its predictions' requests to the version it is about, or to a candidate, and compare the answers."""
    release = Release.open(config, target, model, as_json=as_json_)
    replay_incident(release, _incident(release, incident_id), Whom(candidate, to), tolerance=tolerance)


def _incident(release: Release, incident_id: str) -> Incident:
    found = release.incidents.get(release.model, incident_id)
    if found is None:
        raise UsageProblem(f"{release.model} has no incident {incident_id}: see `sluice incident list`")
    return found

"""Commands about rollouts: start one, look at it, and decide about it."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from sluice.api.control_view import AuditView, RolloutsView
from sluice.api.rollout_view import RolloutView, as_json, findings_of
from sluice.cli import show_rollout
from sluice.cli.options import (
    CONFIG,
    PATIENCE_SECONDS,
    ConfigOption,
    JsonOption,
    ModelOption,
    TargetOption,
)
from sluice.cli.release import Release
from sluice.cli.start_rollout import ask_for_a_look, start
from sluice.cli.target import TargetName
from sluice.cli.wait import wait_until_obeyed
from sluice.cli.watch import watch as watch_rollout
from sluice.clock import utc_now
from sluice.domain.rollout.rollout import Command, Rollout, Verb
from sluice.domain.rollout.wording import trouble_in_words
from sluice.domain.shadow.wording import shadowed_in_words
from sluice.service.command_rollout import command_rollout
from sluice.service.explain_rollout import explain_rollout

app = typer.Typer(help="Release a version step by step, judged on evidence; stop it at any moment.")

IdOption = Annotated[
    str | None,
    typer.Option("--id", help="A rollout; left out, the one under way, else the newest.", show_default=False),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why: it stands in the audit, beside your name.")]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is in effect.")]


@app.command("start")
def start_command(
    candidate: Annotated[
        str,
        typer.Argument(
            metavar="CANDIDATE",
            help="A model directory, an s3://….tar.gz (with --version), or a registered package: number, ARN, version.",
        ),
    ],
    model: ModelOption = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="A preset, or a file; left out, the plan of sluice.yaml.")
    ] = None,
    version: Annotated[str | None, typer.Option("--version", help="Of an archive in S3.")] = None,
    reason: ReasonOption = "",
    yes: Annotated[bool, typer.Option("--yes", help="Start it; needed with --target aws.")] = False,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Show what a release of a version will do and when it is expected to decide, and start it."""
    release = Release.open(config, target, model, as_json=as_json)
    start(release, candidate, plan=plan, version=version, reason=reason, may_start=yes or target is TargetName.LOCAL)


@app.command()
def status(
    model: ModelOption = None,
    rollout_id: IdOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """How a rollout stands: its weights, its place in the plan, and what the evidence says."""
    release = Release.open(config, target, model, as_json=as_json)
    _show(release, release.rollout(rollout_id))


@app.command()
def watch(
    model: ModelOption = None,
    rollout_id: IdOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Watch a rollout until it is over: weights, evidence between its boundaries, alarms, and what it waits for."""
    release = Release.open(config, target, model, as_json=as_json)
    watch_rollout(release, release.rollout(rollout_id).id, now=utc_now, sleep=time.sleep)


@app.command()
def history(
    model: ModelOption = None,
    rollout_id: Annotated[str | None, typer.Option("--id", help="The audit of one: who, when, why.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many rollouts.")] = 20,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """The rollouts of a model, newest first; with --id everything that happened to one."""
    release = Release.open(config, target, model, as_json=as_json)
    if rollout_id is None:
        _show_list(release, release.rollouts.recent(release.model, limit))
    else:
        _show_audit(release, release.rollout(rollout_id))


@app.command()
def explain(
    model: ModelOption = None,
    rollout_id: IdOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Why is it at this weight, and what happens next? In sentences."""
    release = Release.open(config, target, model, as_json=as_json)
    rollout = release.rollout(rollout_id)
    sentences = explain_rollout(rollout, rollouts=release.rollouts, rewards=release.rewards, now=utc_now())
    if as_json:
        release.out.json({"sentences": sentences})
    for sentence in sentences:
        release.out.plain(sentence)


def _add_decision(verb: Verb, meaning: str, *, waits: bool = False) -> None:
    @app.command(verb.value, help=meaning)
    def decide(
        model: ModelOption = None,
        rollout_id: IdOption = None,
        reason: ReasonOption = "",
        wait: WaitOption = waits,
        config: ConfigOption = CONFIG,
        target: TargetOption = TargetName.LOCAL,
        as_json: JsonOption = False,
    ) -> None:
        release = Release.open(config, target, model, as_json=as_json)
        controller = release.controller()
        command = Command(verb, release.actor(), reason, utc_now())
        decided = command_rollout(release.model, rollout_id, command, rollouts=release.rollouts, now=command.at)
        ask_for_a_look(controller, release)
        if wait:
            with release.out.console.status(f"{verb}: waiting until it is in effect"):
                decided = wait_until_obeyed(
                    verb,
                    lambda: release.rollout(decided.id),
                    look=lambda: controller.look_now(release.model),
                    sleep=time.sleep,
                    patience_seconds=PATIENCE_SECONDS[target],
                )
            release.out.plain(show_rollout.line_of(release.rollouts.audit(release.model, decided.id)[-1]))
        _show(release, decided)


_add_decision(Verb.PAUSE, "Hold a rollout where it is; alarms and evidence can still abort it.")
_add_decision(Verb.RESUME, "Let a held rollout go on, and put back what it wants where somebody changed it by hand.")
_add_decision(Verb.PROMOTE, "Past a stage that waits for a person or for evidence: on to the next one.")
_add_decision(Verb.ABORT, "Give all traffic back to the previous version, now.", waits=True)


def _show(release: Release, rollout: Rollout) -> None:
    out = release.out
    if out.as_json:
        out.json(as_json(RolloutView.of(rollout, now=utc_now())))
        return
    out.line(show_rollout.title(rollout))
    out.plain(f"  weights: {show_rollout.shares(rollout)}")
    for finding in findings_of(rollout, now=utc_now()):
        out.plain(f"  {finding.verdict}: {finding.reason}")
    for sentence in shadowed_in_words(rollout.evidence.shadowed) if rollout.evidence.shadowed else ():
        out.plain(f"  {sentence}")
    if rollout.reason:
        out.plain(f"  last decision, by {rollout.decided_by}: {rollout.reason}")
    if rollout.command is not None:
        out.plain(f"  {rollout.command.verb} asked for by {rollout.command.actor}: the next look obeys")
    if rollout.trouble is not None:
        out.plain(f"  {trouble_in_words(rollout.trouble)}")


def _show_list(release: Release, rollouts: Sequence[Rollout]) -> None:
    out = release.out
    if out.as_json:
        out.json(as_json(RolloutsView.of(rollouts, now=utc_now())))
        return
    out.lines(
        [
            [r.id, r.phase, f"version {r.candidate.version} for {r.previous.version}", r.plan.name, r.reason]
            for r in rollouts
        ]
    )


def _show_audit(release: Release, rollout: Rollout) -> None:
    entries = release.rollouts.audit(release.model, rollout.id)
    if release.out.as_json:
        release.out.json(as_json(AuditView.of(entries)))
        return
    for entry in entries:
        release.out.plain(show_rollout.line_of(entry))

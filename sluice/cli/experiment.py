"""Commands about experiments: start one, read its verdict, end it, ask what other weights would have earned."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import typer

from sluice.api.control_view import AuditView
from sluice.api.experiment_view import ExperimentStatusView, ExperimentsView, ExperimentView, PolicyView
from sluice.api.rollout_view import as_json as form_of
from sluice.aws.experiments import Experiments
from sluice.cli import show_rollout
from sluice.cli.options import CONFIG, ConfigOption, JsonOption, ModelOption, TargetOption
from sluice.cli.release import Release
from sluice.cli.shares import SHARES_HELP, parse_shares, parse_variants
from sluice.cli.show_experiment import show_line, show_policy, show_status
from sluice.cli.start_rollout import ask_for_a_look
from sluice.cli.target import TargetName, UsageProblem
from sluice.clock import utc_now
from sluice.domain.experiment.experiment import Mode
from sluice.domain.experiment.goal import Goal, GoalKind
from sluice.domain.experiment.run import Run, Stop
from sluice.domain.rollout.document import rollout_id
from sluice.service.experiment_status import evaluate_policy, experiment_status
from sluice.service.start_experiment import ExperimentRequest, start_experiment
from sluice.service.stop_experiment import everything_to_the_champion, find_experiment, stop_experiment

app = typer.Typer(
    help="Compare versions on what they are for: A/B/n tests, bandits and interleaving, judged while they run."
)

IdOption = Annotated[str | None, typer.Option("--id", help="An experiment; left out, the newest.", show_default=False)]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why: it stands in the audit, beside your name.")]
SharesArgument = Annotated[list[str], typer.Argument(metavar="VARIANT=PERCENT...", help=SHARES_HELP)]
ComparedArgument = Annotated[
    list[str],
    typer.Argument(metavar="VARIANT[=PERCENT]...", help=f"{SHARES_HELP}; with --interleave: champion challenger"),
]


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A model in a cloud, and its experiments."""

    release: Release
    experiments: Experiments

    @classmethod
    def open(cls, config: Path, target: TargetName, model: str | None, *, as_json: bool) -> Self:
        """Read the settings and connect. Raises InvalidSettings or UsageProblem."""
        release = Release.open(config, target, model, as_json=as_json)
        return cls(release, Experiments.connect(release.target.table))

    def find(self, experiment_id: str | None) -> Run:
        """The experiment of that id, else the newest. Raises ExperimentNotFound."""
        return find_experiment(self.release.model, experiment_id, self.experiments)

    def show(self, run: Run) -> None:
        """How it stands, without its verdict."""
        view = ExperimentView.of(run)
        if self.release.out.as_json:
            self.release.out.json(form_of(view))
        show_line(view, self.release.out)


@app.command()
def start(
    compared: ComparedArgument,
    goal: Annotated[str, typer.Option("--goal", help="What decides: the name of a reward in feedback.")],
    kind: Annotated[GoalKind, typer.Option("--kind", help="Rewards are 1 and 0, or amounts.")] = GoalKind.BINARY,
    cap: Annotated[float, typer.Option("--cap", help="Of --kind mean: the largest absolute value of a reward.")] = 1,
    lower_is_better: Annotated[bool, typer.Option("--lower-is-better", help="Less of it is better.")] = False,
    minimum_effect: Annotated[
        float, typer.Option("--minimum-effect", help="The smallest improvement worth having; binary: a share of one.")
    ] = 0,
    ignore_silence: Annotated[
        bool, typer.Option("--ignore-silence", help="A prediction without feedback does not count, instead of as 0.")
    ] = False,
    covariate: Annotated[bool, typer.Option("--covariate", help="Feedback brings one: CUPED.")] = False,
    bandit: Annotated[bool, typer.Option("--bandit", help="Weights follow the rewards.")] = False,
    interleave: Annotated[bool, typer.Option("--interleave", help="Two rankers draft each list of :rank.")] = False,
    floor_percent: Annotated[int, typer.Option("--floor-percent", help="Of a bandit: each variant's least.")] = 5,
    discount: Annotated[float, typer.Option("--discount", help="Of a bandit: what a batch keeps at the next.")] = 1,
    every_minutes: Annotated[float, typer.Option("--every-minutes", help="Of a bandit: how long weights stay.")] = 5,
    alpha: Annotated[float, typer.Option("--alpha", help="Chance of a wrong verdict, all looks together.")] = 0.05,
    horizon_days: Annotated[float, typer.Option("--horizon-days", help="Undecided then, a person decides.")] = 14,
    maturation_minutes: Annotated[
        float, typer.Option("--maturation-minutes", help="A prediction counts when it is older: rewards take time.")
    ] = 60,
    reason: ReasonOption = "",
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Compare variants that are deployed on a goal: divide the traffic between them, or interleave their lists."""
    if bandit and interleave:
        raise UsageProblem("either --bandit or --interleave")
    laboratory = Laboratory.open(config, target, model, as_json=as_json)
    release = laboratory.release
    request = ExperimentRequest(
        model=release.model,
        weights={} if interleave else parse_shares(compared),
        variants=parse_variants(compared) if interleave else (),
        goal=Goal(goal, kind, not lower_is_better, minimum_effect, cap, not ignore_silence),
        requested_by=release.actor(),
        reason=reason,
        mode=Mode.BANDIT if bandit else Mode.INTERLEAVING if interleave else Mode.FIXED,
        alpha=alpha,
        horizon_days=horizon_days,
        maturation_minutes=maturation_minutes,
        covariate=covariate,
        floor_percent=floor_percent,
        discount=discount,
        every_minutes=every_minutes,
    )
    _start(request, laboratory)


def _start(request: ExperimentRequest, laboratory: Laboratory) -> None:
    release = laboratory.release
    controller = release.controller()
    run = start_experiment(
        request,
        experiments=laboratory.experiments,
        rollouts=release.rollouts,
        routings=release.routings,
        new_id=lambda at: rollout_id(at, secrets.token_hex(2)),
        now=utc_now(),
    )
    ask_for_a_look(controller, release)
    laboratory.show(run)


@app.command()
def status(
    experiment_id: IdOption = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Its verdict in a sentence, the interval behind it, and about how long it takes yet."""
    laboratory = Laboratory.open(config, target, model, as_json=as_json)
    run = laboratory.find(experiment_id)
    found = experiment_status(
        run, experiments=laboratory.experiments, rewards=laboratory.release.rewards, now=utc_now()
    )
    view, out = ExperimentStatusView.of_status(found), laboratory.release.out
    if out.as_json:
        out.json(form_of(view))
    show_status(view, out)


@app.command("list")
def list_experiments(
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many.")] = 20,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """The experiments of a model, newest first."""
    laboratory = Laboratory.open(config, target, model, as_json=as_json)
    runs, out = laboratory.experiments.recent(laboratory.release.model, limit), laboratory.release.out
    if out.as_json:
        out.json(form_of(ExperimentsView.of(runs)))
    elif runs:
        out.lines([[r.id, r.experiment.phase, r.experiment.goal.name, r.experiment.mode, r.reason] for r in runs])


@app.command()
def history(
    experiment_id: IdOption = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """Everything that happened to an experiment: who, when, why; a bandit's draws with their seeds (--json)."""
    laboratory = Laboratory.open(config, target, model, as_json=as_json)
    run, out = laboratory.find(experiment_id), laboratory.release.out
    entries = laboratory.experiments.audit(run.model, run.id)
    if out.as_json:
        out.json(form_of(AuditView.of(entries)))
    for entry in entries:
        out.plain(show_rollout.line_of(entry))


@app.command()
def stop(
    shares: Annotated[
        list[str] | None, typer.Argument(metavar="VARIANT=PERCENT...", help="The traffic then; the champion's, else.")
    ] = None,
    experiment_id: IdOption = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the traffic as it is.")] = False,
    reason: ReasonOption = "",
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """End an experiment; unless something else is said, the champion gets all traffic back."""
    if keep and shares:
        raise UsageProblem("either --keep or VARIANT=PERCENT...")
    weights = parse_shares(shares) if shares else None
    laboratory = Laboratory.open(config, target, model, as_json=as_json)
    release, run = laboratory.release, laboratory.find(experiment_id)
    controller = release.controller()
    decided = Stop(release.actor(), reason, None if keep else weights or everything_to_the_champion(run))
    stopped = stop_experiment(run, decided, experiments=laboratory.experiments, now=utc_now())
    ask_for_a_look(controller, release)
    laboratory.show(stopped)


@app.command()
def evaluate(
    shares: SharesArgument,
    experiment_id: IdOption = None,
    model: ModelOption = None,
    config: ConfigOption = CONFIG,
    target: TargetOption = TargetName.LOCAL,
    as_json: JsonOption = False,
) -> None:
    """What other weights would have earned in the experiment's time: IPS, self-normalised, doubly robust."""
    policy = parse_shares(shares)
    laboratory = Laboratory.open(config, target, model, as_json=as_json)
    run, out = laboratory.find(experiment_id), laboratory.release.out
    found = evaluate_policy(
        run, policy, experiments=laboratory.experiments, rewards=laboratory.release.rewards, now=utc_now()
    )
    view = PolicyView.of(policy, found)
    if out.as_json:
        out.json(form_of(view))
    show_policy(view, out)

"""How does a rollout look in a terminal? Weights as bars, its place in the plan, evidence between its boundaries."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sluice.cli.show_plan import describe_stage
from sluice.domain.evidence.finding import Finding, Verdict
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.rollout import Phase, Position, Rollout
from sluice.domain.variant import in_order

_BAR = 30
_HALF = 12
_PHASE_STYLE = {
    Phase.PENDING: "dim",
    Phase.PROGRESSING: "cyan",
    Phase.PAUSED: "yellow",
    Phase.SUCCEEDED: "green",
    Phase.ABORTED: "red",
}
_VERDICT_STYLE = {
    Verdict.PASS: "green",
    Verdict.INCONCLUSIVE: "dim",
    Verdict.ERROR: "yellow",
    Verdict.FAIL: "red",
}


def title(rollout: Rollout) -> str:
    """Which rollout it is and how it stands, in one line of markup."""
    phase = f"[{_PHASE_STYLE[rollout.phase]}]{rollout.phase}[/]"
    versions = f"version {rollout.candidate.version} in place of {rollout.previous.version}"
    return f"[bold]{escape(rollout.model)}[/] {rollout.id}: {escape(versions)}: {phase}, {escape(where(rollout))}"


def where(rollout: Rollout) -> str:
    """Its place in the plan, in words."""
    if rollout.position is not Position.STAGE:
        return rollout.position.value
    stage = rollout.plan.stages[rollout.stage]
    return f"stage {rollout.stage + 1} of {len(rollout.plan.stages)} ({describe_stage(stage)})"


def shares(rollout: Rollout) -> str:
    """The weights that are wanted, in one line."""
    return ", ".join(f"{slot} {rollout.weights[slot]} %" for slot in in_order(rollout.weights)) or "as they were"


def panel(
    rollout: Rollout,
    *,
    findings: Sequence[Finding],
    alarms: Sequence[Alarm],
    entries: Sequence[Entry],
    sentences: Iterable[str],
) -> Group:
    """Everything about a rollout, to be looked at."""
    return Group(
        Text.from_markup(title(rollout)),
        Text(),
        *_weights(rollout),
        Text(),
        *_plan(rollout),
        *_evidence(findings),
        *_alarms(alarms),
        Text(),
        *(Text(f"  {sentence}") for sentence in sentences),
        Text(),
        *(_one_line(f"  {line_of(entry)}", style="dim") for entry in entries),
    )


def balance(finding: Finding) -> str:
    """Evidence between its two boundaries: to the left that of harm, to the right that of "good enough".

    A side that is full has reached its boundary; evidence against a side does not show.
    """
    harm = _filled(finding.log_e_harm, finding.harm_boundary)
    left = f"{'█' * harm:>{_HALF}}"
    if finding.log_e_promote is None or finding.promote_boundary is None:
        return f"▐{left}│{' ' * _HALF}▌"
    good = _filled(finding.log_e_promote, finding.promote_boundary)
    return f"▐{left}│{'█' * good:<{_HALF}}▌"


def _filled(log_e: float, boundary: float) -> int:
    return round(_HALF * min(max(log_e / boundary, 0.0), 1.0))


def _weights(rollout: Rollout) -> Iterator[RenderableType]:
    for slot in in_order(rollout.weights):
        weight = rollout.weights[slot]
        length = round(_BAR * weight / 100)
        version = rollout.slots.get(slot, "")
        bar = f"{'█' * length}{'░' * (_BAR - length)}"
        yield Text(f"  {slot:<12} {bar} {weight:>3} %  {f'version {version}' if version else ''}".rstrip())
    if not rollout.is_settled and not rollout.phase.is_over:
        yield Text("  wanted; not in effect everywhere yet", style="dim")


def _plan(rollout: Rollout) -> Iterator[RenderableType]:
    for index, stage in enumerate(rollout.plan.stages):
        is_here = index == rollout.stage and rollout.position is Position.STAGE
        mark = "▶" if is_here else "✓" if index < rollout.stage else " "
        yield Text(f"  {mark} {describe_stage(stage)}", style="bold" if is_here else "dim")
    if rollout.position is not Position.STAGE:
        yield Text(f"  ▶ {rollout.position}", style="bold")


def _evidence(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    if not findings:
        return
    table = Table("evidence", "roll back ◀   ▶ promote", "verdict", "why", box=None, padding=(0, 1))
    for finding in findings:
        verdict = Text(finding.verdict, style=_VERDICT_STYLE[finding.verdict])
        table.add_row(finding.subject, balance(finding), verdict, _one_line(finding.reason))
    yield Text()
    yield table


def _alarms(alarms: Sequence[Alarm]) -> Iterator[RenderableType]:
    yield Text()
    for alarm in alarms:
        yield Text(f"  ALARM {alarm.name}: {alarm.reason}", style="red")
    if not alarms:
        yield Text("  no alarm", style="dim")


def line_of(entry: Entry) -> str:
    """One line of the audit, for people."""
    return f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.kind} by {entry.actor}: {entry.reason}"


def _one_line(text: str, style: str = "") -> Text:
    """A picture that grew with its texts would not fit a terminal; `sluice rollout history` has them in full."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")

"""Watch a rollout: a live picture on a terminal, a line for everything that happens in a pipe."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from rich.console import RenderableType
from rich.live import Live

from sluice.api.rollout_view import RolloutView, as_json, findings_of
from sluice.aws.alarms import Alarms
from sluice.cli.release import Release
from sluice.cli.show_rollout import line_of, panel, shares, where
from sluice.domain.rollout.decision import Entry
from sluice.domain.rollout.explain import explain
from sluice.domain.rollout.findings import RewardFinding
from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.rollout import Rollout
from sluice.domain.shadow.wording import shadowed_in_words
from sluice.service.collect_evidence import judged
from sluice.service.weigh_rewards import weigh_rewards

_PAUSE_SECONDS = 2.0
_SHOWN_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look of a person sees.

    Attributes:
        rollout: The record.
        entries: Its whole audit.
        alarms: What is in ALARM.
        reward: What rewards say, where they decide.

    """

    rollout: Rollout
    entries: list[Entry]
    alarms: tuple[Alarm, ...]
    reward: RewardFinding | None


def watch(release: Release, rollout_id: str, *, now: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
    """Show a rollout until it is over, or Ctrl-C."""
    sights = _sights(release, rollout_id, now, sleep)
    try:
        if release.out.as_json:
            _follow_json(release, sights, now)
        elif release.out.console.is_terminal:
            _follow_live(release, sights, now)
        else:
            _follow_lines(release, sights)
    except KeyboardInterrupt:
        release.out.line("the rollout goes on; nobody is watching")


def _sights(
    release: Release, rollout_id: str, now: Callable[[], datetime], sleep: Callable[[float], None]
) -> Iterator[Sight]:
    alarms = Alarms.connect()
    while True:
        rollout = release.rollout(rollout_id)
        entries = release.rollouts.audit(release.model, rollout_id)
        reward = weigh_rewards(rollout, release.rewards, now=now())
        yield Sight(rollout, entries, alarms.of(release.endpoint).firing, reward)
        if rollout.phase.is_over:
            return
        sleep(_PAUSE_SECONDS)


def _follow_live(release: Release, sights: Iterator[Sight], now: Callable[[], datetime]) -> None:
    with Live(console=release.out.console, auto_refresh=False) as live:
        for sight in sights:
            live.update(_picture(sight, now=now()), refresh=True)


def _picture(sight: Sight, *, now: datetime) -> RenderableType:
    """Everything, once: the sentences about the evidence stand in its table already."""
    findings = findings_of(sight.rollout, now=now)
    shown = {f"{finding.verdict.capitalize()}: {finding.reason}." for finding in findings}
    sentences = explain(sight.rollout, sight.entries, judged(sight.rollout, now=now, reward=sight.reward), now)
    return panel(
        sight.rollout,
        findings=findings,
        alarms=sight.alarms,
        entries=sight.entries[-_SHOWN_ENTRIES:],
        sentences=[sentence for sentence in sentences if sentence not in shown],
    )


def _follow_lines(release: Release, sights: Iterator[Sight]) -> None:
    said: list[str] = []
    for sight in sights:
        lines = [
            *map(line_of, sight.entries),
            f"now: {sight.rollout.phase}, {where(sight.rollout)}; {shares(sight.rollout)}",
            *_agreement(sight.rollout),
        ]
        for line in lines:
            if line not in said:
                release.out.plain(line)
        said = lines


def _agreement(rollout: Rollout) -> list[str]:
    """How a shadow agrees; its other numbers are for pictures."""
    shadowed = rollout.evidence.shadowed
    return list(islice(shadowed_in_words(shadowed), 1)) if shadowed else []


def _follow_json(release: Release, sights: Iterator[Sight], now: Callable[[], datetime]) -> None:
    seen = None
    for sight in sights:
        if sight.rollout.revision != seen:
            release.out.json(as_json(RolloutView.of(sight.rollout, now=now())))
        seen = sight.rollout.revision

"""What is there to tell of a deployed version's drift? Its stored windows, judged as the deployment judges them.

Hours as long as there are few enough to look at, else days, else weeks: counts add up. A look sees the windows before
those that are shown, too, as the deployment's own did.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.drift.summary import empty
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.window import LENGTH
from sluice.report.story import Look, Story
from sluice.service.count_windows import ByTime, Counted, Window
from sluice.service.earlier_weeks import WEEKS
from sluice.service.find_compared import Compared, NothingToReport, Stores, champion_of, find_compared
from sluice.service.gather_windows import gather_pasts, gather_windows
from sluice.service.judge_drift import rules_of
from sluice.service.judge_windows import judge_windows
from sluice.service.stored_window import Asked

_MOST_COLUMNS = 7 * 24 + 1  # a week of hours and the one under way
_DAY, _WEEK, _MONTH = timedelta(days=1), timedelta(weeks=1), timedelta(days=30)
_NAMES = {LENGTH: "hour", _DAY: "day", _WEEK: "week"}
_BESIDE = {
    _DAY: f"A day is compared with the same day of the {WEEKS} weeks before",
    _WEEK: f"A week is compared with the {WEEKS} before it",
}


def report_drift(
    model: str, version: str | None, watching: Watching, stores: Stores, *, since: datetime, now: datetime
) -> Story:
    """The story of a version, of the champion where none is named.

    Raises ModelNotFound, NothingToReport, InvalidReference, StoreUnavailable.
    """
    chosen = version or champion_of(model, stores)
    compared = find_compared(model, chosen, stores)
    begin = max(since, compared.accepted or since)
    length = length_for(begin, now)
    rules = rules_for(length, rules_of(watching))
    asked = Asked(model, chosen, _earliest(begin, length, rules, compared), now)
    windows = gather_windows(asked, length, compared.reference.whole.binning, stores)
    pasts = _pasts(asked, length, compared, stores, windows=windows) if watching.by_week else ()
    reference = _sliced_as(compared.reference, windows)
    looks = tuple(judge_windows(reference, windows, rules, first=_first_shown(windows, begin), pasts=pasts))
    if not looks:
        raise NothingToReport(
            f"nothing was counted of version {chosen} of {model} since {begin:%Y-%m-%d %H:%M} UTC: is it asked, and "
            "is capture.percent above 0?"
        )
    weeks = _beside_weeks(looks, length, rules) if watching.by_week else ()
    notes = (*reference.whole.lacks, *_notes(looks, length, now), *weeks, *_left_out(compared, since))
    facts = {"data": f"its requests, counted by the {_NAMES[length]}", "reference": _past_name(looks, compared)}
    labels = compared.reference.outcomes
    return Story(f"{model} version {chosen}", reference.whole, looks, rules, notes, facts, compared.losses, labels)


def length_for(begin: datetime, now: datetime) -> timedelta:
    """How long a window is, for the page to stay readable."""
    return next((length for length in _NAMES if (now - begin) / length <= _MOST_COLUMNS), _WEEK)


def rules_for(length: timedelta, rules: Rules) -> Rules:
    """The deployment's rules; the budget is that of a look a window, or of more where the deployment makes more."""
    looks = _MONTH / length
    return replace(rules, looks_per_30_days=max(looks, rules.looks_per_30_days) if length == LENGTH else looks)


def _pasts(
    asked: Asked, length: timedelta, compared: Compared, stores: Stores, *, windows: Sequence[Window]
) -> list[Counted]:
    """What each window is compared with where they are watched by the hour of the week."""
    binning = compared.reference.whole.binning
    found, nothing = gather_pasts(asked, length, binning, stores, since=compared.accepted), Counted(empty(binning))
    return [found.get(window.start, nothing) for window in windows]


def _earliest(begin: datetime, length: timedelta, rules: Rules, compared: Compared) -> datetime:
    """When the first hour began that any look sees: what was accepted is not compared with what came before it."""
    cut = ByTime(length)
    first, _ = cut.bounds(cut.place(begin) + 1 - (1 << (rules.levels - 1)))
    return max(first, compared.accepted or first)


def _first_shown(windows: Sequence[Window], begin: datetime) -> int:
    """The place of the first window with rows that ended after ``begin``; behind the last where there is none."""
    shown = (
        place
        for place, window in enumerate(windows)
        if window.end is not None and window.end > begin and window.counted.summary.rows
    )
    return next(shown, len(windows))


def _sliced_as(reference: SlicedReference, windows: Sequence[Window]) -> SlicedReference:
    """The reference with those of its slices by which windows were counted, too."""
    counted = {of for window in windows for of in window.counted.slices}
    return SlicedReference(reference.whole, {of: past for of, past in reference.slices.items() if of in counted})


def _notes(looks: Sequence[Look], length: timedelta, now: datetime) -> list[str]:
    name, many = _NAMES[length], len(looks)
    notes = []
    if length != LENGTH:
        notes.append(
            f"Windows are {name}s, the counts of their hours added up: hours are shown for a week at most "
            "(`--since 7d`). The deployment itself judges hours."
        )
    if empty := sum(not look.summary.rows for look in looks):
        notes.append(f"No rows in {empty:,} of {many:,} {name}s: these are not judged.")
    return [*notes, f"The last {name} is still under way: it has its rows until {now:%Y-%m-%d %H:%M} UTC."]


def _past_name(looks: Sequence[Look], compared: Compared) -> str:
    """What looks are compared with, in words."""
    beside = [look.past is not None for look in looks if look.findings]
    weeks = f"the same hours of the last {WEEKS} weeks"
    if all(beside):
        return weeks if beside else compared.name
    return f"{weeks}; where these say too little, {compared.name}" if any(beside) else compared.name


def _beside_weeks(looks: Sequence[Look], length: timedelta, rules: Rules) -> list[str]:
    """What is to be said of a comparison with earlier weeks."""
    judged = [look for look in looks if look.findings]
    notes = []
    if length != LENGTH:
        notes.append(f"{_BESIDE[length]}, as far as it has come; the deployment itself compares hours with hours.")
    if few := sum(look.past is None for look in judged):
        notes.append(
            f"{few:,} of {len(judged):,} looks are not compared with earlier weeks: they have fewer than "
            f"{rules.min_rows} rows."
        )
    return notes


def _left_out(compared: Compared, since: datetime) -> list[str]:
    if compared.accepted is None or compared.accepted <= since:
        return []
    return [f"Hours before {compared.accepted:%Y-%m-%d %H:%M} UTC are not compared with what was accepted since then."]

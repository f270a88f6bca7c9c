"""What does looking at a file for drift come to?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

from sluice.cli.drift_options import FileWords
from sluice.cli.drift_source import Compared, Data
from sluice.cli.target import UsageProblem
from sluice.domain.drift.finding import DriftFinding
from sluice.domain.drift.rules import Rules
from sluice.domain.evidence.finding import Verdict
from sluice.report.overview import worst_of
from sluice.report.story import Story
from sluice.service.count_windows import ByRows, ByTime, count_windows, without_cut_ends
from sluice.service.judge_windows import fitting, judge_windows

_MONTH = timedelta(days=30)
_RUNS = 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for.

    Attributes:
        reference: The place of reference.json.
        data: The rows.
        window: Length of a window in time; None where they are not cut by it.
        rows_per_window: Rows of a window; None where they are not cut by these.
        left_out: Features that are not looked at.
        false_alarms_per_30_days: The budget.
        runs_per_30_days: How often such a file is looked at; None for what is usual.
        predict: Whether the model is asked for answers.

    """

    reference: Path
    data: Data
    window: timedelta | None
    rows_per_window: int | None
    left_out: Sequence[str]
    false_alarms_per_30_days: float
    runs_per_30_days: float | None
    predict: bool

    @classmethod
    def of(cls, words: FileWords, window: timedelta | None) -> Self:
        """As the command line says it."""
        slices, scores = tuple(words.slices or ()), tuple(words.scores or ())
        return cls(
            words.reference,
            Data(words.data, words.label, scores, slices, words.time),
            window,
            words.rows_per_window,
            tuple(words.without or ()),
            words.false_alarms,
            words.runs,
            predict=words.predict,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    Attributes:
        story: For a report.
        findings: Of each feature and slice the one of the look at which it was worst; the worst first.
        data: Which rows were looked at.

    """

    story: Story
    findings: Sequence[DriftFinding]
    data: str

    @property
    def drifted(self) -> list[DriftFinding]:
        """Those that have drifted at some look."""
        return [finding for finding in self.findings if finding.verdict is Verdict.FAIL]


def look(wanted: Wanted) -> Found:
    """Read, count, judge. Raises UsageProblem, and what reading a file may."""
    compared = Compared.open(wanted.reference, wanted.data, predict=wanted.predict, left_out=wanted.left_out)
    cut = ByTime(wanted.window) if wanted.window else ByRows(wanted.rows_per_window)
    windows, cut_off = without_cut_ends(count_windows(compared.reference, compared.rows(wanted.data), cut))
    rules = _rules(wanted, len(windows))
    looks = tuple(judge_windows(compared.reference, windows, rules))
    facts = {"data": wanted.data.file.name, "reference": compared.name}
    story = Story(
        compared.name,
        compared.reference.whole,
        looks,
        rules,
        (*compared.notes, *cut_off),
        facts,
        slice_outcomes=compared.reference.outcomes,
    )
    findings = worst_of(story)
    _refuse_what_says_nothing(findings, wanted, rules)
    return Found(story, findings, str(wanted.data.file))


def says_nothing(findings: Sequence[DriftFinding]) -> bool:
    """Whether nothing could be judged: no verdict is never a good one."""
    return all(finding.verdict is Verdict.INCONCLUSIVE for finding in findings)


def _rules(wanted: Wanted, windows: int) -> Rules:
    """The budget, shared among the looks of 30 days: those of the clock, or of so many files like this one."""
    if wanted.window is None:
        looks = windows * (_RUNS if wanted.runs_per_30_days is None else wanted.runs_per_30_days)
    elif wanted.runs_per_30_days is None:
        looks = _MONTH / wanted.window
    else:
        raise UsageProblem(
            "--runs-per-30-days is for windows of rows: with --time, the clock says how many looks there are"
        )
    return fitting(Rules(wanted.false_alarms_per_30_days, looks), windows)


def _refuse_what_says_nothing(findings: Sequence[DriftFinding], wanted: Wanted, rules: Rules) -> None:
    broken = [finding.feature for finding in findings if finding.verdict is Verdict.ERROR and not finding.slice]
    if broken:
        names = ", ".join(broken)
        raise UsageProblem(
            f"{wanted.reference} has no value of {names}: build it of rows that have some, or leave out with --without"
        )
    if says_nothing(findings):
        raise UsageProblem(
            f"{wanted.data.file} has too few rows to judge: no window, nor several together, has {rules.min_rows}"
        )

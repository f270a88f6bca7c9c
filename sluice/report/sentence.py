"""How is what was found told in a sentence?"""

from collections.abc import Sequence

from sluice.domain.drift.finding import Change, DriftFinding
from sluice.domain.evidence.finding import Verdict
from sluice.report.spans import length
from sluice.report.story import Story

CHANGES = {
    Change.LOCATION: "moved",
    Change.SPREAD: "spread",
    Change.SHAPE: "reshaped",
    Change.CATEGORIES: "other mix",
    Change.NEW_CATEGORY: "new category",
    Change.MISSING: "missing",
    Change.WRONG_TYPE: "wrong type",
    Change.OUT_OF_RANGE: "out of range",
    Change.NON_FINITE: "not finite",
    Change.FROZEN: "frozen",
    Change.DUPLICATES: "come twice",
}


def headline(story: Story, findings: Sequence[DriftFinding]) -> str:
    """What matters most, in one sentence; ``findings`` are the worst of each feature and slice."""
    drifted = [finding for finding in findings if finding.verdict is Verdict.FAIL]
    twice = "".join(f" Rows come twice: {_shortly(each)}." for each in drifted if each.change is Change.DUPLICATES)
    return _of_features(story, [each for each in drifted if each.change is not Change.DUPLICATES]) + twice


def in_words(finding: DriftFinding) -> str:
    """The reason without the name it begins with and the size, which stand beside it."""
    where = f"{finding.feature} of {finding.slice}: " if finding.slice else f"{finding.feature}: "
    return finding.reason.removeprefix(where).replace(f" ({finding.size})", "", 1)


def capital(sentence: str) -> str:
    """With a capital."""
    return sentence[:1].upper() + sentence[1:]


def size(finding: DriftFinding) -> str:
    """How large the change is, shortly."""
    return finding.size.replace("standard deviations", "sd")


def change_name(finding: DriftFinding) -> str:
    """How it has changed, in a word or two."""
    return CHANGES[finding.change] if finding.change else ""


def _first(finding: DriftFinding) -> str:
    where = f"{finding.feature} of {finding.slice}" if finding.slice else finding.feature
    return f"{where}: {_shortly(finding)}"


def _shortly(finding: DriftFinding) -> str:
    return in_words(finding).split("; ")[0].rsplit(", in ", 1)[0]


def _of_features(story: Story, drifted: Sequence[DriftFinding]) -> str:
    whole = [finding for finding in drifted if not finding.slice]
    features = len(story.reference.binning.features)
    if not drifted:
        return f"No drift found in {features} features."
    if not whole:
        return f"No drift found in {features} features of all rows, but in slices: {_first(drifted[0])}."
    return f"{len(whole)} of {features} features drifted, most of all {_first(whole[0])}."


def period(story: Story) -> str:
    """When, and how cut."""
    looks = story.looks
    rows = sum(look.summary.rows for look in looks)
    first, last = looks[0].start, looks[-1].end
    when = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC · " if first and last else ""
    windows = f"{len(looks):,} windows of {length(looks)}" if len(looks) > 1 else "one window"
    return f"{when}{rows:,} rows in {windows}"


def told(finding: DriftFinding | None) -> str:
    """What a cell of a map says when pointed at."""
    if finding is None:
        return "not judged"
    if finding.verdict is Verdict.FAIL:
        return f"{change_name(finding)}, {size(finding)}: {in_words(finding)}"
    return in_words(finding)

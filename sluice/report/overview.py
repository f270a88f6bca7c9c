"""How did each feature go, window by window, and how did each slice? What the pictures are drawn of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sluice.domain.drift.binning import FeatureBins
from sluice.domain.drift.finding import DriftFinding
from sluice.domain.drift.judge_repeats import FEATURE as TWICE
from sluice.domain.drift.summary import Summary, merged
from sluice.domain.evidence.finding import Verdict
from sluice.report.spans import spans
from sluice.report.story import Look, Story

_ORDER = (Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.ERROR, Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class Course:
    """One feature of all rows or of one slice, over all windows.

    Attributes:
        place: Of the feature in the binning.
        findings: One for each look; None where it was not judged.
        spans: Names of the windows.

    """

    place: int
    findings: tuple[DriftFinding | None, ...]
    spans: tuple[str, ...]

    @property
    def worst_look(self) -> int | None:
        """The place of the look at which it was worst; None where it was never judged."""
        judged = [(badness(finding), -place) for place, finding in enumerate(self.findings) if finding]
        return -max(judged)[1] if judged else None

    @property
    def worst(self) -> DriftFinding | None:
        """The finding of that look."""
        place = self.worst_look
        return None if place is None else self.findings[place]

    @property
    def has_drifted(self) -> bool:
        """Whether it had at some look."""
        return any(finding and finding.verdict is Verdict.FAIL for finding in self.findings)

    @property
    def first(self) -> str | None:
        """The window at whose end it was first found to have drifted."""
        found = (span for finding, span in zip(self.findings, self.spans, strict=True) if is_drift(finding))
        return next(found, None)

    @property
    def windows_drifted(self) -> int:
        """At how many looks it was found to have."""
        return sum(map(is_drift, self.findings))


@dataclass(frozen=True, slots=True)
class Current:
    """What a feature is shown with beside the reference.

    Attributes:
        summary: Of these windows.
        name: Of them, in words.
        past: What they are compared with: the reference's rows, or the same hours of earlier weeks.
        past_name: Of that, in a word or two.

    """

    summary: Summary
    name: str
    past: Summary
    past_name: str


def courses(story: Story, slice_: str = "") -> list[Course]:
    """All features of all rows or of a slice, the worst first."""
    features = story.reference.binning.features
    by_look = [
        {finding.feature: finding for finding in look.findings if finding.slice == slice_} for look in story.looks
    ]
    names = tuple(spans(story.looks))
    found = [
        Course(place, tuple(look.get(bins.name) for look in by_look), names) for place, bins in enumerate(features)
    ]
    return sorted(found, key=lambda course: _key(course.worst), reverse=True)


def slices_of(story: Story) -> tuple[str, ...]:
    """The slices that were judged, in the order of their names."""
    return tuple(sorted({finding.slice for look in story.looks for finding in look.findings if finding.slice}))


def worst_of(story: Story) -> list[DriftFinding]:
    """Of each feature and slice, and of rows that come twice, the finding of the worst look; the worst first."""
    every = [course for slice_ in ("", *slices_of(story)) for course in courses(story, slice_)]
    found = [course.worst for course in every]
    return sorted(filter(None, (*found, twice(story))), key=badness, reverse=True)


def twice(story: Story) -> DriftFinding | None:
    """Whether rows come twice, at the look at which most did; None where that was not judged."""
    found = (each for look in story.looks for each in look.findings if each.feature == TWICE)
    return max(found, key=badness, default=None)


def current(story: Story, course: Course) -> Current:
    """The windows that tell best of a drift, or all of them where there is none."""
    place, worst = course.worst_look, course.worst
    if place is None or worst is None or worst.verdict is not Verdict.FAIL:
        return _current(story, story.looks, "all windows")
    first = max(0, place + 1 - worst.windows)
    many = f"the {place + 1 - first} windows from {course.spans[first]}"
    return _current(story, story.looks[first : place + 1], course.spans[place] if first == place else many)


def bins_of(story: Story, course: Course) -> FeatureBins:
    """The feature's bins."""
    return story.reference.binning.features[course.place]


def is_drift(finding: DriftFinding | None) -> bool:
    """Whether something was found to have drifted."""
    return finding is not None and finding.verdict is Verdict.FAIL


def badness(finding: DriftFinding) -> tuple[int, float, float]:
    """Growing with how bad it is; what could be judged once is not undecided because of a later look with few rows."""
    return _ORDER.index(finding.verdict), finding.effect, -finding.p


def drifted_windows(every: Iterable[Course], windows: int) -> Sequence[bool]:
    """Whether anything had drifted, window by window."""
    lines = [[is_drift(finding) for finding in course.findings] for course in every]
    return [any(line[place] for line in lines) for place in range(windows)]


def _current(story: Story, looks: Sequence[Look], name: str) -> Current:
    """Windows beside what the last of them that was judged is compared with."""
    binning = story.reference.binning
    summary = merged(binning, (look.summary for look in looks))
    past = merged(binning, (look.past for look in looks if look.past is not None))
    last = next((look for look in reversed(looks) if look.findings), looks[-1])
    if last.past is not None and past.rows:
        return Current(summary, name, past, "earlier weeks")
    return Current(summary, name, story.reference.summary, "reference")


def _key(finding: DriftFinding | None) -> tuple[int, float, float]:
    return badness(finding) if finding else (-1, 0.0, 0.0)

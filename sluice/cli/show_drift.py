"""How is drift shown at a terminal? What drifted in words, the worst first; what did not, by name."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sluice.cli.drift_look import Found
from sluice.cli.show import Output
from sluice.domain.drift.finding import DriftFinding
from sluice.domain.evidence.finding import Verdict
from sluice.report.sentence import change_name, headline, in_words, period, size
from sluice.report.spans import spans

_MOST_LINES = 40
_INDENT = "      "


def show(found: Found, out: Output) -> None:
    """Show what was found."""
    if out.as_json:
        out.json(form(found))
        return
    looks = found.story.looks
    out.plain(headline(found.story, found.findings))
    first = first_seen(found)
    told, also = _by_telling(found.drifted)
    for each in told[:_MOST_LINES]:
        where = f"{each.feature} of {each.slice}" if each.slice else each.feature
        since = f", first in {first[_key(each)]}" if len(looks) > 1 else ""
        out.plain(f"  {where}: {change_name(each)}, {size(each)}{since}")
        out.plain(textwrap.fill(in_words(each), out.console.width, initial_indent=_INDENT, subsequent_indent=_INDENT))
    if (more := len(told) - _MOST_LINES) > 0:
        out.plain(f"and {more} more; --json has all")
    if also:
        slices = ", ".join(f"{feature} in {count}" for feature, count in also.items())
        out.plain(f"what drifted in all rows did in slices, too: {slices}; --json has all")
    _name(found, Verdict.PASS, "no drift found in", out)
    _name(found, Verdict.INCONCLUSIVE, "too few values to judge", out)
    for note in found.story.notes:
        out.plain(f"note: {note}")
    out.plain(period(found.story))


def form(found: Found) -> Mapping[str, Any]:
    """For programs."""
    story, first = found.story, first_seen(found)
    windows = [
        {
            "name": name,
            "start": look.start and look.start.isoformat(),
            "end": look.end and look.end.isoformat(),
            "rows": look.summary.rows,
            "drifted": [each.to_dict() for each in look.findings if each.verdict is Verdict.FAIL],
        }
        for look, name in zip(story.looks, spans(story.looks), strict=True)
    ]
    return {
        "verdict": max(each.verdict for each in found.findings).value if found.drifted else Verdict.PASS.value,
        "data": found.data,
        "reference": dict(story.facts)["reference"],
        "rules": story.rules.to_dict(),
        "findings": [{**each.to_dict(), "first_found": first.get(_key(each))} for each in found.findings],
        "windows": windows,
        "notes": list(story.notes),
    }


def first_seen(found: Found) -> dict[tuple[str, str], str]:
    """The window at whose end each thing that drifted was first found to."""
    first: dict[tuple[str, str], str] = {}
    looks = found.story.looks
    for look, name in zip(looks, spans(looks), strict=True):
        for finding in look.findings:
            if finding.verdict is Verdict.FAIL:
                first.setdefault(_key(finding), name)
    return first


def _key(finding: DriftFinding) -> tuple[str, str]:
    return finding.feature, finding.slice


def _by_telling(drifted: Sequence[DriftFinding]) -> tuple[list[DriftFinding], Counter[str]]:
    """What is told: all rows, then slices of what did not drift in all rows; and in how many slices the rest did."""
    whole = [each for each in drifted if not each.slice]
    features = {each.feature for each in whole}
    own = [each for each in drifted if each.slice and each.feature not in features]
    return whole + own, Counter(each.feature for each in drifted if each.slice and each.feature in features)


def _name(found: Found, verdict: Verdict, what: str, out: Output) -> None:
    names = [each.feature for each in found.findings if each.verdict is verdict and not each.slice]
    sliced = [each for each in found.findings if each.verdict is verdict and each.slice]
    if names or sliced:
        more = f"{', and ' if names else ''}{len(sliced)} of the slices' features" if sliced else ""
        out.plain(f"{what}: {', '.join(names)}{more}")

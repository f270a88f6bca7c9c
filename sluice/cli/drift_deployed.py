"""What does looking at a deployed version for drift come to?"""

from pathlib import Path

from sluice.aws.item_store import ItemStore
from sluice.aws.outcomes import OutcomeStore
from sluice.aws.references import References
from sluice.aws.watches import Watches
from sluice.aws.windows import Windows
from sluice.cli.drift_look import Found, says_nothing
from sluice.cli.moment import parse_moment
from sluice.cli.release import Release
from sluice.cli.target import UsageProblem
from sluice.clock import utc_now
from sluice.domain.monitoring.rules import Watching
from sluice.report.overview import worst_of
from sluice.service.find_compared import Stores
from sluice.service.report_drift import report_drift
from sluice.settings.monitoring import as_environment, from_environment
from sluice.settings.source import load


def look(release: Release, config: Path, version: str | None, since: str) -> Found:
    """Read what was counted, and judge it. Raises UsageProblem, and what reading may."""
    table, now = release.target.table, utc_now()
    items = ItemStore.connect(table)
    stores = Stores(
        routings=release.routings,
        references=References.connect(table),
        windows=Windows(items),
        outcomes=OutcomeStore(items),
        watches=Watches.connect(table),
        sensitive=release.sensitive,
    )
    watching = _watching(release, config)
    story = report_drift(release.model, version, watching, stores, since=parse_moment(since, now=now), now=now)
    findings = worst_of(story)
    if says_nothing(findings):
        raise UsageProblem(
            f"{story.title} was asked about too few rows to judge: no window, nor several together, has "
            f"{story.rules.min_rows}"
        )
    return Found(story, findings, f"what {story.title} was asked")


def _watching(release: Release, config: Path) -> Watching:
    """As the functions get to know it."""
    watched = from_environment(as_environment(load(config).watched))
    if release.model not in watched:
        raise UsageProblem(f"{release.model} is not watched: see models.{release.model}.monitoring and capture.percent")
    return watched[release.model]

import re
from pathlib import Path

from sluice.domain.drift.finding import Change
from sluice.domain.drift.rules import Rules
from sluice.domain.evidence.finding import Verdict

PAGE = (Path(__file__).parents[4] / "docs" / "drift.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_0-9]+)`", PAGE))


def test_the_page_names_every_change_and_verdict() -> None:
    assert {change.value for change in Change} | {verdict.value for verdict in Verdict} <= NAMED


def test_the_page_names_the_rules_one_sets() -> None:
    assert {"false_alarms_per_30_days", "least_effect", "min_rows"} <= NAMED & Rules().to_dict().keys()

"""A model card that people read: every part of it, and nothing that a strange name could break."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.card import Card, Holdout, Version
from sluice.domain.gate.finding import GateFinding, Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.gate.slices import Unjudged
from sluice.report.model_card import headline, markdown
from tests.drift_files import SIGNATURE

CHAMPION = replace(SIGNATURE, version="4")
HOLDOUT = Holdout("may.csv", "ab" * 32, 1200, 1000, {"on_time": 700, "late": 300}, 34)


def finding(subject: Subject, of: str = "", verdict: Verdict = Verdict.PASS) -> GateFinding:
    return GateFinding(subject, of, verdict, f"reason of {subject.value}")


def card(*findings: GateFinding, unjudged: tuple[Unjudged, ...] = ()) -> Card:
    return Card(
        Version(SIGNATURE, "cd" * 32, 2048),
        Version(CHAMPION, "ef" * 32, 1024),
        HOLDOUT,
        findings,
        unjudged,
        Margins(),
        datetime(2026, 12, 1, 7, 30, tzinfo=UTC),
    )


ALL = card(
    *(finding(subject, "" if place < 5 else f"of {place}") for place, subject in enumerate(Subject)),
    unjudged=(Unjudged("carrier WN", 12),),
)


def test_the_card_has_all_its_parts() -> None:
    text = markdown(ALL)

    assert text.startswith("# flights version 5\n\n**flights version 5 beside version 4, on 1,000 labelled rows of ")
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads == [
        *("## The model", "## The rows", "## On all rows", "## By slice", "## Between groups"),
        *("## Robustness: one input missing or out of range", "## Cost", "## Checks", "## Not judged"),
        "## How it was judged",
    ]
    for said in ("cd" * 32, "| temp | FP32 | any by 1 | optional |", "| log loss | pass | reason of log\\_loss |"):
        assert said in text
    assert "Too few labelled rows: carrier WN (12)." in text
    assert "within blocks of 34 consecutive ones" in text
    assert text.endswith("Judged at 2026-12-01 07:30 UTC.\n")


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.PASS, "PASSED"),
        (Verdict.INCONCLUSIVE, "STOPPED: not shown to be as good"),
        (Verdict.ERROR, "STOPPED: it could not be judged"),
        (Verdict.FAIL, "STOPPED: worse than allowed"),
    ],
)
def test_the_outcome_is_the_worst_of_all_and_stands_first(verdict: Verdict, outcome: str) -> None:
    judged = card(finding(Subject.AUC), finding(Subject.SLICE, "carrier B6", verdict))

    assert headline(judged).endswith(f": {outcome}")
    assert (f"- {verdict.value}: slice carrier B6: reason of slice" in markdown(judged)) == (verdict != "pass")


def test_what_was_not_asked_for_has_no_part() -> None:
    text = markdown(card(finding(Subject.ANSWERS)))

    assert "## By slice" not in text
    assert "## Not judged" not in text


def test_names_are_text_whatever_they_are() -> None:
    strange = card(finding(Subject.SLICE, "carrier a|b\n# c <script>*`_"))

    (line,) = [line for line in markdown(strange).splitlines() if line.startswith("| carrier a")]

    assert line == "| carrier a\\|b \\# c \\<script\\>\\*\\`\\_ | pass | reason of slice |"

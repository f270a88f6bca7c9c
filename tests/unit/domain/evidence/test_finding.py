import json
from itertools import pairwise
from math import log

import pytest

from sluice.domain.evidence.finding import Finding, Findings, Verdict, odds


def a_finding(verdict: Verdict, reason: str = "because") -> Finding:
    return Finding("errors", verdict, reason, log_e_harm=0.5, harm_boundary=5.7)


def test_the_worst_verdict_is_the_greatest() -> None:
    ordered = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL]

    assert sorted(ordered, reverse=True) == ordered[::-1]
    assert max(ordered) is Verdict.FAIL
    assert min(ordered) is Verdict.PASS
    for better, worse in pairwise(ordered):
        assert better < worse
        assert worse > better
        assert better <= worse
        assert worse >= better
        assert not worse <= better
        assert not better >= worse


def test_findings_are_as_bad_as_the_worst_and_say_why() -> None:
    findings = Findings((a_finding(Verdict.PASS, "fine"), a_finding(Verdict.FAIL, "a"), a_finding(Verdict.FAIL, "b")))

    assert findings.verdict is Verdict.FAIL
    assert findings.reason == "a; b"


def test_nothing_judged_is_no_pass() -> None:
    assert Findings(()).verdict is Verdict.INCONCLUSIVE
    assert not Findings(()).reason


def test_findings_are_json() -> None:
    form = json.loads(json.dumps(Findings((a_finding(Verdict.ERROR),)).to_dict()))

    assert form == {
        "verdict": "error",
        "reason": "because",
        "findings": [
            {
                "subject": "errors",
                "verdict": "error",
                "reason": "because",
                "log_e_harm": 0.5,
                "harm_boundary": 5.7,
                "log_e_promote": None,
                "promote_boundary": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("e_value", "quoted"),
    [(300, "300:1"), (12_345, "12,345:1"), (9.5, "9.50:1"), (0.031, "0.03:1"), (1e7, "10^7:1")],
)
def test_evidence_is_quoted_as_odds(e_value: float, quoted: str) -> None:
    assert odds(log(e_value)) == quoted

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from sluice.cli.watch import watch
from sluice.domain.replay.report import Outcome, Report
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.rollout import Phase, Position, Rollout
from sluice.domain.shadow.shadowed import Shadowed
from tests.functional.cli.operating import Operator
from tests.unit.cli.rollouts import T0


def looking(operator: Operator, rollout: Rollout, *changes: dict[str, object]) -> Callable[[float], None]:
    """While somebody waits for the next look these happen, one a wait; then Ctrl-C is pressed."""
    left = list(changes)
    newest = [rollout]

    def sleep(_: float) -> None:
        if not left:
            raise KeyboardInterrupt
        newest.append(operator.change(newest[-1], **left.pop(0)))

    return sleep


def test_in_a_pipe_each_thing_that_happens_is_a_line_once(operator: Operator) -> None:
    rollout = operator.under_way()
    sleep = looking(
        operator,
        rollout,
        {"stage": 2, "weights": {"champion": 50, "challenger": 50}},
        {"phase": Phase.SUCCEEDED, "position": Position.DONE},
    )

    watch(operator.release(), rollout.id, now=lambda: T0, sleep=sleep)

    lines = operator.printed().splitlines()
    of_second = "now: progressing, stage 2 of 3 (weight: gets 5 % of the traffic, at least 5 min)"
    of_third = "now: progressing, stage 3 of 3 (weight: gets 50 % of the traffic, at least 1 h 30 min)"
    assert [line for line in lines if line.startswith("now:")] == [
        f"{of_second}; champion 95 %, challenger 5 %",
        f"{of_third}; champion 50 %, challenger 50 %",
        "now: succeeded, done; champion 50 %, challenger 50 %",
    ]
    assert len([line for line in lines if line.endswith("the shadow was well")]) == 1


def test_in_a_pipe_a_shadows_agreement_is_a_line_whenever_it_has_changed(operator: Operator) -> None:
    def agreeing(rows: int) -> EvidenceSoFar:
        return EvidenceSoFar(shadowed=Shadowed(Report(outcomes={Outcome.COMPARED: 4}, rows=4, agreeing=rows), 4 - rows))

    rollout = operator.under_way(evidence=agreeing(4))
    sleep = looking(operator, rollout, {}, {"evidence": agreeing(3)})

    watch(operator.release(), rollout.id, now=lambda: T0, sleep=sleep)

    lines = [line for line in operator.printed().splitlines() if line.startswith("The shadow's answers agree")]
    assert [line.split(" in ")[1] for line in lines] == [
        "100.00% of 4 requests (4 of 4 rows).",
        "75.00% of 4 requests (3 of 4 rows).",
    ]


def test_ctrl_c_ends_the_watching_and_not_the_rollout(operator: Operator) -> None:
    rollout = operator.under_way()

    watch(operator.release(), rollout.id, now=lambda: T0, sleep=looking(operator, rollout))

    assert operator.printed().splitlines()[-1] == "the rollout goes on; nobody is watching"
    assert operator.rollouts.get("flights", rollout.id) == rollout


def test_programs_get_a_document_for_each_change(operator: Operator) -> None:
    rollout = operator.under_way()
    sleep = looking(operator, rollout, {"stage": 2}, {"phase": Phase.ABORTED, "position": Position.DONE})

    watch(operator.release(as_json=True), rollout.id, now=lambda: T0, sleep=sleep)

    documents = [json.loads(line) for line in operator.printed().splitlines()]
    assert [document["stage"] for document in documents] == [1, 2, 2]
    assert documents[-1]["phase"] == "aborted"


def test_on_a_terminal_the_picture_says_what_it_waits_for(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes that for a terminal
    monkeypatch.setenv("COLUMNS", "140")
    rollout = operator.under_way(settled_at=T0)

    watch(operator.release(), rollout.id, now=lambda: T0 + timedelta(minutes=2), sleep=looking(operator, rollout))

    picture = operator.printed()
    assert "▶ weight: gets 5 % of the traffic" in picture
    assert "no alarm" in picture
    assert "To go on it waits for time: 2 minutes of at least 5 minutes are over." in picture

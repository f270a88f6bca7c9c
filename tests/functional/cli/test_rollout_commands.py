import threading
from dataclasses import replace

import pytest

from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.rollout.evidence_so_far import EvidenceSoFar
from sluice.domain.rollout.rollout import Phase, Position, Rollout, Verb
from sluice.domain.shadow.shadowed import Shadowed
from tests.functional.cli.operating import Operator
from tests.functional.deployed import a_client
from tests.unit.cli.rollouts import a_rollout


def test_a_rollout_is_shown_with_its_place_and_weights(operator: Operator) -> None:
    operator.under_way()

    shown = operator.sluice("rollout", "status")
    as_json = operator.sluice("rollout", "status", "--json").json

    assert "version 2 in place of 1: progressing, stage 2 of 3" in shown.said
    assert "weights: champion 95 %, challenger 5 %" in shown.said
    assert "last decision, by controller: shadow passed" in shown.said
    assert (as_json["phase"], as_json["stage"]) == ("progressing", 1)


def test_the_history_lists_rollouts_and_with_an_id_the_audit(operator: Operator) -> None:
    rollout = operator.under_way()
    operator.change(rollout, phase=Phase.ABORTED, position=Position.DONE)

    listed = operator.sluice("rollout", "history", "--json").json["rollouts"]
    table = operator.sluice("rollout", "history").out
    audit = operator.sluice("rollout", "history", "--id", rollout.id).out.splitlines()
    entries = operator.sluice("rollout", "history", "--id", rollout.id, "--json").json["entries"]

    assert [each["phase"] for each in listed] == ["aborted"]
    assert "aborted" in table
    assert audit[0] == "2026-11-22 10:15:00 shifted by controller: the shadow was well"
    assert [entry["reason"] for entry in entries] == ["the shadow was well", "as wanted"]


def test_an_explanation_is_sentences(operator: Operator) -> None:
    operator.under_way()

    plain = operator.sluice("rollout", "explain").out.splitlines()
    as_json = operator.sluice("rollout", "explain", "--json").json["sentences"]

    assert plain[0] == as_json[0]
    assert "Because controller decided at 10:15 UTC: the shadow was well." in plain


def test_how_a_shadow_compares_is_shown_to_people_and_to_programs(operator: Operator) -> None:
    example = Example("p-1", 0, agrees=False, difference=0.5, inputs={}, captured={"y": 1.0}, candidate={"y": 1.5})
    outcomes = {Outcome.COMPARED: 200, Outcome.NO_ANSWER: 4}
    report = Report(outcomes=outcomes, skipped={"a line is not JSON": 2}, rows=200, agreeing=190, worst=(example,))
    operator.under_way(evidence=EvidenceSoFar(shadowed=Shadowed(report, 10.0, 200, 3, 1)))

    status = operator.sluice("rollout", "status").said
    as_json = operator.sluice("rollout", "status", "--json").json["shadow"]

    assert "agree with the champion's in 95.00% of 200 requests" in status
    assert "Prediction p-1, row 0 does not agree, and differs by 0.5" in status
    assert (as_json["requests"], as_json["agreement"], as_json["checked"]) == (200, 0.95, 200)
    assert (as_json["breaches"], as_json["champions_breaches"]) == (3, 1)
    assert as_json["not_compared"] == {"no_answer": 4, "a line is not JSON": 2}
    assert [each["prediction_id"] for each in as_json["worst"]] == ["p-1"]
    assert "inputs" not in as_json["worst"][0]


def test_a_decision_is_recorded_with_who_and_why(operator: Operator) -> None:
    rollout = operator.under_way()

    done = operator.sluice("rollout", "pause", "--reason", "a holiday")

    assert done.code == 0, done.err
    assert "pause asked for by arn:aws:sts::" in done.said
    recorded = operator.rollouts.get("flights", rollout.id)
    assert recorded is not None
    assert recorded.command is not None
    assert (recorded.command.verb, recorded.command.reason) == (Verb.PAUSE, "a holiday")
    assert recorded.command.actor == a_client("sts").get_caller_identity()["Arn"]


def test_an_abort_returns_when_the_traffic_is_back(operator: Operator) -> None:
    rollout = operator.under_way()
    controller = threading.Thread(target=obey_once, args=(operator, rollout))

    controller.start()
    done = operator.sluice("rollout", "abort", "--reason", "wrong labels", "--json")
    controller.join()

    assert done.code == 0, done.err
    assert (done.json["position"], done.json["is_settled"]) == ("returning", True)


def obey_once(operator: Operator, rollout: Rollout) -> None:
    """What the controller's next look does about an abort, once it is recorded."""
    pause = threading.Event()
    while (read := operator.rollouts.get("flights", rollout.id)) is None or read.command is None:
        pause.wait(0.05)
    operator.change(read, command=None, position=Position.RETURNING, is_settled=True)


def test_an_abort_that_nobody_waits_for_returns_at_once(operator: Operator) -> None:
    operator.under_way()

    done = operator.sluice("rollout", "abort", "--no-wait", "--json")

    assert done.json["command"]["verb"] == "abort"


def test_a_rollout_that_is_over_is_watched_to_its_end_line_by_line(operator: Operator) -> None:
    rollout = operator.under_way()
    operator.change(rollout, phase=Phase.SUCCEEDED, position=Position.DONE)

    lines = operator.sluice("rollout", "watch").out.splitlines()
    documents = operator.sluice("rollout", "watch", "--json").json

    assert lines == [
        "2026-11-22 10:15:00 shifted by controller: the shadow was well",
        "2026-11-22 10:15:00 shifted by controller: as wanted",
        "now: succeeded, done; champion 95 %, challenger 5 %",
    ]
    assert documents["phase"] == "succeeded"


@pytest.mark.parametrize("command", ["status", "watch", "explain"])
def test_without_any_rollout_there_is_nothing_to_show(operator: Operator, command: str) -> None:
    assert "there has been no rollout of flights" in operator.sluice("rollout", command).mistake


@pytest.mark.parametrize("command", ["status", "watch", "explain", "history", "abort"])
def test_an_unknown_id_is_said(operator: Operator, command: str) -> None:
    mistake = operator.sluice("rollout", command, "--id", "20261122T101500-0000").mistake

    assert "20261122T101500-0000" in mistake


def test_what_cannot_be_decided_is_one_line(operator: Operator) -> None:
    nothing = operator.sluice("rollout", "abort").mistake
    operator.under_way()
    not_held = operator.sluice("rollout", "resume").mistake
    other_model = operator.sluice("rollout", "status", "--model", "churn").mistake

    assert nothing == "sluice: flights has no rollout under way"
    assert "nothing to resume" in not_held
    assert other_model == "sluice: --model must be one of flights"


def test_a_deployment_without_releases_is_said(operator: Operator) -> None:
    a_client("cloudformation").delete_stack(StackName="sluice-release")

    mistake = operator.sluice("rollout", "abort").mistake

    assert mistake == "sluice: the stack sluice-release is not deployed: run `cdk deploy --all`"


def test_the_newest_is_shown_when_none_is_under_way(operator: Operator) -> None:
    older = a_rollout(phase=Phase.ABORTED, position=Position.DONE)
    operator.rollouts.put(older)
    operator.rollouts.put(replace(older, id="20261123T101500-3f9a", phase=Phase.SUCCEEDED))

    assert operator.sluice("rollout", "status", "--json").json["id"] == "20261123T101500-3f9a"

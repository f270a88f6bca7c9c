import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sluice.aws.retrainings import Retrainings
from sluice.domain.retraining.book import Book, Refusal
from sluice.domain.retraining.pending import Pending
from sluice.domain.retraining.run import FailedStep
from tests.functional.cli.operating import SETTINGS, Operator
from tests.functional.deployed import a_client
from tests.loopback_server import LoopbackServer, Reply
from tests.retraining_builders import ARN, HOUR, T0, a_drift, a_run, a_trigger, in_flight

START = ("retrain", "start", "--reason", "summer")


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch, operator: Operator) -> pytest.MonkeyPatch:
    """The stack that says which function trains anew; what that answers, a test says by an endpoint of its own."""
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"RetrainFunctionName": {"Value": "retrain"}},
    }
    a_client("cloudformation").create_stack(StackName="sluice-retraining", TemplateBody=json.dumps(template))
    assert operator is not None
    return monkeypatch


def a_book() -> Book:
    failed = a_run("drift:1", status="Failed", failure="Step failure", failed=(FailedStep("train", "out of memory"),))
    stopped = FailedStep("refuse", "the gate stopped version 5 for slice carrier B6")
    worse = a_run("drift:0", at=T0 - HOUR, status="Failed", version="5", failed=(stopped,))
    running = replace(a_run(at=T0 + 20 * HOUR, status="Executing", ended_at=None), forced=True, by="ann")
    refusal = Refusal.of(a_trigger("schedule:9"), "too soon", now=T0 + timedelta(hours=1))
    return Book("flights", past=(failed, worse), refused=(refusal,), in_flight=running, pending=Pending.of(a_drift()))


def written(book: Book) -> Book:
    return Retrainings(a_client("dynamodb"), table="state").put(book)


def test_who_asks_and_why_goes_to_the_function_that_trains(function: pytest.MonkeyPatch, operator: Operator) -> None:
    run = a_run("operator:1", status="Executing", ended_at=None)
    with LoopbackServer(Reply(200, json.dumps({"started": run.to_dict()}).encode())) as answering:
        function.setenv("AWS_ENDPOINT_URL_LAMBDA", answering.url)
        said = operator.sluice(*START, "--force", "--parameter", "Months=3", "--parameter", "Note=a=b").said
        as_json = operator.sluice(*START, "--json").json
        forced, plain = (json.loads(each.body) for each in answering.seen)

    assert said == f"retraining {run.id} of flights is started: {ARN}/execution/operator:1"
    assert as_json == run.to_dict()
    assert (forced["model"], forced["operator"]["reason"], forced["operator"]["force"]) == ("flights", "summer", True)
    assert forced["operator"]["parameters"] == {"Months": "3", "Note": "a=b"}
    assert forced["operator"]["by"].startswith("arn:aws:sts:")
    assert not plain["operator"]["force"]
    assert plain["operator"]["key"] != forced["operator"]["key"]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(200, b'{"refused": "one is in flight"}'), "one is in flight"),
        (Reply(200, b"{}"), "retrain does not train flights: deploy again"),
        (Reply(200, b'{"errorMessage": "away"}', {"X-Amz-Function-Error": "Unhandled"}), "retrain failed: away"),
    ],
)
def test_what_is_not_started_is_said(function: pytest.MonkeyPatch, operator: Operator, reply: Reply, told: str) -> None:
    with LoopbackServer(reply) as answering:
        function.setenv("AWS_ENDPOINT_URL_LAMBDA", answering.url)

        assert told in operator.sluice(*START).mistake


def test_parameters_are_pairs(operator: Operator) -> None:
    assert "--parameter is NAME=VALUE, got Months" in operator.sluice(*START, "--parameter", "Months").mistake


def test_where_nothing_is_trained_anew_a_deploy_is_asked_for(operator: Operator) -> None:
    assert "sluice-retraining is not deployed" in operator.sluice(*START).mistake


def test_what_is_in_flight_what_was_and_what_was_refused_is_told(operator: Operator) -> None:
    written(a_book())

    said = operator.sluice("retrain", "status").said

    running, failed, refused = (said.index(word) for word in ("run-schedule:0", "run-drift:1", "refused at"))
    assert running < failed < refused
    assert said.startswith("waits since 2026-11-21 03:00 UTC: new month it is taken up when")
    assert "run-drift:0: Failed, refused by the gate, called for at 2026-11-21 02:00 UTC" in said
    assert "version 5 " in said
    assert "step refuse failed: the gate stopped version 5 for slice carrier B6" in said
    assert "Executing, called for at 2026-11-21 23:00 UTC by ann (schedule, forced): new month" in said
    assert "run-drift:1: Failed, called for at 2026-11-21 03:00 UTC" in said
    assert "seen to end at 2026-11-21 04:00 UTC: new month" in said
    assert "Step failure step train failed: out of memory" in said
    assert "refused at 2026-11-21 04:00 UTC, schedule by schedule: new month because too soon" in said


def test_programs_get_all_of_it(operator: Operator) -> None:
    book = written(a_book())

    assert operator.sluice("retrain", "status", "--json").json == book.to_dict()


def test_before_the_first_that_is_said(operator: Operator) -> None:
    assert "flights has not been retrained yet" in operator.sluice("retrain", "status").said


def test_what_could_not_even_start_has_no_execution(operator: Operator) -> None:
    written(Book("flights", past=(a_run(status="NotStarted", execution=None, failure="no such pipeline"),)))

    assert "arn:" not in operator.sluice("retrain", "status").said


def test_the_status_of_all_models_has_a_line_of_it(operator: Operator) -> None:
    written(in_flight())
    before = operator.sluice("status", "--json").json
    (operator.folder / "sluice.yaml").write_text(f"{SETTINGS}    retraining: {{pipeline: ours}}\n", encoding="utf-8")

    said = operator.sluice("status").said

    assert before[0]["retraining"] is None
    assert "retraining: run-schedule:0 (schedule: new month) is Executing" in said

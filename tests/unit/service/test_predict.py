import json
from dataclasses import replace

import pytest

from sluice.aws.runtime import Answer
from sluice.domain.attribution import Attribution, unit_hash
from sluice.domain.errors import ModelNotFound, PredictionUnavailable
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import BINARY_TYPE
from sluice.domain.routing import Preview, Routing
from sluice.service.predict import Prediction, Predictor
from tests.builders import Clock, ScriptedRuntime, a_failure, a_question, a_routing, an_answer

ALL_TO_CHALLENGER = a_routing(champion=0, challenger=100)
OK = an_answer("challenger")


def predict(
    runtime: ScriptedRuntime, clock: Clock, routing: Routing = ALL_TO_CHALLENGER, version: str | None = None
) -> Prediction:
    predictor = Predictor(runtime, model_timeout_seconds=8, clock=clock, sleep=clock.sleep)
    return predictor.predict(a_question(version=version), routing)


def test_the_units_variant_is_asked_once() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock)

    prediction = predict(runtime, clock)

    assert runtime.asked == ["challenger"]
    assert (prediction.answer.variant, prediction.model_version, prediction.failed) == ("challenger", "2", None)
    assert clock.slept == []


def test_the_version_is_the_one_the_container_names() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=[an_answer("challenger", version="2.1")])

    assert predict(runtime, clock).model_version == "2.1"


def test_a_variant_outside_the_table_has_no_known_version() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=[an_answer("challenger-9")])

    assert predict(runtime, clock).model_version == "unknown"


@pytest.mark.parametrize(
    ("unit", "groups", "asked"),
    [
        ("N14228", (), "champion"),
        ("tester", (), "challenger"),
        ("N14228", ("beta", "staff"), "challenger"),
        ("N14228", ("beta",), "champion"),
    ],
)
def test_named_units_and_groups_see_a_previewed_variant_before_everybody_else(
    unit: str, groups: tuple[str, ...], asked: str
) -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock)
    preview = Preview("challenger", units=frozenset({"tester"}), groups=frozenset({"staff"}))
    routing = replace(a_routing(champion=100, challenger=0), preview=preview)
    predictor = Predictor(runtime, model_timeout_seconds=8, clock=clock, sleep=clock.sleep)

    predictor.predict(replace(a_question(unit), groups=frozenset(groups)), routing)

    assert runtime.asked == [asked]


def test_a_hiccup_is_worth_one_more_attempt() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=["ThrottlingException", OK])

    prediction = predict(runtime, clock)

    assert runtime.asked == ["challenger", "challenger"]
    assert prediction.failed is None
    assert clock.slept == [0.05]


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        (["ServiceUnavailable", "ServiceUnavailable"], ["challenger", "challenger", "champion"]),
        (["ConnectionFailed", "ReadTimeout"], ["challenger", "challenger", "champion"]),
        (["ReadTimeout"], ["challenger", "champion"]),
        ([a_failure("challenger", "ModelError", 500)], ["challenger", "champion"]),
        ([a_failure("challenger", "ModelError", 404)], ["challenger", "champion"]),
        (["ValidationError"], ["challenger", "champion"]),
    ],
    ids=str,
)
def test_the_champion_answers_for_a_variant_that_cannot(
    script: list[Answer | InvocationFailed | str], asked: list[str]
) -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=script)

    prediction = predict(runtime, clock)

    assert runtime.asked == asked
    assert (prediction.answer.variant, prediction.model_version) == ("champion", "1")
    assert prediction.failed is not None
    assert prediction.failed.variant == "challenger"


def test_a_champion_that_hiccups_while_standing_in_gets_one_more_attempt() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=["ReadTimeout"], champion=["InternalFailure", an_answer("champion")])

    predict(runtime, clock)

    assert runtime.asked == ["challenger", "champion", "champion"]


@pytest.mark.parametrize(
    "broken",
    [
        an_answer("challenger", b'{"predictions":[]}'),
        an_answer("challenger", b"<html>"),
        an_answer("challenger", b"0.5", content_type="text/csv"),
        an_answer("challenger", b'{"outputs":[]}', content_type=f"{BINARY_TYPE}14"),
        an_answer("challenger", b"{}", content_type=f"{BINARY_TYPE}two"),
    ],
    ids=lambda answer: f"{answer.content_type} {answer.body!r}",
)
def test_an_answer_that_is_not_fit_to_pass_on_is_a_failure_of_its_variant(broken: Answer) -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=[broken])

    prediction = predict(runtime, clock)

    assert runtime.asked == ["challenger", "champion"]
    assert prediction.failed is not None
    assert prediction.failed.code == "GuardrailBreach"


def test_a_binary_answer_is_judged_by_its_header() -> None:
    clock = Clock()
    header = json.dumps({"outputs": [{"name": "y", "shape": [1], "datatype": "FP32"}]}).encode()
    binary = an_answer("challenger", header + b"\0\0\0\0", content_type=f"{BINARY_TYPE}{len(header)}")
    runtime = ScriptedRuntime(clock, challenger=[binary])

    prediction = predict(runtime, clock)

    assert prediction.answer == binary


def test_nobody_stands_in_for_the_champion() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, champion=["ReadTimeout"])

    with pytest.raises(PredictionUnavailable, match=r"the last one asked was champion \(ReadTimeout\)"):
        predict(runtime, clock, a_routing())

    assert runtime.asked == ["champion"]


def test_when_the_champion_fails_too_the_prediction_is_unavailable() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=["ReadTimeout"], champion=["ReadTimeout"])

    with pytest.raises(PredictionUnavailable, match="the last one asked was champion"):
        predict(runtime, clock)

    assert runtime.asked == ["challenger", "champion"]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_data_the_model_refuses_is_sent_to_nobody_else(status: int) -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=[a_failure("challenger", "ModelError", status)])

    with pytest.raises(InvocationFailed, match="challenger: ModelError"):
        predict(runtime, clock)

    assert runtime.asked == ["challenger"]


def test_data_the_champion_refuses_while_standing_in_is_the_callers_fault() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=["ReadTimeout"], champion=[a_failure("champion", "ModelError", 400)])

    with pytest.raises(InvocationFailed, match="champion: ModelError"):
        predict(runtime, clock)


def test_no_attempt_is_begun_that_may_not_end_in_time() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, seconds=20, challenger=["ServiceUnavailable"])

    with pytest.raises(PredictionUnavailable, match="challenger"):
        predict(runtime, clock)

    assert runtime.asked == ["challenger"]


def test_two_slow_attempts_leave_no_time_for_the_champion() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, seconds=10, challenger=["ServiceUnavailable", "ServiceUnavailable"])

    with pytest.raises(PredictionUnavailable):
        predict(runtime, clock)

    assert runtime.asked == ["challenger", "challenger"]


def test_a_caller_may_insist_on_a_version() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock)

    prediction = predict(runtime, clock, version="1")

    assert (runtime.asked, prediction.model_version) == (["champion"], "1")


def test_nobody_stands_in_for_a_version_the_caller_insists_on() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=["ReadTimeout"])

    with pytest.raises(PredictionUnavailable):
        predict(runtime, clock, version="2")

    assert runtime.asked == ["challenger"]


def test_a_version_nobody_serves_is_not_found() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock)

    with pytest.raises(ModelNotFound):
        predict(runtime, clock, version="9")

    assert runtime.asked == []


def attributions(runtime: ScriptedRuntime) -> list[Attribution]:
    """What each call carried, in order."""
    found = [Attribution.decode([call["attributes"]]) for call in runtime.sent]
    return [each for each in found if each is not None]


def test_a_call_says_who_is_asked_by_which_chance_and_table() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock)
    question, routing = a_question("N14228"), a_routing(7, champion=60, challenger=40)

    Predictor(runtime, model_timeout_seconds=8, clock=clock, sleep=clock.sleep).predict(question, routing)

    (said,) = attributions(runtime)
    assert (said.variant, said.version, said.propensity) == ("challenger", "2", 0.4)
    assert (said.revision, said.attempt) == (7, 1)
    assert said.unit == unit_hash("N14228", routing.salt)


def test_each_attempt_has_a_number_and_an_attribution_of_its_own() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock, challenger=["ThrottlingException", "ReadTimeout"])

    predict(runtime, clock)

    said = [(each.variant, each.version, each.attempt) for each in attributions(runtime)]
    assert said == [("challenger", "2", 1), ("challenger", "2", 2), ("champion", "1", 3)]


def test_a_version_the_caller_insists_on_was_not_left_to_chance() -> None:
    clock = Clock()
    runtime = ScriptedRuntime(clock)

    predict(runtime, clock, version="1")

    (said,) = attributions(runtime)
    assert (said.variant, said.propensity) == ("champion", 1.0)

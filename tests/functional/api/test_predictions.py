import json
from dataclasses import replace
from typing import Any

import pytest

from sluice.domain.errors import RoutingUnavailable
from sluice.domain.invocation import InvocationFailed
from sluice.domain.message import BINARY_TYPE
from sluice.domain.routing import Preview
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import Clock, ScriptedStore, a_failure, a_routing, a_signature, an_answer
from tests.functional.api.running import Api, Metrics

HALF = a_routing(champion=50, challenger=50)
ALL_TO_CHALLENGER = a_routing(champion=0, challenger=100)
V2 = json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1.5]}]})
V2_ANSWER = b'{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[0.5]}]}'


def test_a_row_is_predicted_and_the_answer_says_by_whom(metrics: Metrics) -> None:
    api = Api(ScriptedStore(ALL_TO_CHALLENGER), challenger=[an_answer("challenger", version="2.1")])

    reply = api.predict(content_type="application/json")

    assert (reply.status, reply.json) == (200, {"predictions": [0.5]})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-sluice-prediction-id"] == "p-1"
    assert reply.headers["x-sluice-variant"] == "challenger"
    assert reply.headers["x-sluice-model-version"] == "2.1"
    assert "x-sluice-fallback-from" not in reply.headers
    assert "x-sluice-routing" not in reply.headers
    (line,) = metrics.read()
    assert (line["Model"], line["Variant"], line["Predictions"]) == ("flights", "challenger", 1)
    assert line["PredictionLatency"] == pytest.approx(10)
    assert (line["event"], line["prediction_id"], line["rows"]) == ("prediction.answered", "p-1", 1)


def test_the_model_gets_the_body_as_it_was_sent() -> None:
    api = Api()

    api.predict('{ "instances" : [1.50] }')

    (sent,) = api.runtime.sent
    assert (sent["endpoint"], sent["inference_id"]) == ("sluice-flights", "p-1")
    assert (sent["body"], sent["content_type"]) == (b'{ "instances" : [1.50] }', "application/json")


def test_tensors_are_predicted_by_the_open_inference_protocol() -> None:
    api = Api(champion=[an_answer("champion", V2_ANSWER)])

    reply = api.infer(V2)

    assert (reply.status, reply.json) == (200, json.loads(V2_ANSWER))


def test_binary_tensors_go_both_ways() -> None:
    header = json.dumps(
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}}]}
    ).encode()
    binary = V2_ANSWER + b"\0\0\0\0"
    api = Api(champion=[an_answer("champion", binary, content_type=f"{BINARY_TYPE}{len(V2_ANSWER)}")])

    reply = api.infer(
        header + b"\0\0\xc0\x3f",
        content_type="application/octet-stream",
        inference_header_content_length=str(len(header)),
    )

    assert (reply.status, reply.body) == (200, binary)
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["inference-header-content-length"] == str(len(V2_ANSWER))
    assert api.runtime.sent[0]["body"] == header + b"\0\0\xc0\x3f"
    assert api.runtime.sent[0]["content_type"] == f"{BINARY_TYPE}{len(header)}"


def variants_of(api: Api, units: list[str], **event: Any) -> list[str]:
    return [api.predict(x_sluice_unit=unit, **event).headers["x-sluice-variant"] for unit in units]


def test_a_unit_stays_on_its_variant() -> None:
    units = [f"unit-{number}" for number in range(20)]

    first, again = variants_of(Api(ScriptedStore(HALF)), units), variants_of(Api(ScriptedStore(HALF)), units)

    assert first == again
    assert set(first) == {"champion", "challenger"}


def test_the_tokens_subject_is_the_unit_unless_the_caller_names_one() -> None:
    api = Api(ScriptedStore(HALF))
    named = variants_of(api, ["customer-7"])[0]
    other = next(unit for unit in map(str, range(99)) if variants_of(api, [unit]) != [named])

    by_subject = [api.predict(authorizer="jwt").headers["x-sluice-variant"] for _ in range(6)]

    assert by_subject == [named] * 6
    assert variants_of(api, [other], authorizer="jwt") != [named]


def test_a_group_in_the_header_sees_the_candidate_before_everybody_else() -> None:
    preview = Preview("challenger", groups=frozenset({"staff"}))
    api = Api(ScriptedStore(replace(a_routing(champion=100, challenger=0), preview=preview)))

    staff = api.predict(x_sluice_group="beta, staff").headers["x-sluice-variant"]
    others = api.predict(x_sluice_group="beta").headers["x-sluice-variant"]

    assert (staff, others) == ("challenger", "champion")


@pytest.mark.parametrize("authorizer", [None, "iam"])
def test_without_unit_or_subject_every_prediction_is_assigned_anew(authorizer: str | None) -> None:
    api = Api(ScriptedStore(HALF))

    variants = {api.predict(authorizer=authorizer).headers["x-sluice-variant"] for _ in range(20)}

    assert variants == {"champion", "challenger"}


def test_the_champion_stands_in_for_a_challenger_that_fails_and_the_answer_says_so(metrics: Metrics) -> None:
    api = Api(ScriptedStore(ALL_TO_CHALLENGER), challenger=["ReadTimeout"])

    reply = api.predict()

    assert reply.status == 200
    assert reply.headers["x-sluice-variant"] == "champion"
    assert reply.headers["x-sluice-fallback-from"] == "challenger"
    answered, fell_back = metrics.read()
    assert (answered["Variant"], answered["Predictions"]) == ("champion", 1)
    assert (fell_back["Variant"], fell_back["Fallbacks"]) == ("challenger", 1)
    assert (fell_back["code"], fell_back["reason"]) == ("ReadTimeout", "as scripted")
    assert "GuardrailBreaches" not in fell_back


def test_a_misbuilt_challenger_is_replaced_and_counted_not_blamed_on_the_caller(metrics: Metrics) -> None:
    api = Api(ScriptedStore(ALL_TO_CHALLENGER), challenger=[a_failure("challenger", "ModelError", 415)])

    reply = api.predict()

    assert (reply.status, reply.headers["x-sluice-fallback-from"]) == (200, "challenger")
    assert metrics.read()[1]["Fallbacks"] == 1


def test_an_answer_of_the_wrong_length_is_replaced_and_counted(metrics: Metrics) -> None:
    short = an_answer("challenger", b'{"predictions":[]}')
    api = Api(ScriptedStore(ALL_TO_CHALLENGER), challenger=[short])

    reply = api.predict()

    assert (reply.status, reply.headers["x-sluice-variant"]) == (200, "champion")
    assert metrics.read()[1]["GuardrailBreaches"] == 1


def test_an_old_routing_table_decides_while_dynamodb_is_away_and_the_answer_says_so(metrics: Metrics) -> None:
    clock = Clock()
    api = Api(ScriptedStore(a_routing(), RoutingUnavailable("DynamoDB is away")), clock)
    api.predict()
    metrics.read()
    clock.sleep(5)

    reply = api.predict()

    assert (reply.status, reply.headers["x-sluice-routing"]) == (200, "stale")
    _, stale = metrics.read()
    assert (stale["Model"], stale["RoutingStale"], stale["reason"]) == ("flights", 1, "DynamoDB is away")


def test_a_caller_may_insist_on_a_version() -> None:
    api = Api(ScriptedStore(HALF), challenger=[an_answer("challenger", V2_ANSWER)])

    reply = api.infer(V2, "/v2/models/flights/versions/2/infer")

    assert (reply.status, reply.headers["x-sluice-model-version"]) == (200, "2")
    assert api.runtime.asked == ["challenger"]


def test_a_missing_value_may_be_sent_where_the_model_allows_it() -> None:
    signature = a_signature(TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True))
    api = Api(ScriptedStore(a_routing(signature=signature)))

    assert api.predict('{"instances":[{"temp":null}]}').status == 200


def test_many_rows_are_one_call() -> None:
    api = Api(champion=[an_answer("champion", b'{"predictions":[1,2,3]}')])

    reply = api.predict('{"instances":[1,2,3]}')

    assert reply.json == {"predictions": [1, 2, 3]}
    assert len(api.runtime.asked) == 1


def test_data_the_model_refuses_is_the_callers_to_mend(metrics: Metrics) -> None:
    api = Api(champion=[a_failure("champion", "ModelError", 422)])

    reply = api.predict()

    assert (reply.status, reply.problem) == (400, "refused-by-model")
    assert reply.json["detail"] == "champion: as scripted"
    assert "violations" not in reply.json
    assert reply.headers["x-sluice-prediction-id"] == "p-1"
    assert metrics.read()[0]["RequestsRefused"] == 1


PLACE = {"where": "instances[0].temp", "expected": "a finite FP32 number", "got": "'cold'"}


@pytest.mark.parametrize(
    ("said", "detail", "violations"),
    [
        ({"type": "urn:x", "detail": "two do not fit", "violations": [PLACE]}, "two do not fit", [PLACE]),
        ({"detail": "too many rows"}, "too many rows", None),
        ({"detail": "odd", "violations": "all"}, "odd", None),
        ({"detail": "odd", "violations": [1]}, "odd", None),
        ({"detail": "few", "violations": [{"where": 3}]}, "few", [{"where": "3", "expected": "", "got": ""}]),
        ({"detail": "long" * 1000, "violations": [PLACE] * 50}, "long" * 500, [PLACE] * 10),
        ({"detail": {"no": "text"}}, '{"detail": {"no": "text"}}', None),
        ({"error": "of another protocol"}, '{"error": "of another protocol"}', None),
        ("not an object", '"not an object"', None),
    ],
    ids=str,
)
def test_the_caller_reads_what_the_container_said_not_its_json(said: Any, detail: str, violations: Any) -> None:
    refusal = InvocationFailed(variant="champion", code="ModelError", message=json.dumps(said), model_status=400)
    api = Api(champion=[refusal])

    reply = api.predict()

    assert (reply.status, reply.problem) == (400, "refused-by-model")
    assert reply.json["detail"] == f"champion: {detail}"
    assert reply.json.get("violations") == violations


def test_when_no_variant_can_answer_the_caller_is_told_when_to_ask_again(metrics: Metrics) -> None:
    api = Api(ScriptedStore(ALL_TO_CHALLENGER), challenger=["ValidationError"], champion=["ReadTimeout"])

    reply = api.predict()

    assert (reply.status, reply.problem) == (503, "prediction-unavailable")
    assert reply.headers["retry-after"] == "2"
    (line,) = metrics.read()
    assert line["PredictionsUnavailable"] == 1
    assert line["cause"] == "champion: ReadTimeout: as scripted"


def test_without_any_routing_table_the_caller_is_told_when_to_ask_again(metrics: Metrics) -> None:
    api = Api(ScriptedStore(RoutingUnavailable("DynamoDB is away")))

    reply = api.predict()

    assert (reply.status, reply.problem) == (503, "routing-unavailable")
    assert reply.headers["retry-after"] == "5"
    assert metrics.read()[0]["PredictionsUnavailable"] == 1

import json
from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.runtime import Answer
from sluice.domain.draft import Draft, interleave
from sluice.domain.routing import Interleaving, Routing
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import ScriptedStore, a_routing, an_answer
from tests.functional.api.running import Api, Metrics

BOTH = replace(a_routing(champion=100, challenger=0), interleaving=Interleaving("challenger"))
ROWS = [0.0, 1.5, 2.5, 3.5]


def scores(variant: str, *numbers: Any) -> Answer:
    return an_answer(variant, json.dumps({"predictions": numbers}).encode())


RISING, FALLING = scores("champion", 1, 2, 3, 4), scores("challenger", 4, 3, 2, 1)


def classifier() -> Routing:
    routing = a_routing()
    outputs = (TensorSpec("label", Datatype.INT64, (-1,)), TensorSpec("p", Datatype.FP32, (-1, 2)))
    return replace(routing, signature=replace(routing.signature, outputs=outputs, classes=("on_time", "late")))


def test_rows_are_ranked_by_who_would_predict_them(metrics: Metrics) -> None:
    api = Api(ScriptedStore(a_routing(champion=0, challenger=100)), challenger=[scores("challenger", 2, 9, 9, 1)])

    reply = api.rank()

    assert (reply.status, reply.json) == (200, {"ranking": [1, 2, 0, 3]})
    assert (reply.headers["x-sluice-variant"], reply.headers["x-sluice-model-version"]) == ("challenger", "2")
    assert reply.headers["x-sluice-prediction-id"] == "p-1"
    (line,) = metrics.read()
    assert (line["event"], line["Variant"], line["Predictions"], line["rows"]) == (
        "prediction.answered",
        "challenger",
        1,
        4,
    )


def test_the_model_gets_the_rows_alone() -> None:
    api = Api(champion=[scores("champion", 1, 2)])

    reply = api.rank({"instances": [1.5, 2.5], "rank_by": "y", "length": 1})

    assert reply.json == {"ranking": [1]}
    (sent,) = api.runtime.sent
    assert (json.loads(sent["body"]), sent["content_type"]) == ({"instances": [1.5, 2.5]}, "application/json")


def test_the_caller_says_by_which_number() -> None:
    answers = [{"label": 0, "p": [0.8, 0.2]}, {"label": 1, "p": [0.1, 0.9]}]
    api = Api(ScriptedStore(classifier()), champion=[scores("champion", *answers)])

    assert api.rank({"instances": [1.5, 2.5], "rank_by": "p.late"}).json == {"ranking": [1, 0]}


BAD = {
    "ambiguous": ({"instances": ROWS}, "rank_by", "one of label, p.on_time, p.late"),
    "unknown": ({"instances": ROWS, "rank_by": "p"}, "rank_by", "one of label, p.on_time, p.late"),
    "no rows": ({"rank_by": "label"}, "body", 'an object {"instances": [...]}'),
    "nothing": ({}, "rank_by", "one of label, p.on_time, p.late"),
    "bad row": ({"instances": ["x"], "rank_by": "label"}, "instances[0]", "a finite FP32 number"),
    "surprise": ({"instances": ROWS, "rank_by": "label", "top": 3}, "top", 'no other key than "instances"'),
    "none": ({"instances": ROWS, "rank_by": "label", "length": 0}, "length", "a whole number of at least 1"),
    "true": ({"instances": ROWS, "rank_by": "label", "length": True}, "length", "a whole number of at least 1"),
    "half": ({"instances": ROWS, "rank_by": "label", "length": 1.5}, "length", "a whole number of at least 1"),
    "a list": ([1], "rank_by", "one of label, p.on_time, p.late"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_ranked_is_refused_by_place(case: str, metrics: Metrics) -> None:
    body, where, expected = BAD[case]
    api = Api(ScriptedStore(classifier()))

    reply = api.rank(body)

    assert (reply.status, reply.problem) == (422, "invalid-input")
    (violation,) = reply.json["violations"]
    assert (violation["where"], violation["expected"]) == (where, expected)
    assert api.runtime.sent == []
    assert [line["event"] for line in metrics.read()] == ["prediction.refused"]


def test_a_body_of_another_kind_is_refused() -> None:
    assert Api().rank(content_type="text/csv").problem == "unsupported-media-type"
    assert Api().ask("POST", "/v1/models/flights:rank", "{").problem == "malformed-body"
    assert Api().ask("POST", "/v1/models/boats:rank", "{}").problem == "not-found"


def test_interleaved_rankers_make_one_list_and_the_answer_says_who_picked_what(metrics: Metrics) -> None:
    api = Api(ScriptedStore(BOTH), champion=[RISING], challenger=[FALLING])

    reply = api.rank({"instances": ROWS, "length": 3})

    picks = interleave([3, 2, 1, 0], [0, 1, 2, 3], prediction_id="p-1", length=3)
    draft = Draft(tuple(pick.team for pick in picks)).encode()
    assert reply.json == {"ranking": [pick.row for pick in picks], "draft": draft}
    assert (reply.headers["x-sluice-variant"], reply.headers["x-sluice-model-version"]) == (
        "champion,challenger",
        "1,2",
    )
    assert "x-sluice-fallback-from" not in reply.headers
    assert [(line["event"], line["Variant"]) for line in metrics.read()] == [
        ("prediction.answered", "champion"),
        ("prediction.answered", "challenger"),
    ]


def test_a_ranker_that_fails_leaves_the_list_to_the_other(metrics: Metrics) -> None:
    api = Api(ScriptedStore(BOTH), champion=[RISING], challenger=["ReadTimeout"])

    reply = api.rank()

    assert (reply.status, reply.json) == (200, {"ranking": [3, 2, 1, 0]})
    assert (reply.headers["x-sluice-variant"], reply.headers["x-sluice-fallback-from"]) == ("champion", "challenger")
    assert [(line["event"], line["Variant"]) for line in metrics.read()] == [
        ("prediction.answered", "champion"),
        ("prediction.fell_back", "challenger"),
    ]


def test_predictions_are_untouched_by_it() -> None:
    api = Api(ScriptedStore(BOTH))

    assert [api.predict(x_sluice_unit=f"u-{n}").headers["x-sluice-variant"] for n in range(20)] == ["champion"] * 20
    assert api.runtime.asked == ["champion"] * 20

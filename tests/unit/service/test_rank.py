import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.runtime import Answer
from sluice.domain.attribution import Attribution
from sluice.domain.draft import interleave
from sluice.domain.errors import PredictionUnavailable
from sluice.domain.invocation import GUARDRAIL_BREACH, InvocationFailed
from sluice.domain.ranking import Score
from sluice.domain.routing import Interleaving, Preview, Routing
from sluice.service.predict import Predictor
from sluice.service.rank import Ranked, Ranker
from tests.builders import Clock, ScriptedRuntime, a_failure, a_question, a_routing, an_answer

ALONE = a_routing(champion=100, challenger=0, revision=7)
BOTH = replace(ALONE, interleaving=Interleaving("challenger"))
RISING, FALLING = [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]
REFUSED = ("ModelError", 422)


def scores(variant: str, numbers: Sequence[float]) -> Answer:
    return an_answer(variant, json.dumps({"predictions": numbers}).encode())


def scripted(**scripts: Any) -> ScriptedRuntime:
    usual = {"champion": [scores("champion", RISING)], "challenger": [scores("challenger", FALLING)]}
    return ScriptedRuntime(Clock(), **{**usual, **scripts})


def rank(runtime: ScriptedRuntime, routing: Routing = BOTH, *, unit: str = "N14228", length: int = 4) -> Ranked:
    clock = Clock()
    ranker = Ranker(Predictor(runtime, model_timeout_seconds=8, clock=clock, sleep=clock.sleep))
    return ranker.rank(replace(a_question(unit), rows=4), Score("y"), routing, length=length)


def asked(runtime: ScriptedRuntime) -> dict[str, Attribution | None]:
    return {call["variant"]: Attribution.decode([call["attributes"]]) for call in runtime.sent}


def test_without_an_experiment_the_units_variant_ranks_with_one_call() -> None:
    runtime = scripted()

    ranked = rank(runtime, ALONE, length=3)

    assert (ranked.rows, ranked.draft, len(ranked.by)) == ((3, 2, 1), None, 1)
    assert runtime.asked == ["champion"]


def test_interleaved_rankers_are_asked_both_and_their_lists_are_drafted() -> None:
    runtime = scripted()

    ranked = rank(runtime, length=3)

    picks = interleave([3, 2, 1, 0], [0, 1, 2, 3], prediction_id="p-1", length=3)
    assert ranked.rows == tuple(pick.row for pick in picks)
    assert ranked.draft is not None
    assert ranked.draft.teams == tuple(pick.team for pick in picks)
    assert [each.answer.variant for each in ranked.by] == ["champion", "challenger"]
    assert sorted(runtime.asked) == ["challenger", "champion"]


def test_a_coin_chose_both_and_the_champions_call_is_the_later_one() -> None:
    runtime = scripted()

    rank(runtime)

    calls = asked(runtime)
    champion, challenger = calls["champion"], calls["challenger"]
    assert champion is not None
    assert challenger is not None
    assert (champion.propensity, champion.revision, champion.version) == (0.5, 7, "1")
    assert (challenger.propensity, challenger.revision, challenger.version) == (0.5, 7, "2")
    assert (champion.attempt, challenger.attempt) == (3, 1)


def test_hiccups_of_both_keep_the_champions_calls_the_later_ones() -> None:
    runtime = scripted(
        champion=["ThrottlingException", scores("champion", RISING)],
        challenger=["ThrottlingException", scores("challenger", FALLING)],
    )

    assert rank(runtime).draft is not None

    attempts = [(call["variant"], Attribution.decode([call["attributes"]])) for call in runtime.sent]
    found = sorted((by.attempt, variant) for variant, by in attempts if by is not None)
    assert found == [(1, "challenger"), (2, "challenger"), (3, "champion"), (4, "champion")]


@pytest.mark.parametrize(
    ("failing", "step", "code", "rows"),
    [
        ("challenger", "ReadTimeout", "ReadTimeout", (3, 2, 1)),
        ("champion", "ReadTimeout", "ReadTimeout", (0, 1, 2)),
        ("challenger", a_failure("challenger", *REFUSED), "ModelError", (3, 2, 1)),
        ("champion", a_failure("champion", *REFUSED), "ModelError", (0, 1, 2)),
        ("challenger", an_answer("challenger", b'{"predictions":[1]}'), GUARDRAIL_BREACH, (3, 2, 1)),
        ("challenger", scores("challenger", [1, 2, 3, float("nan")]), GUARDRAIL_BREACH, (3, 2, 1)),
    ],
    ids=["treatment", "champion", "treatment refuses", "champion refuses", "rows", "no number"],
)
def test_when_one_ranker_fails_the_other_ones_list_is_shown(
    failing: str, step: Answer | InvocationFailed | str, code: str, rows: tuple[int, ...]
) -> None:
    ranked = rank(scripted(**{failing: [step]}), length=3)

    (prediction,) = ranked.by
    assert (ranked.rows, ranked.draft) == (rows, None)
    assert prediction.failed is not None
    assert (prediction.failed.variant, prediction.failed.code) == (failing, code)


@pytest.mark.parametrize(
    ("champion", "challenger", "error"),
    [
        ("ReadTimeout", "ReadTimeout", PredictionUnavailable),
        (a_failure("champion", *REFUSED), "ReadTimeout", InvocationFailed),
        ("ReadTimeout", a_failure("challenger", *REFUSED), InvocationFailed),
    ],
)
def test_when_both_fail_the_caller_is_told_what_can_be_done_about_it(
    champion: InvocationFailed | str, challenger: InvocationFailed | str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        rank(scripted(champion=[champion], challenger=[challenger]))


def test_an_answer_without_the_number_is_a_failure_of_its_variant_without_an_experiment_too() -> None:
    runtime = scripted(challenger=[scores("challenger", [1, 2, 3, float("nan")])])

    ranked = rank(runtime, a_routing(champion=0, challenger=100))

    assert ranked.rows == (3, 2, 1, 0)
    assert ranked.by[0].failed is not None
    assert "predictions[3] has no number y" in ranked.by[0].failed.message


def test_who_is_shown_a_variant_before_others_sees_its_list_alone() -> None:
    routing = replace(BOTH, preview=Preview("challenger", frozenset({"tester"})))

    ranked = rank(scripted(), routing, unit="tester")

    assert (ranked.rows, ranked.draft) == ((0, 1, 2, 3), None)


def test_predictions_are_the_champions_while_lists_are_interleaved() -> None:
    clock, runtime = Clock(), ScriptedRuntime(Clock())
    predictor = Predictor(runtime, model_timeout_seconds=8, clock=clock, sleep=clock.sleep)

    predictor.predict(a_question(), BOTH)

    (by,) = asked(runtime).values()
    assert by is not None
    assert (by.variant, by.propensity, by.attempt) == ("champion", 1.0, 1)

"""A candidate and a champion that are asked about the same rows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.drift.answers import Answers
from sluice.domain.drift.column import Column
from sluice.domain.errors import GateRefused
from sluice.domain.evidence.finding import Verdict
from sluice.domain.gate.card import Card, Version
from sluice.domain.gate.checks import Labelled, Unmoved
from sluice.domain.gate.cost import LEAST_ROUNDS
from sluice.domain.gate.finding import Subject
from sluice.domain.gate.margins import Margins
from sluice.domain.signature import Datatype, Signature, TensorSpec
from sluice.service.drift_rows import Rows
from sluice.service.gate_candidate import Contender, Pair, Wanted, check_alike, gate_candidate
from sluice.service.take_turns import take_turns
from tests.gate_builders import answers_of, carriers, odds

NOW = datetime(2026, 12, 1, tzinfo=UTC)
COLUMN = (-1, 1)
PROBABILITIES = TensorSpec("probabilities", Datatype.FP32, (-1, 2), minimum=0.0, maximum=1.0)
SIGNATURE = Signature(
    model="flights",
    version="2",
    inputs=(
        TensorSpec("known", Datatype.FP32, COLUMN, optional=True),
        TensorSpec("carrier", Datatype.BYTES, COLUMN),
    ),
    outputs=(PROBABILITIES,),
    classes=("on_time", "late"),
)
ROWS = 3000
Ask = Callable[[Mapping[str, Column]], Answers]


def sound(columns: Mapping[str, Column]) -> Answers:
    return answers_of(np.nan_to_num(np.asarray(columns["known"], dtype=np.float64), nan=-1.0))


def refusing(columns: Mapping[str, Column]) -> Answers:
    raise UnreadableFile(f"the model cannot answer to {len(columns)} columns")


def refusing_what_is_missing(columns: Mapping[str, Column]) -> Answers:
    if np.isnan(np.asarray(columns["known"], dtype=np.float64)).any():
        return refusing(columns)
    return sound(columns)


def percents(columns: Mapping[str, Column]) -> Answers:
    return Answers.most_probable(100 * sound(columns).probabilities)


def contender(ask: Ask = sound, *, version: str = "2", size: int = 1000, **changed: Any) -> Contender:
    signature = replace(SIGNATURE, version=version, **changed)
    return Contender(Version(signature, f"digest of {version}", size), PROBABILITIES, ask, lambda _: lambda: None)


def rows(count: int = ROWS, **changed: Any) -> Rows:
    known, labels = odds(count, seed=1)
    column = carriers(count)
    columns = {"known": known, "carrier": column}
    return replace(
        Rows(columns, slices={"carrier": column}, answers=sound(columns), labels=labels),
        **changed,
    )


def wanted(**changed: Any) -> Wanted:
    return replace(Wanted("may.parquet", "digest", (), (), {}, Margins()), **changed)


class Clock:
    """Goes on by a thousandth of a second whenever it is asked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def gated(candidate: Contender, of: Rows | None = None, asked: Wanted | None = None, **champion: Any) -> Card:
    pair = Pair(candidate, contender(version="1", **champion))
    return gate_candidate(pair, of or rows(), asked or wanted(), clock=Clock(), now=NOW)


def verdicts(card: Card) -> dict[str, Verdict]:
    return {each.name: each.verdict for each in card.findings}


def test_an_equal_candidate_passes_in_everything_that_was_asked_for() -> None:
    checks = {"quiet": Labelled({"known": -3.0, "carrier": "AA"}, "on_time")}

    card = gated(contender(), asked=wanted(slices=("carrier",), groups=("carrier",), checks=checks))

    assert card.verdict is Verdict.PASS
    assert card.stopped_by == []
    assert {each.subject for each in card.findings} == set(Subject)
    assert {each.of for each in card.of(Subject.LATENCY)} == {"per row", "per batch of 256 rows"}
    assert {each.of for each in card.of(Subject.ROBUSTNESS)} >= {"known missing", "carrier unknown"}


def test_the_card_says_what_was_judged_beside_what_on_what_and_when() -> None:
    card = gated(contender(size=2000))

    form = json.loads(json.dumps(card.to_dict()))
    assert (form["format"], form["model"], form["version"]) == ("sluice-model-card/1", "flights", "2")
    assert (form["verdict"], form["reasons"], form["judged_at"]) == ("pass", [], "2026-12-01T00:00:00+00:00")
    assert form["candidate"]["model_onnx_sha256"] == "digest of 2"
    assert form["champion"]["signature"]["version"] == "1"
    assert Signature.from_dict(form["candidate"]["signature"]) == SIGNATURE
    by_class = form["holdout"]["rows_judged_by_class"]
    assert form["holdout"] == {
        "name": "may.parquet",
        "sha256": "digest",
        "rows": ROWS,
        "rows_judged": ROWS,
        "rows_judged_by_class": by_class,
        "block_rows": 100,
    }
    assert sum(by_class.values()) == ROWS
    assert form["margins"]["auc"] == Margins().auc
    auc = next(each for each in form["findings"] if each["subject"] == "auc")
    assert auc["verdict"] == "pass"
    assert auc["low"] == auc["high"] == 0.0


def test_of_three_classes_everything_is_judged_as_well() -> None:
    generator = np.random.default_rng(1)
    values = generator.dirichlet([1, 1, 1], ROWS)
    labels = np.array([generator.choice(3, p=each) for each in values])
    three: dict[str, Any] = {"classes": ("a", "b", "c"), "outputs": (replace(PROBABILITIES, shape=(-1, 3)),)}

    def answer(columns: Mapping[str, Column]) -> Answers:
        places = np.nan_to_num(np.asarray(columns["known"], dtype=np.float64)).astype(np.int64) % ROWS
        return Answers.most_probable(values[places])

    columns: dict[str, Column] = {"known": np.arange(ROWS, dtype=np.float64), "carrier": carriers(ROWS)}
    of = Rows(columns, slices={"carrier": carriers(ROWS)}, answers=answer(columns), labels=labels)

    card = gated(contender(answer, **three), of, wanted(slices=("carrier",), groups=("carrier",)), ask=answer, **three)

    assert card.verdict is Verdict.PASS
    assert card.holdout.by_class.keys() == {"a", "b", "c"}
    (auc,) = card.of(Subject.AUC)
    assert 0.75 < (auc.candidate or 0) < 0.95


def test_a_worse_candidate_is_stopped_and_the_card_says_why() -> None:
    def worse(columns: Mapping[str, Column]) -> Answers:
        known = np.asarray(columns["known"], dtype=np.float64)
        return answers_of(np.nan_to_num(np.where(np.arange(len(known)) % 3 == 0, -known, known)))

    card = gated(contender(worse), asked=wanted(slices=("carrier",)))

    assert card.verdict is Verdict.FAIL
    assert card.stopped_by[0].verdict is Verdict.FAIL
    assert any(reason.startswith("auc: worse than allowed: 0.") for reason in card.to_dict()["reasons"])


def test_what_answers_no_probabilities_is_stopped_at_once() -> None:
    card = gated(contender(percents))

    assert verdicts(card) == {"answers": Verdict.FAIL}


def test_a_candidate_that_refuses_what_its_signature_admits_fails() -> None:
    card = gated(contender(refusing_what_is_missing))

    assert verdicts(card)["robustness known missing"] is Verdict.FAIL
    assert card.verdict is Verdict.FAIL


def test_a_candidate_that_refuses_the_holdout_cannot_be_judged() -> None:
    with pytest.raises(GateRefused, match="the candidate cannot be judged: the model cannot answer to 2 columns"):
        gated(contender(refusing))


def test_checks_are_asked_of_both() -> None:
    same = {"moves": Unmoved({"known": -3.0, "carrier": "AA"}, "known", (3.0, None))}

    card = gated(contender(), asked=wanted(checks=same))

    (found,) = card.of(Subject.CHECK)
    assert found.verdict is Verdict.FAIL
    assert found.reason == "on_time becomes late where known is 3.0; so does the champion"


def test_small_slices_and_groups_are_named_in_the_card() -> None:
    card = gated(contender(), rows(600), wanted(slices=("carrier",), groups=("carrier",)))

    assert {each.of for each in card.unjudged} >= {"carrier DL", "carrier AA, predicted late"}
    assert {"of": "carrier DL", "rows": 54} in card.to_dict()["not_judged"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"labels": np.full(ROWS, -1)}, "no row of the holdout has a label: are the labels those of other rows?"),
        ({"labels": None}, "no row of the holdout has a label: are the labels those of other rows?"),
        ({"answers": None}, "no row of the holdout has a label: are the labels those of other rows?"),
        (
            {"labels": np.where(np.arange(ROWS) % 2 == 0, 1, -1)},
            "every label of the holdout is late: of a single class nothing can be judged",
        ),
        (
            {"labels": np.where(np.arange(ROWS) < 299, np.arange(ROWS) % 2, -1)},
            "299 rows of the holdout have a label and a finite answer of the champion: at least 300 are needed",
        ),
    ],
)
def test_rows_that_tell_nothing_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(GateRefused) as refused:
        gated(contender(), rows(**changed))

    assert str(refused.value) == said


def test_what_tells_no_classes_apart_is_refused() -> None:
    answers_numbers = replace(SIGNATURE, classes=())

    with pytest.raises(GateRefused, match="the champion's signature names no classes"):
        check_alike(answers_numbers, answers_numbers)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"model": "trains"}, "the candidate is a version of trains, the champion of flights"),
        (
            {"inputs": (SIGNATURE.inputs[0], TensorSpec("dest", Datatype.BYTES, COLUMN))},
            "the candidate has another signature than the champion: inputs carrier, dest differ",
        ),
        (
            {"inputs": (replace(SIGNATURE.inputs[0], optional=False), SIGNATURE.inputs[1])},
            "the candidate has another signature than the champion: inputs known differ",
        ),
        (
            {"classes": ("late", "on_time")},
            (
                "the candidate has another signature than the champion: its classes are late, on_time, the champion's "
                "on_time, late"
            ),
        ),
    ],
)
def test_another_signature_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(GateRefused) as refused:
        gated(contender(**changed))

    assert str(refused.value) == said


def test_the_same_inputs_in_another_order_are_the_same_signature() -> None:
    check_alike(replace(SIGNATURE, inputs=SIGNATURE.inputs[::-1]), SIGNATURE)


def test_turns_are_taken_so_that_each_is_first_as_often() -> None:
    said: list[str] = []

    one, other = take_turns(lambda: said.append("a"), lambda: said.append("b"), 4, Clock())

    assert "".join(said) == "abab" + "baabbaab"
    assert one + other == pytest.approx([0.001] * 8)


def test_slow_calls_have_fewer_turns() -> None:
    clock = Clock()

    def slow() -> None:
        clock.now += 0.5

    one, other = take_turns(slow, lambda: None, 300, clock)

    assert len(one) == len(other) == LEAST_ROUNDS

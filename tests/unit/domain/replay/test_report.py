import json
from math import inf

from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.replay.sketch import Sketch


def an_example(name: str, *, agrees: bool = False, difference: float = 0.5) -> Example:
    return Example(name, 0, agrees, difference, {"x": 1}, {"y": 1}, {"y": 2})


ONE = Report(
    outcomes={Outcome.COMPARED: 1},
    versions={"1": 1},
    rows=2,
    agreeing=1,
    outputs={"y": OutputTally(2, 1, Sketch.of([0.0, 0.5]))},
    milliseconds=Sketch.of([2.0]),
    worst=(an_example("p-1"),),
)
FAILED = Report(
    outcomes={Outcome.FAILED: 1}, versions={"2": 1}, skipped={"a line": 3}, rows=2, troubles=("p-2: no answer",)
)


def test_reports_add_up_in_any_order() -> None:
    total = ONE + FAILED

    assert total == FAILED + ONE
    assert total == Report() + total
    assert (total.rows, total.agreeing, total.agreement) == (4, 1, 0.25)
    assert dict(total.outcomes) == {Outcome.COMPARED: 1, Outcome.FAILED: 1}
    assert total.requests == 2
    assert (dict(total.versions), dict(total.skipped)) == ({"1": 1, "2": 1}, {"a line": 3})


def test_of_nothing_the_agreement_is_unknown() -> None:
    assert Report().agreement is None


def test_the_worst_do_not_agree_and_then_differ_most() -> None:
    examples = [
        an_example("far", agrees=True, difference=9.0),
        an_example("same", agrees=True, difference=0.0),
        an_example("label", difference=0.0),
        an_example("flip", difference=0.5),
        an_example("lost", difference=inf),
        *(an_example(f"near-{n}", agrees=True, difference=0.1) for n in range(3)),
    ]

    total = Report()
    for example in examples:
        total += Report(worst=(example,))

    assert [each.prediction_id for each in total.worst] == ["lost", "flip", "label", "far", "near-0"]


def test_the_first_few_troubles_are_enough() -> None:
    total = Report()
    for number in range(9):
        total += Report(troubles=(f"p-{number}",))

    assert total.troubles == ("p-0", "p-1", "p-2", "p-3", "p-4")


def test_the_json_form_says_everything_in_numbers() -> None:
    form = (ONE + FAILED + Report(worst=(an_example("p-3", difference=inf),))).to_dict()

    assert json.loads(json.dumps(form, allow_nan=False)) == form
    assert form["requests"] == {
        "compared": 1,
        "failed": 1,
        "defective": 0,
        "redacted": 0,
        "misfit": 0,
        "no_answer": 0,
        "nothing_common": 0,
    }
    assert form["outputs"]["y"] == {
        "rows": 2,
        "agreeing": 1,
        "agreement": 0.5,
        "difference": {"mean": 0.25, "p95": form["outputs"]["y"]["difference"]["p95"], "max": 0.5},
    }
    assert form["milliseconds"]["max"] == 2.0
    assert [(each["prediction_id"], each["difference"]) for each in form["worst"]] == [("p-3", None), ("p-1", 0.5)]


def test_what_was_not_measured_is_null() -> None:
    form = Report(outputs={"label": OutputTally()}).to_dict()

    assert (form["agreement"], form["milliseconds"]) == (None, None)
    assert (form["outputs"]["label"]["agreement"], form["outputs"]["label"]["difference"]) == (None, None)

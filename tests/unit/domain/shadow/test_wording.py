from math import inf, isfinite

from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.report import Example, Outcome, Report
from sluice.domain.replay.sketch import Sketch
from sluice.domain.shadow.shadowed import Shadowed
from sluice.domain.shadow.wording import shadowed_in_words


def an_example(name: str, *, agrees: bool = False, difference: float = 0.5) -> Example:
    return Example(name, 3, agrees, difference, {}, {"label": 0}, {"label": 1} if isfinite(difference) else {})


def test_everything_is_said_with_its_numbers() -> None:
    report = Report(
        outcomes={Outcome.COMPARED: 1195, Outcome.DEFECTIVE: 5, Outcome.NO_ANSWER: 7},
        skipped={"a line is bad": 12},
        rows=1200,
        agreeing=1176,
        outputs={"label": OutputTally(1195, 1176), "score": OutputTally(1195, 1190, Sketch.of([0.0, 0.5]))},
        troubles=("p-9: bad",),
        worst=(
            an_example("p-1"),
            an_example("p-2", difference=inf),
            an_example("p-3", agrees=True, difference=0.125),
            an_example("p-4", agrees=True, difference=0.1),
        ),
    )

    assert list(shadowed_in_words(Shadowed(report, 24.0, 1207, 5, 1))) == [
        "The shadow's answers agree with the champion's in 98.00% of 1,200 requests (1,176 of 1,200 rows).",
        "Output label: 1,176 of 1,195 rows agree.",
        "Output score: 1,190 of 1,195 rows agree, differing by 0.25 in the mean, 0.5 (p95), 0.5 at most.",
        "Guardrails were broken by 5 answers of the shadow and 1 of the champion, of 1,207 each, such as p-9: bad.",
        "Not compared: 7 requests without an answer of the champion's that can be compared, 12 times: a line is bad.",
        'Prediction p-1, row 3 does not agree, and differs by 0.5: champion {"label": 0}, shadow {"label": 1}.',
        'Prediction p-2, row 3 does not agree, and differs as a number is missing: champion {"label": 0}, shadow {}.',
        'Prediction p-3, row 3 agrees, and differs by 0.125: champion {"label": 0}, shadow {"label": 1}.',
    ]


def test_where_nothing_could_be_compared_that_is_said() -> None:
    (sentence,) = shadowed_in_words(Shadowed())

    assert "have not been compared" in sentence


def test_breaches_of_the_champion_alone_have_no_example() -> None:
    sentences = list(shadowed_in_words(Shadowed(checked=10, champions_breaches=2)))

    assert sentences[1] == "Guardrails were broken by 0 answers of the shadow and 2 of the champion, of 10 each."

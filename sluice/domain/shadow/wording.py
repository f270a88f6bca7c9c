"""How does a shadow's comparison read? Sentences with their numbers, as ``explain`` and ``status`` show them."""

import json
from collections.abc import Iterator, Mapping
from math import isfinite

from sluice.domain.replay.compare import OutputTally
from sluice.domain.replay.report import Example, Outcome
from sluice.domain.shadow.shadowed import Shadowed

_NOT_COMPARED = {
    Outcome.NO_ANSWER: "without an answer of the champion's that can be compared",
    Outcome.NOTHING_COMMON: "without an output in common",
}
_SHOWN = 3


def shadowed_in_words(shadowed: Shadowed) -> Iterator[str]:
    """What came of comparing, one sentence each."""
    yield _agreement(shadowed)
    for name, tally in shadowed.report.outputs.items():
        yield f"Output {name}: {_output(tally)}."
    if shadowed.breaches or shadowed.champions_breaches:
        yield (
            f"Guardrails were broken by {shadowed.breaches:,} answers of the shadow and "
            f"{shadowed.champions_breaches:,} of the champion, of {shadowed.checked:,} each{_first(shadowed)}."
        )
    if left_out := _left_out(shadowed):
        yield f"Not compared: {', '.join(left_out)}."
    for example in shadowed.report.worst[:_SHOWN]:
        yield _example(example)


def _agreement(shadowed: Shadowed) -> str:
    if shadowed.agreement is None:
        return "The shadow's answers have not been compared with the champion's yet: captured files come minutes later."
    return (
        f"The shadow's answers agree with the champion's in {shadowed.agreement:.2%} of {shadowed.requests:,} requests "
        f"({shadowed.report.agreeing:,} of {shadowed.report.rows:,} rows)."
    )


def _output(tally: OutputTally) -> str:
    agree = f"{tally.agreeing:,} of {tally.rows:,} rows agree"
    found = tally.differences
    if not found.n:
        return agree
    p95 = min(found.quantile(0.95), found.largest)
    return f"{agree}, differing by {found.mean:.3g} in the mean, {p95:.3g} (p95), {found.largest:.3g} at most"


def _first(shadowed: Shadowed) -> str:
    return f", such as {shadowed.report.troubles[0]}" if shadowed.report.troubles else ""


def _left_out(shadowed: Shadowed) -> list[str]:
    outcomes, skipped = shadowed.report.outcomes, shadowed.report.skipped
    requests = [f"{outcomes[each]:,} requests {words}" for each, words in _NOT_COMPARED.items() if outcomes.get(each)]
    return requests + [f"{count:,} times: {reason}" for reason, count in skipped.items()]


def _example(example: Example) -> str:
    by = f"by {example.difference:.3g}" if isfinite(example.difference) else "as a number is missing"
    verdict = "agrees, and differs" if example.agrees else "does not agree, and differs"
    return (
        f"Prediction {example.prediction_id}, row {example.row} {verdict} {by}: champion {_said(example.captured)}, "
        f"shadow {_said(example.candidate)}."
    )


def _said(answer: Mapping[str, object]) -> str:
    return json.dumps(dict(answer), ensure_ascii=False)

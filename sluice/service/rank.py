"""Which rows come first? The unit's variant ranks them; while two rankers are interleaved, both do, and are drafted."""

from dataclasses import dataclass, replace

from pydantic_core import from_json

from sluice.domain.draft import Draft, interleave
from sluice.domain.invocation import Fault, InvocationFailed
from sluice.domain.ranking import Score, ranking
from sluice.domain.routing import Routing
from sluice.service.predict import Prediction, Predictor, Question, chosen, unavailable


@dataclass(frozen=True, slots=True)
class Ranked:
    """A list, and whose it is.

    Attributes:
        rows: Numbers of the rows, from 0, the best first.
        by: Who ranked them: one, or control and treatment.
        draft: Of two: who picked each place.

    """

    rows: tuple[int, ...]
    by: tuple[Prediction, ...]
    draft: Draft | None = None


class Ranker:
    """Has rows ranked.

    Args:
        predictor: Asks the variants.

    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    def rank(self, question: Question, score: Score, routing: Routing, *, length: int) -> Ranked:
        """The best ``length`` rows. Raises what ``Predictor.predict`` raises."""
        asked = replace(question, score=score)
        if routing.interleaving is None or chosen(question, routing) is not None:
            prediction = self._predictor.predict(asked, routing)
            return Ranked(_rows(prediction, score)[:length], (prediction,))
        control, treatment = self._predictor.ask_both(asked, routing, routing.interleaving.treatment)
        if isinstance(control, InvocationFailed):
            alone = _stand_in(treatment, control)
        elif isinstance(treatment, InvocationFailed):
            alone = replace(control, failed=treatment)
        else:
            return _drafted(control, treatment, asked, score=score, length=length)
        return Ranked(_rows(alone, score)[:length], (alone,))


def _drafted(control: Prediction, treatment: Prediction, question: Question, *, score: Score, length: int) -> Ranked:
    rankings = _rows(control, score), _rows(treatment, score)
    picks = interleave(*rankings, prediction_id=question.prediction_id, length=length)
    draft = Draft(tuple(pick.team for pick in picks))
    return Ranked(tuple(pick.row for pick in picks), (control, treatment), draft)


def _stand_in(treatment: Prediction | InvocationFailed, failed: InvocationFailed) -> Prediction:
    """The treatment's answer, when the champion gave none. Raises InvocationFailed or PredictionUnavailable."""
    if isinstance(treatment, Prediction):
        return replace(treatment, failed=failed)
    for each in (failed, treatment):
        if each.fault is Fault.CALLER:
            raise each
    raise unavailable(failed) from failed


def _rows(prediction: Prediction, score: Score) -> tuple[int, ...]:
    return tuple(ranking(from_json(prediction.answer.body), score))

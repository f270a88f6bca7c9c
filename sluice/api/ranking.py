"""A request to rank rows: the same rows as for a prediction, by which number, and how many of them are wanted."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic_core import to_json

from sluice.api.answering import Arrival, Given, Services, respond
from sluice.api.request import JSON, Body, read_json
from sluice.domain.errors import InvalidInput, Violation
from sluice.domain.instances import parse_instances
from sluice.domain.ranking import Score, score_by
from sluice.domain.signature import Signature
from sluice.service.rank import Ranked, Ranker

_RANK_BY, _LENGTH = "rank_by", "length"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be ranked: rows, by which number, and how many of the best are wanted."""

    body: Body
    score: Score
    length: int


async def rank(services: Services, request: Request, model: str) -> Response:
    """Answer a request to rank. Raises SluiceError, after recording it."""
    ranker = Ranker(services.predictor)

    def give(arrival: Arrival) -> Given:
        routing = arrival.held.routing
        wish = read_wish(read_json(request, arrival.content), routing.signature)
        question = arrival.question(wish.body)
        ranked = ranker.rank(question, wish.score, routing, length=wish.length)
        return Given(question, ranked.by, to_json(_form(ranked)), JSON)

    return await respond(services, request, model, give)


def read_wish(form: Any, signature: Signature) -> Wish:
    """Read the decoded body; the model gets the rows alone. Raises InvalidInput."""
    own = form if isinstance(form, dict) else {}
    score = score_by(signature, own.get(_RANK_BY))
    rows = {name: value for name, value in form.items() if name not in (_RANK_BY, _LENGTH)} if own else form
    count = parse_instances(signature, rows).rows
    length = own.get(_LENGTH, count)
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        raise InvalidInput([Violation(_LENGTH, "a whole number of at least 1", f"{length!r:.60}")])
    return Wish(Body(count, to_json(rows), JSON), score, length)


def _form(ranked: Ranked) -> dict[str, Any]:
    form: dict[str, Any] = {"ranking": ranked.rows}
    return form if ranked.draft is None else {**form, "draft": ranked.draft.encode()}

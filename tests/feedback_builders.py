"""A deployment's predictions and feedback on an emulated AWS: files are captured, feedback is said, totals are read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.config import Config

from sluice.aws.captures import CapturedFile, Captures, DeadLetters
from sluice.aws.client import connect
from sluice.aws.item_store import ItemStore
from sluice.aws.references import References
from sluice.aws.rewards import Rewards
from sluice.domain.attribution import Attribution
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.record import Credit
from sluice.domain.feedback.row_slices import Slices
from sluice.domain.feedback.rules import RuleBook, Rules
from sluice.domain.feedback.totals import Totals
from sluice.service.index_predictions import Indexed, Intake, index_predictions
from sluice.service.record_feedback import Status, record_feedback
from sluice.service.settle_feedback import Ledger
from sluice.service.slice_book import SliceBook
from tests.builders import a_store

T0 = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
UNIT = "0123456789abcdef"
CHAMPION = Attribution(UNIT, "champion", "1", 0.9, 7, 1)
CHALLENGER = Attribution(UNIT, "challenger", "2", 0.1, 7, 1)
RULES = Rules(minimum=0, maximum=1, keep=timedelta(days=30), unit_window=timedelta(0))


def answered(
    prediction_id: str = "p-1",
    by: Attribution = CHAMPION,
    at: datetime = T0,
    *,
    unit: str | None = None,
    attempt: int = 1,
    scores: tuple[float, ...] | None = None,
    slices: Slices = (),
) -> Answered:
    """An attempt at a prediction of the model ``flights``."""
    return Answered(prediction_id, "flights", replace(by, attempt=attempt, unit=unit or by.unit), at, scores, slices)


def captured(attempt: Answered, **metadata: Any) -> str:
    """Its line in a captured file."""
    said = {
        "eventId": "e-1",
        "inferenceTime": f"{attempt.at:%Y-%m-%dT%H:%M:%SZ}",
        "inferenceId": attempt.prediction_id,
        "customAttributes": [attempt.by.encode()],
        **metadata,
    }
    data = {} if attempt.scores is None else {"endpointOutput": said_of(attempt.scores)}
    if attempt.slices:
        data["endpointInput"] = _side([dict(attempt.slices)], "instances")
    return json.dumps({"captureData": data, "eventMetadata": said, "eventVersion": "0"})


def said_of(scores: tuple[float, ...]) -> dict[str, str]:
    """The answer that has these scores, or this number, as it is captured."""
    return scored(scores) if len(scores) > 1 else _side([{"minutes": scores[0]}])


def scored(*rows: Sequence[float]) -> dict[str, str]:
    """The answer of a classifier, as it is captured."""
    predictions = [{"label": max(range(len(row)), key=row.__getitem__), "probabilities": list(row)} for row in rows]
    return _side(predictions)


def _side(rows: Sequence[Any], name: str = "predictions") -> dict[str, str]:
    body = json.dumps({name: rows})
    return {"observedContentType": "application/json", "mode": "OUTPUT", "data": body, "encoding": "JSON"}


def key_of(variant: str, name: str, endpoint: str = "sluice-flights") -> str:
    """The key of a captured file."""
    return f"captures/{endpoint}/{variant}/2026/11/21/09/{name}.jsonl"


def said(
    prediction_id: str = "p-1", value: float = 1.0, name: str = "click", covariate: float | None = None
) -> Feedback:
    """Feedback that comes at T0."""
    return Feedback(prediction_id, name, value, covariate, T0)


class World:
    """One model, ``flights``, on an emulated AWS.

    Attributes:
        joined: The rewards that were counted, in order.
        slept: The pauses made.

    """

    def __init__(self, rules: Rules = RULES) -> None:
        self.dynamodb, self._s3, self._sqs = (connect(name, Config()) for name in ("dynamodb", "s3", "sqs"))
        a_store(self.dynamodb)
        self._s3.create_bucket(Bucket="data")
        self._queue = self._sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.joined: list[Credit] = []
        self.slept: list[float] = []
        self.items = ItemStore(self.dynamodb, table="state", sleep=self.slept.append)
        self.ledger = Ledger.of(self.items, RuleBook({"flights": rules}), self.joined.append)
        self.captures = Captures(self._s3)
        dead_letters = DeadLetters(self._sqs, url=self._queue)
        self.intake = Intake(self.captures, dead_letters, {"sluice-flights": "flights"}, self.ledger)

    def slice_by(self, **known: Sequence[str]) -> None:
        """Have both versions a new reference with slices of these columns and values."""
        slices = [{"column": name, "value": value, "rows": 100} for name, values in known.items() for value in values]
        references = References(self.dynamodb, table="state")
        for version in ("1", "2"):
            form = {"classes": [], "scores": [], "slices": slices}
            references.put("flights", version, json.dumps(form).encode())
        book = SliceBook(references, {"flights": ["carrier", "origin"]}, lambda: 0.0)
        self.intake = replace(self.intake, slices=book)

    def put_file(self, *lines: str, variant: str = "champion", name: str = "file") -> CapturedFile:
        """Write a captured file."""
        key = key_of(variant, name)
        self._s3.put_object(Bucket="data", Key=key, Body="\n".join(lines).encode())
        return CapturedFile("data", key)

    def index(self, *attempts: Answered, name: str = "file", now: datetime = T0) -> Indexed:
        """Take in a captured file of one variant's attempts."""
        file = self.put_file(*map(captured, attempts), variant=attempts[0].by.variant, name=name)
        return index_predictions(file, self.intake, now=now)

    def say(self, feedback: Feedback, now: datetime = T0) -> Status:
        """Take feedback."""
        return record_feedback(feedback, self.ledger, now=now)

    def totals(self, name: str = "click") -> dict[str, Totals]:
        """What each version earned on that day."""
        day = timedelta(days=1)
        found = Rewards(self.items).between("flights", name, start=T0 - day, end=T0 + day)
        return {version: totals for (_, version), totals in found.items() if totals != Totals()}

    def buried(self) -> Sequence[dict[str, Any]]:
        """The dead letters."""
        answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def stored(self) -> list[dict[str, Any]]:
        """Every item of the table."""
        found: list[dict[str, Any]] = self.dynamodb.scan(TableName="state")["Items"]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

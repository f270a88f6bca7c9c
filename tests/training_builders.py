"""What was captured and what was said about it, for those who learn from both; AWS is emulated."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from sluice.aws.feedback import FeedbackStore
from sluice.aws.item_store import ItemStore
from sluice.domain.attribution import Attribution
from sluice.domain.feedback.capture import Answered
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.rules import RuleBook
from sluice.domain.signature import Datatype, Signature, TensorSpec
from tests.feedback_builders import RULES, T0, UNIT
from tests.functional.deployed import a_client
from tests.monitoring_builders import exchange

CARRIER = TensorSpec("carrier", Datatype.BYTES, (-1, 1))
TEMP = TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True)
HOURS = TensorSpec("hours", Datatype.INT64, (-1, 1))
OUTPUTS = (TensorSpec("label", Datatype.INT64, (-1,)), TensorSpec("probabilities", Datatype.FP32, (-1, 2)))
SIGNATURE = Signature("flights", "1", (CARRIER, TEMP, HOURS), OUTPUTS, ("on_time", "late"))
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A captured prediction of one row, and its label.

    Attributes:
        number: Names it, and is its row.
        label: None: none was given.
        wait: After which time the label was given.

    """

    number: int
    at: datetime
    label: float | None = 1.0
    wait: timedelta = HOUR
    unit: str = UNIT
    variant: str = "champion"
    version: str = "1"
    attempt: int = 1
    late: float = 0.25
    row: Any = None

    @property
    def prediction_id(self) -> str:
        return f"p-{self.number:04}"

    @property
    def line(self) -> str:
        """As data capture writes it."""
        by = Attribution(self.unit, self.variant, self.version, 0.9, 7, self.attempt)
        row = a_row(self.number) if self.row is None else self.row
        said = [{"label": int(self.late > 0.5), "probabilities": [1 - self.late, self.late]}]
        return exchange([row], said, Answered(self.prediction_id, "flights", by, self.at))


def a_row(number: int, **changes: Any) -> dict[str, Any]:
    return {"carrier": ("AA", "UA")[number % 2], "temp": number / 2, "hours": number, **changes}


def some_asked(count: int, *, first: datetime = T0, start: int = 0) -> list[Asked]:
    """A minute apart; every third is labelled 1, the others 0."""
    minute = timedelta(minutes=1)
    return [Asked(start + n, first + n * minute, label=float(n % 3 == 0)) for n in range(count)]


def capture(asked: Sequence[Asked], name: str = "file", *, more: Sequence[str] = (), variant: str = "champion") -> str:
    """Write a captured file; its key."""
    at = asked[0].at
    key = f"captures/sluice-flights/{variant}/{at:%Y/%m/%d/%H}/{name}.jsonl"
    lines = [*(each.line for each in asked), *more]
    a_client("s3").put_object(Bucket="data", Key=key, Body="\n".join(lines).encode())
    return key


def give(asked: Sequence[Asked], name: str = "late", *, at: datetime | None = None) -> None:
    """Give their labels."""
    store = FeedbackStore(
        ItemStore(a_client("dynamodb"), table="state", sleep=lambda _: None), RuleBook({"flights": RULES})
    )
    for each in asked:
        if each.label is not None:
            given = each.at + each.wait
            store.keep(Feedback(each.prediction_id, name, each.label, None, at or given), now=given)


def read(folder: Path, part: str) -> pa.Table:
    return parquet.read_table(folder / f"{part}.parquet")


def rows_of(folder: Path, part: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = read(folder, part).to_pylist()
    return rows


def lineage_of(folder: Path) -> Any:
    return json.loads((folder / "lineage.json").read_text(encoding="utf-8"))

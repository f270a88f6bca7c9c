from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sluice.domain.attribution import Attribution
from sluice.domain.errors import InvalidSelection
from sluice.domain.exchange import Exchange
from sluice.domain.message import Message
from sluice.domain.replay.selection import Condition, Selection
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import a_signature

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
BY = Attribution("0123456789abcdef", "champion", "1", 0.9, 7, 1)
EXCHANGE = Exchange("p-1", "champion", Message(b"{}", "application/json"), None, NOW, BY, is_probe=False)
COPY = replace(EXCHANGE, variant="shadow")
PROBE = replace(EXCHANGE, is_probe=True, by=None)
ALL = Selection(NOW - timedelta(hours=1), NOW + timedelta(hours=1), 10)
SIGNATURE = a_signature(
    TensorSpec("carrier", Datatype.BYTES, (-1, 1)),
    TensorSpec("temp", Datatype.FP32, (-1, 1)),
    TensorSpec("late", Datatype.BOOL, (-1, 1)),
    TensorSpec("pair", Datatype.INT64, (-1, 2)),
)


@pytest.mark.parametrize(
    ("selection", "exchange", "takes"),
    [
        (ALL, EXCHANGE, True),
        (ALL, replace(EXCHANGE, at=None), False),
        (replace(ALL, since=NOW), EXCHANGE, True),
        (replace(ALL, until=NOW), EXCHANGE, False),
        (replace(ALL, version="1"), EXCHANGE, True),
        (replace(ALL, version="2"), EXCHANGE, False),
        (replace(ALL, version="1"), replace(EXCHANGE, by=None), False),
        (ALL, COPY, False),
        (replace(ALL, variant="shadow"), COPY, True),
        (ALL, PROBE, False),
        (replace(ALL, variant="champion"), PROBE, False),
        (replace(ALL, ids=frozenset({"p-1"})), PROBE, True),
        (replace(ALL, ids=frozenset({"p-2"})), EXCHANGE, False),
    ],
)
def test_what_is_meant(*, selection: Selection, exchange: Exchange, takes: bool) -> None:
    assert selection.takes(exchange) is takes


@pytest.mark.parametrize(
    ("condition", "found", "holds"),
    [
        ("carrier=UA", "UA", True),
        ("carrier=UA", "AA", False),
        ("carrier=a=b", "a=b", True),
        ("carrier=null", None, True),
        ("carrier=UA", None, False),
        ("temp=73.04", 73.04000091552734, True),  # that number as an FP32
        ("temp=73", 73.5, False),
        ("temp=UA", 73.5, False),
        ("n=7", 7, True),
        ("n=1000000000", 1000000001, False),
        ("late=true", True, True),
        ("late=1", True, False),
        ("late=false", False, True),
    ],
)
def test_a_slice_is_written_as_people_write(*, condition: str, found: Any, holds: bool) -> None:
    parsed = Condition.parse(condition)

    assert parsed.holds({parsed.column: found}) is holds


def test_all_conditions_hold_for_a_row_that_is_meant() -> None:
    selection = replace(ALL, where=(Condition("carrier", "UA"), Condition("temp", "1")))
    rows = [{"carrier": "UA", "temp": 1}, {"carrier": "UA", "temp": 2}, {"carrier": "AA", "temp": 1}]

    assert selection.rows(rows) == (0,)
    assert ALL.rows(rows) == (0, 1, 2)


@pytest.mark.parametrize("text", ["carrier", "=UA", ""])
def test_what_is_no_slice_is_refused(text: str) -> None:
    with pytest.raises(InvalidSelection, match="such as carrier=UA"):
        Condition.parse(text)


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("airline=UA", "version 1 has no input airline, but carrier, temp, late, pair"),
        ("pair=1", "pair has several elements a row"),
        ("temp=warm", "temp is FP32, so it is never 'warm'"),
        ("temp=inf", "never 'inf'"),
        ("late=1", "late is BOOL, so it is never '1'"),
    ],
)
def test_a_slice_that_no_row_can_be_in_is_refused(condition: str, why: str) -> None:
    with pytest.raises(InvalidSelection, match=why):
        Condition.parse(condition).check(SIGNATURE)


@pytest.mark.parametrize("condition", ["carrier=UA", "temp=1.5", "temp=null", "late=true"])
def test_other_slices_are_taken(condition: str) -> None:
    Condition.parse(condition).check(SIGNATURE)

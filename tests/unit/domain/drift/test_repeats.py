from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.column import Codes
from sluice.domain.drift.finding import Change
from sluice.domain.drift.judge_repeats import judge_repeats
from sluice.domain.drift.part import without
from sluice.domain.drift.presence import presence_only
from sluice.domain.drift.reference_form import reference_from_dict
from sluice.domain.drift.repeats import SCOPE, Repeats, count_repeats, repeats_of_reference
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.sliced import SlicedReference
from sluice.domain.errors import InvalidReference
from sluice.domain.evidence.finding import Verdict
from tests.drift_builders import CARRIERS, a_reference, some_rows

BINNING = a_reference().binning
USUAL = Repeats(10_000, 10)
RULES = Rules()


def copies(rows: int = 4, **columns: object) -> int:
    return count_repeats(BINNING, columns, rows).copies  # type: ignore[arg-type]


def test_rows_are_copies_where_they_are_equal_in_all_inputs() -> None:
    carrier, temp = ["AA", "B6", "AA", "AA"], [1.5, 1.5, 1.5, 2.5]

    assert copies(carrier=carrier, temp=temp) == 1
    assert copies(carrier=carrier) == 2
    assert copies(carrier=carrier, temp=temp, other=[1, 2, 3, 4], predicted=[1, 2, 3, 4]) == 1


@pytest.mark.parametrize(
    "column",
    [
        ["AA", None, "AA", None],
        [1, 1.0, 2, 2.0],
        [["a"], {"b": 1}, ["a"], {"b": 1}],
        np.array([0.0, -0.0, np.nan, -np.nan]),
        np.array([1e300, 1e301, 16_777_216, 16_777_217]),  # as the model reads them
        np.array(["AA", "AA", None, None], dtype=object),
        Codes(np.array([0, -1, 0, -1]), ("AA",)),
    ],
)
def test_values_are_equal_however_they_came(column: object) -> None:
    assert copies(carrier=column) == 2
    assert copies(carrier=column, temp=np.arange(4.0)) == 0


def test_a_copy_is_looked_for_among_neighbours() -> None:
    temp = np.arange(SCOPE, dtype=np.float64)

    near, far = np.repeat(temp, 2), np.concatenate([temp, temp])

    assert count_repeats(BINNING, {"temp": near}, 2 * SCOPE) == Repeats(2 * SCOPE, SCOPE)
    assert count_repeats(BINNING, {"temp": far}, 2 * SCOPE) == Repeats(2 * SCOPE, 0)
    alike = Codes(np.arange(2 * SCOPE) // SCOPE, CARRIERS)
    assert count_repeats(BINNING, {"carrier": alike}, 2 * SCOPE) == Repeats(2 * SCOPE, 2 * SCOPE - 2)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(0, 99))
def test_rows_in_more_pieces_are_never_more_often_copies(sizes: list[int], seed: int) -> None:
    rows = sum(sizes)
    temp = np.random.default_rng(seed).integers(0, 40, rows).astype(np.float64)
    ends = np.cumsum(sizes)[:-1]

    pieces = sum((count_repeats(BINNING, {"temp": part}, len(part)) for part in np.split(temp, ends)), Repeats())

    whole = count_repeats(BINNING, {"temp": temp}, rows)
    assert pieces.rows == whole.rows
    assert pieces.copies <= whole.copies == rows - len(set(temp.tolist()))


@pytest.mark.parametrize("carrier_as", ["words", "codes"])
@pytest.mark.parametrize("seats", [1, 400], ids=["alike", "few alike"])
@pytest.mark.parametrize("temps", [1, 8, 200, 10**6])
def test_copies_are_those_of_comparing_every_row(temps: int, seats: int, carrier_as: str) -> None:
    rows = 9 * SCOPE + 700
    generator = np.random.default_rng(temps)
    places = {name: generator.integers(0, of, rows) for name, of in [("temp", temps), ("seats", seats), ("carrier", 2)]}
    again = (generator.random(rows) < 0.05).nonzero()[0]
    for column in places.values():
        column[again] = column[np.maximum(again - 40, 0)]

    numbers = {"delay": np.zeros(rows), "temp": places["temp"].astype(np.float64), "seats": places["seats"]}
    words = [CARRIERS[place] for place in places["carrier"].tolist()]
    columns = {**numbers, "carrier": words if carrier_as == "words" else Codes(places["carrier"], CARRIERS)}

    every = list(zip(*(column.tolist() for column in places.values()), strict=True))
    distinct = sum(len(set(every[start : start + SCOPE])) for start in range(0, rows, SCOPE))
    assert count_repeats(BINNING, columns, rows) == Repeats(rows, rows - distinct)


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="copies are some of the rows, got 5 of 4"):
        Repeats(4, 5)


def test_a_reference_knows_its_own_copies_where_rows_have_all_their_neighbours() -> None:
    rows = some_rows(5000, seed=1)
    rows["temp"][1000:1100] = rows["temp"][900:1000]

    assert a_reference().repeats == Repeats(4 * SCOPE, 0)
    assert repeats_of_reference(BINNING, {"temp": rows["temp"]}, 5000) is not None
    assert repeats_of_reference(BINNING, {"temp": rows["temp"][:2000]}, 2000) is None
    assert build_reference({"x": [1.0, 2.0]}, seed=1, choices=Choices(draws=0)).repeats is None


def test_the_form_of_a_reference_holds_them_and_older_ones_have_none() -> None:
    form = a_reference().to_dict()

    assert form["repeats"] == {"rows": 4 * SCOPE, "copies": 0}
    assert reference_from_dict(form).repeats == a_reference().repeats
    assert reference_from_dict({name: part for name, part in form.items() if name != "repeats"}).repeats is None


@pytest.mark.parametrize("repeats", [{"rows": 4, "copies": 5}, {"rows": 4}, [4, 1], {"rows": 4, "copies": "1"}])
def test_a_form_that_cannot_be_is_named(repeats: object) -> None:
    with pytest.raises(InvalidReference, match=r"repeats|copies"):
        reference_from_dict(a_reference().to_dict() | {"repeats": repeats})


def test_where_inputs_are_hidden_or_left_out_copies_are_no_longer_known() -> None:
    sliced = SlicedReference(a_reference())

    assert presence_only(sliced, {"temp"}).whole.repeats is None
    assert presence_only(sliced, {"other"}).whole.repeats == a_reference().repeats
    assert without(sliced, {"temp"}).whole.repeats is None
    assert without(sliced, {"predicted"}).whole.repeats == a_reference().repeats
    assert a_reference().rebased(a_reference().summary).repeats is None


def test_as_many_copies_as_before_pass() -> None:
    found = judge_repeats(USUAL, [Repeats(1000, 1)] * 8, RULES)

    assert (found.feature, found.verdict, found.change, found.size) == ("duplicates", Verdict.PASS, None, "")


def test_more_copies_are_found_with_their_share_and_since_when() -> None:
    windows = [Repeats(5000, 5)] * 7 + [Repeats(5000, 615)]

    found = judge_repeats(USUAL, windows, RULES)

    assert (found.verdict, found.change, found.windows, found.rows) == (Verdict.FAIL, Change.DUPLICATES, 1, 5000)
    assert found.reason == (
        "duplicates: 12.3 % of rows are copies of another, 0.1 % were before, in 5,000 rows of the last window"
    )
    assert found.size == "12.2 % of rows"
    assert found.effect > 0.2


def test_a_few_more_take_many_windows() -> None:
    one = judge_repeats(USUAL, [Repeats(500, 20)], RULES)
    many = judge_repeats(USUAL, [Repeats(500, 20)] * 16, RULES)

    assert one.verdict is Verdict.PASS
    assert (many.verdict, many.windows) == (Verdict.FAIL, 16)
    assert many.reason.endswith("in 8,000 rows of the last 16 windows")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (USUAL, Repeats(1_000_000, 15_000)),  # sure, and of no consequence
        (USUAL, Repeats(100, 10)),  # one request of ten rows that was sent again
        (Repeats(10_000, 9000), Repeats(1_000_000, 100_000)),  # fewer
    ],
)
def test_what_is_little_or_a_single_clump_or_less_is_no_finding(before: Repeats, now: Repeats) -> None:
    assert judge_repeats(before, [now], RULES).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("before", "windows"),
    [(USUAL, [Repeats(0, 0)] * 3), (USUAL, [Repeats(49, 40)]), (Repeats(), [Repeats(1000, 500)]), (USUAL, [])],
)
def test_few_rows_say_nothing(before: Repeats, windows: list[Repeats]) -> None:
    found = judge_repeats(before, windows, RULES)

    assert (found.verdict, found.reason) == (
        Verdict.INCONCLUSIVE,
        "duplicates: fewer than the 50 rows it takes to judge",
    )


def test_copies_get_a_tenth_of_the_error_of_a_look() -> None:
    tenfold = replace(RULES, false_alarms_per_30_days=10 * RULES.false_alarms_per_30_days)

    few, more = (judge_repeats(USUAL, [Repeats(1000, count)], RULES) for count in (50, 60))

    assert (few.verdict, more.verdict) == (Verdict.PASS, Verdict.FAIL)
    assert more.p < 0.1 * RULES.q < few.p < RULES.q
    assert judge_repeats(USUAL, [Repeats(1000, 50)], tenfold).verdict is Verdict.FAIL


def test_quiet_windows_are_found_as_rarely_as_their_share_of_the_error_allows() -> None:
    generator = np.random.default_rng(5)
    rules = replace(RULES, false_alarms_per_30_days=720 * 0.5)

    found = 0
    for _ in range(300):
        before = Repeats(10_000, int(generator.binomial(1000, 0.05)) * 10)
        windows = [Repeats(1000, int(generator.binomial(100, 0.05)) * 10) for _ in range(8)]
        found += judge_repeats(before, windows, rules).verdict is Verdict.FAIL
    assert found / 300 <= 0.1 * 0.5 + 2 * (0.05 * 0.95 / 300) ** 0.5

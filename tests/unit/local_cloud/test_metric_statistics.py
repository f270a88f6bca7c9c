"""What the statistics of a metric are, and where its data lie in time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.metrics.samples import Samples, StatisticSet
from local_cloud.metrics.statistic import UnknownStatistic, fewest_samples, parse_statistic
from local_cloud.metrics.store import Metric, MetricStore, Span

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ERRORS = Metric("Sluice", "Errors")
TEN = Samples.of([float(value) for value in range(1, 11)])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SampleCount", 10.0),
        ("Sum", 55.0),
        ("Average", 5.5),
        ("Minimum", 1.0),
        ("Maximum", 10.0),
        ("p50", 5.0),
        ("p95", 10.0),
        ("p0", 1.0),
        ("p100", 10.0),
        ("p10.1", 2.0),
        ("tm90", 5.0),
        ("tc90", 9.0),
        ("ts90", 45.0),
        ("wm90", 5.4),
        ("IQM", 5.5),
        ("TM(10%:90%)", 5.5),
        ("TC(25%:)", 7.5),
        ("TC(2:5)", 3.0),
        ("TC(5:)", 5.0),
        ("TC(:5)", 5.0),
        ("TC(20:)", 0.0),
        ("TM(20:)", None),
        ("PR(:2.5)", 20.0),
        ("PR(2:5)", 30.0),
        ("TS(8:)", 19.0),
        ("WM(3:4)", 3.7),
        ("WM(10%:90%)", 5.4),
    ],
)
def test_each_statistic_is_what_the_guide_defines(name: str, expected: float | None) -> None:
    assert parse_statistic(name)(TEN) == (None if expected is None else pytest.approx(expected))


def test_a_value_counts_as_often_as_it_was_reported() -> None:
    samples = Samples.of([100.0, 900.0], [950.0, 50.0])

    found = {name: parse_statistic(name)(samples) for name in ("SampleCount", "Sum", "p95", "p95.1", "TC(500:)")}

    assert found == {"SampleCount": 1000.0, "Sum": 140_000.0, "p95": 100.0, "p95.1": 900.0, "TC(500:)": 50.0}


def test_statistic_sets_count_but_have_no_percentiles_unless_their_values_are_known() -> None:
    samples = Samples.of([2.0])
    samples.add(Samples.of_set(StatisticSet(3, 12.0, 4.0, 4.0)))
    known = parse_statistic("p100")(samples)
    samples.add(Samples.of_set(StatisticSet(2, 10.0, 1.0, 9.0)))
    samples.add(Samples.of_set(StatisticSet(1, 3.0, 1.0, 9.0)))

    assert known == 4.0
    assert parse_statistic("p100")(samples) is None
    assert [parse_statistic(name)(samples) for name in ("SampleCount", "Sum", "Minimum", "Maximum")] == [7, 27, 1, 9]


def test_nothing_has_no_statistics_and_negative_values_no_percentiles() -> None:
    assert parse_statistic("Sum")(Samples()) is None
    assert parse_statistic("Average")(Samples.of([0.0], [0.0])) is None
    assert parse_statistic("p50")(Samples.of([-1.0, 1.0])) is None


@pytest.mark.parametrize(
    "name",
    ["", "sum", "p", "p101", "P99", "TC()", "TC(:)", "TC(5:2)", "TC(1:2%)", "TC(1%:101%)", "PR(1%:2%)", "TC(a:b)"],
)
def test_the_name_of_no_statistic_is_refused(name: str) -> None:
    with pytest.raises(UnknownStatistic):
        parse_statistic(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("p99", 1000), ("p50", 20), ("p10", 100), ("p0", float("inf")), ("tm99", 0), ("Sum", 0)],
)
def test_rare_percentiles_need_many_samples(name: str, expected: float) -> None:
    assert fewest_samples(name) == pytest.approx(expected)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), min_size=1, max_size=12),
    st.integers(0, 9),
    st.sampled_from([50, 90, 99]),
)
def test_trimmed_counts_add_up_and_percentiles_are_values(
    pairs: list[tuple[int, int]], bound: int, percent: int
) -> None:
    samples = Samples()
    for value, count in pairs:
        samples.add(Samples.of([float(value)], [float(count)]))
    total = sum(count for _, count in pairs)
    counted = {name: parse_statistic(name)(samples) or 0.0 for name in (f"TC(:{bound})", f"TC({bound}:)")}
    quantile = parse_statistic(f"p{percent}")(samples)

    assert sum(counted.values()) == total
    assert quantile in samples.counts
    assert sum(count for value, count in pairs if value <= quantile) >= percent / 100 * total - 1e-6


def a_span(minutes: int = 10, period: int = 60, start: datetime = NOON) -> Span:
    return Span.between(start, start + timedelta(minutes=minutes), period)


def test_what_is_reported_in_one_minute_adds_up() -> None:
    store = MetricStore()
    for second in (0, 20, 59, 60):
        store.put(ERRORS, Samples.of([1.0]), at=NOON + timedelta(seconds=second))

    found = store.series(ERRORS, parse_statistic("Sum"), a_span())

    assert list(found.values()) == [3.0, 1.0]
    assert list(found) == [int(NOON.timestamp()), int(NOON.timestamp()) + 60]


def test_the_start_counts_and_the_end_does_not() -> None:
    store = MetricStore()
    for minute in range(4):
        store.put(ERRORS, Samples.of([float(minute)]), at=NOON + timedelta(minutes=minute))

    span = Span.between(NOON + timedelta(minutes=1, seconds=30), NOON + timedelta(minutes=3), 60)

    assert list(store.series(ERRORS, parse_statistic("Sum"), span).values()) == [1.0, 2.0]


@pytest.mark.parametrize(("period", "expected"), [(60, [2.0]), (30, [1.0, 1.0]), (10, [1.0, 1.0]), (1, [1.0, 1.0])])
def test_high_resolution_data_keep_their_second(period: int, expected: list[float]) -> None:
    store = MetricStore()
    for second in (7, 45):
        store.put(ERRORS, Samples.of([1.0]), at=NOON + timedelta(seconds=second), resolution=1)

    span = Span.between(NOON + timedelta(seconds=7), NOON + timedelta(minutes=1), period)

    assert list(store.series(ERRORS, parse_statistic("Sum"), span).values()) == expected


def test_metrics_with_other_dimensions_or_units_are_others() -> None:
    store = MetricStore()
    narrow = Metric("Sluice", "Errors", frozenset({("Variant", "champion")}))
    store.put(ERRORS, Samples.of([1.0]), at=NOON, unit="Count")
    store.put(ERRORS, Samples.of([5.0]), at=NOON)
    store.put(narrow, Samples.of([9.0]), at=NOON)
    total = parse_statistic("Sum")

    assert list(store.series(ERRORS, total, a_span()).values()) == [6.0]
    assert list(store.series(ERRORS, total, a_span(), "Count").values()) == [1.0]
    assert sorted(store.units(ERRORS)) == ["Count", "None"]
    assert set(store.metrics()) == {ERRORS, narrow}


def test_the_oldest_are_forgotten_when_there_is_too_much() -> None:
    store = MetricStore(most_values=100)
    for minute in range(200):
        store.put(ERRORS, Samples.of([1.0]), at=NOON + timedelta(minutes=minute))

    found = store.series(ERRORS, parse_statistic("Sum"), a_span(200))

    assert 20 <= len(found) <= 100
    assert max(found) == int(NOON.timestamp()) + 199 * 60

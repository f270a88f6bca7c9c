"""Metric math: the grammar, missing values, and what is refused."""

import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.metrics.arithmetic import Scope, Value, evaluate
from local_cloud.metrics.expression import InvalidExpression, names, parse
from local_cloud.metrics.functions import FUNCTIONS
from local_cloud.metrics.query import InvalidQuery, MetricQuery, answer, parse_queries
from local_cloud.metrics.store import Series

GRID = (0, 60, 120, 180)
M1: Series = {0: 30.0, 60: 20.0, 120: 0.0, 180: 0.0}
M2: Series = {0: 20.0, 120: 20.0}
EMPTY: Series = {}


def value_of(expression: str, **values: Value) -> Value:
    known: Mapping[str, Value] = {"m1": M1, "m2": M2, "none": EMPTY, **values}
    scope = Scope(known, ["m1", "m2"], {"m1": 60, "m2": 60}, GRID)
    return evaluate(parse(expression), scope, FUNCTIONS)


def points(*values: float | None) -> Series:
    return {time: value for time, value in zip(GRID, values, strict=True) if value is not None}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", points(50, 20, 20, 0)),
        ("m1 - m2 * 2", points(-10, 20, -40, 0)),
        ("(m1 - m2) * 2", points(20, 40, -40, 0)),
        ("m1 / m2", points(1.5, None, 0, None)),
        ("100 / m1", points(100 / 30, 5, None, None)),
        ("-m2 ^ 2", {0: -400.0, 120: -400.0}),
        ("m2 * 1e3 / .5", {0: 40_000.0, 120: 40_000.0}),
        # The guide's own table of comparisons:
        ("m1 < m2", points(0, 0, 1, 0)),
        ("m1 >= 30", points(1, 0, 0, 0)),
        ("m1 > 15 AND m2 > 15", points(1, 0, 0, 0)),
        ("m1 > 15 || m2 > 15", points(1, 1, 1, 0)),
        ("m1 == 20", points(0, 1, 0, 0)),
        ("m1 != 20", points(1, 0, 1, 1)),
        ("FILL(m2, 0)", points(20, 0, 20, 0)),
        ("FILL(m2, m1)", points(20, 20, 20, 0)),
        ("FILL(m2, REPEAT)", points(20, 20, 20, 20)),
        ("FILL(m2, LINEAR)", points(20, 20, 20, None)),
        ("FILL(none, 7)", points(7, 7, 7, 7)),
        ("m1 / FILL(m2, 1)", points(1.5, 20, 0, 0)),
        ("IF(m1 > 15, m1, 0)", points(30, 20, 0, 0)),
        ("IF(m1 > 15, m2, 5)", points(20, 0, 5, 5)),
        ("IF(m1, 1)", points(1, 1, None, None)),
        ("IF(m2 > 0, m1 / m2)", points(1.5, None, 0, None)),
        ("IF(1 > 2, m1, m2)", M2),
        ("IF(0, m1)", EMPTY),
        ("SUM([m1, m2])", points(50, 20, 20, 0)),
        ("MAX([m1, m2])", points(30, 20, 20, 0)),
        ("MIN([m1, m2])", points(20, 20, 0, 0)),
        ("AVG([m1, m2])", points(25, 10, 10, 0)),
        ("SUM(METRICS())", points(50, 20, 20, 0)),
        ('SUM(METRICS("2"))', M2),
        ("m1 / SUM(m1)", points(0.6, 0.4, 0, 0)),
        ("m1 * MAX(none)", points(0, 0, 0, 0)),
        ("SUM([m1, m2]) / METRIC_COUNT([m1, m2])", points(25, 10, 10, 0)),
        ("m2 / PERIOD(m2)", {0: 20 / 60, 120: 20 / 60}),
        ("TIME_SERIES(2 + 3)", points(5, 5, 5, 5)),
        ("CEIL(m1 / 7) + FLOOR(m1 / 7) + ABS(0 - m1)", points(5 + 4 + 30, 3 + 2 + 20, 0, 0)),
        ("SUM(100 / [m1, m2])", points(100 / 30 + 5, 5, 5, None)),
        ("m1 * ABS(-2)", points(60, 40, 0, 0)),
    ],
)
def test_an_expression_is_computed_as_the_guide_says(expression: str, expected: Series) -> None:
    assert value_of(expression) == pytest.approx(expected)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "m1 +",
        "m1 m2",
        "(m1",
        "SUM(m1",
        "[m1, m2",
        "m1 ? m2",
        "m3",
        "SEARCH('x', 'Sum')",
        "NOPE(m1)",
        "IF(m1)",
        "IF([m1, m2], 1)",
        "FILL(m1)",
        "FILL(m1, [m1, m2])",
        "METRICS(m1)",
        "PERIOD(m1 + m2)",
        "TIME_SERIES(m1)",
        "[m1] + [m2]",
        "1 / 0",
        "(0 - 8) ^ 0.5",
        "SUM(m1, m2)",
        "'text'",
        "[1, m1]",
        "(" * 60 + "m1" + ")" * 60,
    ],
)
def test_what_means_nothing_is_refused_never_answered_with_nothing(expression: str) -> None:
    with pytest.raises(InvalidExpression, match="Error in expression"):
        value_of(expression)


NUMBERS = st.recursive(
    st.integers(1, 9).map(str),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda parts: f"({' '.join(parts)})"),
    max_leaves=10,
)


@given(NUMBERS, st.sampled_from(["+", "-", "*"]), NUMBERS)
def test_numbers_are_computed_as_python_does(left: str, operator: str, right: str) -> None:
    expression = f"{left} {operator} {right}"

    assert value_of(expression) == eval(expression)  # noqa: S307  made of digits and signs


@given(st.text(alphabet="m1 +-*/(),[]<>=&|IFSUM.\"'", max_size=25))
def test_any_text_is_either_an_expression_or_refused(text: str) -> None:
    try:
        node = parse(text)
    except InvalidExpression:
        return

    assert set(names(node)) <= set(re.findall(r"[A-Za-z]\w*", text))


def a_metric(name: str, period: int = 60, stat: str = "Sum") -> dict[str, object]:
    metric = {"Namespace": "Sluice", "MetricName": name}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, "ReturnData": False}


def answered(*queries: dict[str, object], series: Mapping[str, Series]) -> dict[str, list[Series]]:
    def read(metric: MetricQuery) -> Series:
        return series[metric.metric.name]

    def grid(_: int) -> Sequence[int]:
        return GRID

    return answer(parse_queries(queries), read, grid)


def test_expressions_may_use_each_other_in_any_order() -> None:
    found = answered(
        {"Id": "percent", "Expression": "share * 100"},
        {"Id": "share", "Expression": "bad / all", "ReturnData": False},
        a_metric("bad"),
        a_metric("all"),
        series={"bad": {0: 1.0}, "all": {0: 4.0, 60: 4.0}},
    )

    assert found == {"percent": [{0: 25.0, 60: 0.0}]}


@pytest.mark.parametrize(
    ("queries", "reason"),
    [
        ([{"Id": "a", "Expression": "b"}, {"Id": "b", "Expression": "a"}], "needs itself"),
        ([a_metric("a"), a_metric("a")], "not unique"),
        ([{"Id": "a"}], "either MetricStat or Expression"),
        ([{"Id": "A", "Expression": "1"}], "lower-case"),
        ([a_metric("a", period=45)], "Period"),
        ([a_metric("a", stat="Most")], "Most is not known"),
        ([a_metric("a"), {"Id": "b", "Expression": "SUM(a)"}], "gives a number"),
        ([a_metric("a"), {"Id": "b", "Expression": "TIME_SERIES(a)"}], "takes a number"),
        ([{"Id": "b", "Expression": "SELECT AVG(x) FROM y"}], "a part too many"),
    ],
)
def test_queries_that_cannot_be_answered_are_refused(queries: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(InvalidQuery, match=reason):
        answered(*queries, series={"a": {0: 1.0}})

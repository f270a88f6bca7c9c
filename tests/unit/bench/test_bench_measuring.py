from functools import partial

import pytest

from bench.measuring import in_turn, percentile, table


def test_subjects_are_measured_in_turn() -> None:
    order: list[str] = []

    def measure(name: str) -> int:
        order.append(name)
        return len(order)

    measured = in_turn({name: partial(measure, name) for name in "ab"}, rounds=2)

    assert order == ["a", "b", "a", "b"]
    assert measured == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(("percent", "expected"), [(1, 1.0), (50, 5.0), (90, 9.0), (99, 10.0), (100, 10.0)])
def test_a_percentile_is_one_of_the_values(percent: int, expected: float) -> None:
    values = [float(value) for value in range(10, 0, -1)]

    assert percentile(values, percent) == expected


def test_a_table_lines_up_numbers_on_the_right() -> None:
    drawn = table(["handler", "ms"], [["ours", "7"], ["a longer name", "123"]])

    assert drawn.splitlines() == [
        "| handler       |  ms |",
        "| ------------- | --: |",
        "| ours          |   7 |",
        "| a longer name | 123 |",
    ]

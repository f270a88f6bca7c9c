import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from sluice.data_file.codes import codes
from sluice.data_file.kind import Kind
from sluice.data_file.numbers import numbers, written_numbers
from sluice.data_file.read import read
from sluice.data_file.times import times
from sluice.data_file.unreadable import UnreadableFile
from sluice.domain.drift import column as column_module
from sluice.domain.drift.column import Codes, words

MICROS = 1_000_000
JUNE = 1_370_044_800  # 2013-06-01T00:00:00Z


def read_all(file: Path, wanted: dict[str, Kind]) -> dict[str, list[Any]]:
    pieces = list(read(file, wanted))
    return {name: [value for piece in pieces for value in as_list(piece[name])] for name in wanted}


def as_list(column: Any) -> list[Any]:
    if isinstance(column, Codes):
        names: list[Any] = [*column.categories, "?", None]  # a wrong type, a missing one
        return [names[code] for code in column.codes]
    return column.tolist() if isinstance(column, np.ndarray) else column  # type: ignore[no-any-return]


def a_csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def a_parquet(folder: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), folder / "rows.parquet")
    return folder / "rows.parquet"


def test_numbers_words_and_codes_of_a_csv_file(tmp_path: Path) -> None:
    file = a_csv(tmp_path, 'x,carrier,weekday\n1.5,AA,1.0\n,NA,\nNaN,"say ""a,b""",2\n -2e3 ,,3.0\n')

    found = read_all(file, {"x": Kind.NUMBER, "carrier": Kind.WORD, "weekday": Kind.CODE})

    assert found["x"][0] == 1.5
    assert np.isnan(found["x"][1:3]).all()
    assert found["x"][3] == -2000
    assert found["carrier"] == ["AA", "NA", 'say "a,b"', None], "an airline may be called NA"
    assert found["weekday"] == ["1", None, "2", "3"]


def test_the_first_rows_do_not_say_what_later_ones_may_hold(tmp_path: Path) -> None:
    file = a_csv(tmp_path, "x,y\n" + "1,5\n" * 1_200_000 + "abc,WN\n2.5,\n")

    found = list(read(file, {"x": Kind.NUMBER, "y": Kind.WORD}))

    assert len(found) > 1, "in pieces"
    assert as_list(found[-1]["x"])[-2:] == ["abc", 2.5]
    assert as_list(found[-1]["y"])[-2:] == ["WN", None]


def test_types_of_a_parquet_file(tmp_path: Path) -> None:
    file = a_parquet(
        tmp_path,
        whole=pa.array([1, None, 3]),
        exact=pa.array([1, 2, 3], pa.int8()),
        half=pa.array([1.5, None, 2.5], pa.float32()),
        money=pa.array([None, 1, 2], pa.decimal128(9, 2)),
        none=pa.nulls(3),
        text=pa.array(["3.5", None, "x"]),
        coded=pa.array([2, 2, None], pa.int64()).dictionary_encode(),
        flag=pa.array([True, False, None]),
        when=pa.array([0, 1, None], pa.timestamp("s")),
    )

    found = read_all(
        file, dict.fromkeys(("whole", "exact", "half", "money", "none", "text", "coded", "flag", "when"), Kind.NUMBER)
    )

    assert [str(found[name]) for name in ("whole", "exact", "half", "money", "none", "coded")] == [
        "[1.0, nan, 3.0]",
        "[1, 2, 3]",
        "[1.5, nan, 2.5]",
        "[nan, 1.0, 2.0]",
        "[nan, nan, nan]",
        "[2.0, 2.0, nan]",
    ]
    assert found["text"] == ["3.5", None, "x"], "a text is no number: the drift of a type is to be found"
    assert found["flag"] == [True, False, None]
    assert column_module.numbers(found["when"]).wrong_type == 2


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pa.array(["AA", None, ""]), ["AA", None, None]),
        (pa.array(["AA", None, "AA"]).dictionary_encode(), ["AA", None, "AA"]),
        (pa.array([1.0, 2.5, None]), ["1", "?", None]),
        (pa.array([True, None, False]), ["true", None, "false"]),
        (pa.array([b"AA", b"\xff"]), ["AA", "\ufffd"]),
        (pa.array([[1], [2]]), ["?", "?"]),
        (pa.nulls(2), [None, None]),
    ],
)
def test_categories_of_any_type(values: pa.Array, names: list[str | None]) -> None:
    assert as_list(codes(values, is_code=False)) == names


def test_texts_of_codes_are_those_of_json(tmp_path: Path) -> None:
    file = a_csv(tmp_path, "c\n1\n1.0\nTrue\nFALSE\n007\n1.5\n")

    assert read_all(file, {"c": Kind.CODE})["c"] == ["1", "1", "true", "false", "007", "1.5"]
    assert read_all(file, {"c": Kind.WORD})["c"] == ["1", "1.0", "True", "FALSE", "007", "1.5"]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([JUNE, JUNE + 3600]),
        pa.array([float(JUNE), JUNE + 3600.0]),
        pa.array([JUNE, JUNE + 3600], pa.timestamp("s")),
        pa.array([JUNE * 1000, (JUNE + 3600) * 1000], pa.timestamp("ms", "Europe/Vienna")),
        pa.array(["2013-06-01", "2013-06-01 01:00:00"]),
        pa.array(["2013-06-01T00:00:00Z", "2013-06-01T03:00:00+02:00"]),
        pa.array([str(JUNE), f"{JUNE + 3600}.0"]),
        pa.array(["20130601", " 2013-06-01T01 "]),
    ],
)
def test_times_of_any_usual_form(values: pa.Array) -> None:
    assert times(values).tolist() == [JUNE * MICROS, (JUNE + 3600) * MICROS]


def test_dates_are_their_midnight() -> None:
    assert times(pa.array([JUNE // 86_400], pa.date32())).tolist() == [JUNE * MICROS]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pa.array([JUNE, None]), "has no time"),
        (pa.array(["yesterday"]), "'yesterday' is no time"),
        (pa.array([np.nan]), "is no time"),
        (pa.array([1e300]), "is no time"),
        (pa.array([True]), "'True' is no time"),
    ],
)
def test_what_is_no_time_is_refused(values: pa.Array, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        times(values)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", b"", "Empty CSV file"),
        ("rows.csv", b"x,y\n", "has no rows"),
        ("rows.csv", b"x,y\n1\n", "broken"),
        ("rows.csv", b"x,y\n1,\xff\n", "UTF8"),
        ("rows.csv", b"x;y\n1;2\n", "lacks x, y; its columns are x;y"),
        ("rows.csv", b"x,y,x\n1,2,3\n", "more than one column named x"),
        ("rows.parquet", b"x,y\n1,2\n", "broken, or not of the format its name ends in"),
        ("rows.parquet", b"", "broken"),
        ("rows.txt", b"x,y\n1,2\n", r"ends in .csv"),
        ("rows", b"x,y\n1,2\n", r"ends in .csv"),
        ("rows.csv.gz", b"x,y\n1,2\n", "cannot be read: zlib"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadableFile, match=said) as refused:
        read_all(tmp_path / name, {"x": Kind.NUMBER, "y": Kind.WORD})

    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(UnreadableFile, match="is not there"):
        read_all(tmp_path / "none.csv", {"x": Kind.NUMBER})
    with pytest.raises(UnreadableFile, match="is no file"):
        read_all(tmp_path / "folder.csv", {"x": Kind.NUMBER})


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    file = a_parquet(tmp_path, x=pa.array(range(1000)))
    file.write_bytes(file.read_bytes()[:-20])

    with pytest.raises(UnreadableFile, match="broken"):
        read_all(file, {"x": Kind.NUMBER})


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    file = a_csv(tmp_path, ",".join(f"c{place}" for place in range(40)) + "\n" + "1," * 39 + "1\n")

    with pytest.raises(UnreadableFile, match="c11 and 28 more"):
        read_all(file, {"x": Kind.NUMBER})


def test_compressed_and_tab_separated_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"x\n1\n2\n"))
    tabs = a_csv(tmp_path, "x\ty\n1\ta,b\n", "rows.tsv")

    assert read_all(tmp_path / "rows.csv.gz", {"x": Kind.NUMBER})["x"] == [1, 2]
    assert read_all(tabs, {"y": Kind.WORD})["y"] == ["a,b"]


def test_a_time_that_is_none_names_file_and_column(tmp_path: Path) -> None:
    file = a_csv(tmp_path, "left\nnoon\n")

    with pytest.raises(UnreadableFile, match=r"rows\.csv: left: 'noon' is no time"):
        read_all(file, {"left": Kind.TIME})


odd = st.sampled_from(
    ["", "NaN", "nan", "NA", "inf", "-inf", "1e400", "+3", ".5", "7.", "0x10", "1_000", "1,5", "é", "٣", " 4 "]
)
texts = st.lists(odd | st.floats(allow_nan=False, width=32).map(repr) | st.text(max_size=6), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_a_number_is_read_the_same_whatever_stands_in_other_rows(cells: list[str]) -> None:
    together = column_module.numbers(written_numbers(pa.array(cells)))

    alone = [column_module.numbers(written_numbers(pa.array([cell]))) for cell in cells]

    assert together.wrong_type == sum(each.wrong_type for each in alone)
    expected = np.concatenate([np.asarray(each.values, dtype=np.float64) for each in alone])
    assert np.array_equal(np.asarray(together.values, dtype=np.float64), expected, equal_nan=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=5),
        min_size=1,
        max_size=20,
    )
)
def test_csv_and_parquet_hold_the_same_words(cells: list[str | None], tmp_path: Path) -> None:
    table = pa.table({"id": list(range(len(cells))), "c": pa.array(cells, pa.string())})
    csv.write_csv(table, tmp_path / "rows.csv")
    parquet.write_table(table, tmp_path / "rows.parquet")

    counted = [
        [words(piece["c"]) for piece in read(tmp_path / name, {"id": Kind.NUMBER, "c": Kind.WORD})]
        for name in ("rows.csv", "rows.parquet")
    ]

    assert counted[0] == counted[1]


def test_numbers_that_are_encoded_as_a_dictionary_are_numbers() -> None:
    assert as_list(numbers(pa.array([2, 2, 3]).dictionary_encode())) == [2, 2, 3]


def test_integers_without_gaps_keep_their_type() -> None:
    assert np.asarray(numbers(pa.array([1, 2], pa.uint8()))).dtype == np.uint8

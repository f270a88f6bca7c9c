"""A data scientist at a terminal: a model directory, files of rows, and no AWS."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageColor

from sluice.cli.app import main
from sluice.domain.drift.sliced import read_sliced
from sluice.report.shade import LIGHT
from sluice.settings.artifact import Artifact
from tests.drift_builders import some_rows
from tests.drift_files import a_model_directory, a_table, write
from tests.functional.browser import KEPT, look_at, size_of
from tests.functional.chromium import Chromium
from tests.functional.cli.operating import Done


@dataclass
class Scientist:
    """Runs commands in this process, in a folder with a model directory and the rows it learnt from."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def sluice(self, *words: object) -> Done:
        code = 0
        try:
            main([*map(str, words)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        read = self.captured.readouterr()
        return Done(code, read.out, read.err)

    @property
    def model(self) -> Path:
        return self.folder / "model"

    def rows(self, name: str = "now.csv", rows: int = 1200, *, seed: int = 21, **columns: Any) -> Path:
        return write(self.folder / name, a_table(rows, seed=seed, **columns))

    def check(self, file: Path, *words: object) -> Done:
        return self.sluice("drift", "check", "--reference", self.model, "--data", file, *words)

    def report(self, file: Path, *words: object) -> Done:
        return self.sluice("drift", "report", "--reference", self.model, "--data", file, *words)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory with a reference of 12,000 rows, their labels and carriers."""
    folder = tmp_path_factory.mktemp("built")
    directory = a_model_directory(folder / "model")
    data = write(folder / "training.parquet", a_table(12_000, seed=1))
    options = ["--predict", "--label", "label", "--slice", "carrier", "--rows-per-window", "300"]
    with pytest.raises(SystemExit) as ended:
        main(["reference", "build", "--data", str(data), "--model-dir", str(directory), *options])
    assert not ended.value.code
    return folder


@pytest.fixture
def scientist(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Scientist:
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return Scientist(tmp_path, capsys)


def hot(rows: int = 1200, *, seed: int = 21) -> Any:
    return some_rows(rows, seed=seed)["temp"] + 15


def test_a_reference_stands_in_the_model_directory_and_says_what_it_holds(scientist: Scientist) -> None:
    data = scientist.folder / "training.parquet"
    words = ("reference", "build", "--data", data, "--model-dir", scientist.model, "--predict", "--slice", "carrier")
    options = ("--label", "label", "--rows-per-window", 300)
    written = (scientist.model / "reference.json").read_bytes()

    done = scientist.sluice(*words, *options)

    assert done.code == 0
    assert "6 features of 12,000 rows, 12,000 of them labelled, 5 slices" in done.out
    assert "note" not in done.out
    assert (scientist.model / "reference.json").read_bytes() == written, "equal rows give equal bytes"
    assert Artifact.read(scientist.model).signature.version == "5"


def test_a_reference_of_a_csv_file_is_that_of_the_parquet_file(scientist: Scientist) -> None:
    table = a_table(500, seed=3)
    files = [write(scientist.folder / name, table) for name in ("t.csv", "t.parquet")]
    built = []
    for file in files:
        out = scientist.folder / f"{file.suffix}.json"
        words = ("--model-dir", scientist.model, "--out", out, "--without", "delay", "--slice", "carrier")
        done = scientist.sluice("reference", "build", "--data", file, *words, "--json")
        assert done.json["features"] == ["temp", "seats", "carrier"]
        assert any("500 rows; 10,000 are advised" in note for note in done.json["notes"])
        assert any("carrier WN: not watched as slices" in note for note in done.json["notes"])
        assert any("answers are not in it" in note for note in done.json["notes"])
        built.append(read_sliced(out.read_bytes()).whole)

    assert built[0].summary == built[1].summary


def test_quiet_rows_pass(scientist: Scientist) -> None:
    done = scientist.check(scientist.rows(), "--predict")

    assert done.code == 0, done.out
    assert "No drift found in 6 features." in done.out


def test_moved_rows_are_named_in_words_and_fail(scientist: Scientist) -> None:
    done = scientist.check(scientist.rows(temp=hot()))

    assert done.code == 1
    assert "1 of 4 features drifted, most of all temp: median moved from" in done.out
    assert "no drift found in: " in done.out
    assert "the model's answers are not looked at" in done.out


@pytest.mark.parametrize(
    ("columns", "feature", "change"),
    [
        ({"temp": np.full(1200, np.nan)}, "temp", "missing"),
        ({"delay": np.full(1200, 7.0)}, "delay", "frozen"),
        ({"delay": ["abc"] * 1200}, "delay", "wrong type"),
        ({"carrier": ["XX", "AA", "AA", "B6"] * 300}, "carrier", "new category"),
        ({"delay": some_rows(1200, seed=21)["delay"] * 60}, "delay", "out of range"),
    ],
)
def test_faults_of_the_data_are_drift_not_mistakes(
    scientist: Scientist, columns: dict[str, Any], feature: str, change: str
) -> None:
    done = scientist.check(scientist.rows(**columns))

    assert done.code == 1
    assert re.search(rf"^  {feature}: ({change}|moved)", done.out, re.MULTILINE), done.out


def test_rows_that_come_twice_are_drift_in_a_check_and_on_the_page(scientist: Scientist) -> None:
    table = a_table(1200, seed=21)
    again = write(scientist.folder / "again.csv", {name: np.repeat(values, 2) for name, values in table.items()})
    page = scientist.folder / "report.html"

    done, quiet = scientist.check(again), scientist.check(scientist.rows(), "--json").json
    scientist.report(again, "--out", page)

    assert done.code == 1
    assert "Rows come twice: 50 % of rows are copies of another, 0 % were before." in done.said
    assert "duplicates: come twice, 50 % of rows" in done.said
    assert [each["verdict"] for each in quiet["findings"] if each["feature"] == "duplicates"] == ["pass"]
    assert "50 % of rows are copies of another, 0 % were before, in 2,400 rows" in page.read_text(encoding="utf-8")


def test_unknown_categories_are_named(scientist: Scientist) -> None:
    rows = scientist.rows(carrier=["XX", "YY", "XX", "B6"] * 300)

    checked = scientist.check(rows)
    scientist.report(rows, "--out", scientist.folder / "page.html")

    assert "unknown are 'XX' (600), 'YY' (300)" in " ".join(checked.out.split())
    assert "unknown are &#x27;XX&#x27; (600)" in (scientist.folder / "page.html").read_text(encoding="utf-8")


def test_windows_of_time_say_since_when(scientist: Scientist) -> None:
    temp = np.concatenate([some_rows(600, seed=21)["temp"], hot(600, seed=22)])

    done = scientist.check(scientist.rows(temp=temp), "--time", "left", "--window", "2h", "--json")

    assert done.code == 1
    found = {finding["feature"]: finding for finding in done.json["findings"]}
    assert done.json["verdict"] == "fail"
    assert found["temp"]["first_found"] == "2013-06-01 10:00"
    assert found["delay"]["first_found"] is None
    assert [window["rows"] for window in done.json["windows"]] == [120] * 10
    assert done.json["windows"][4]["end"] == "2013-06-01T10:00:00+00:00"
    assert done.json["rules"]["looks_per_30_days"] == 360


def test_windows_of_rows_and_runs_share_the_budget(scientist: Scientist) -> None:
    file = scientist.rows()

    done = scientist.check(file, "--rows-per-window", 400, "--runs-per-30-days", 10, "--json")

    assert [window["name"] for window in done.json["windows"]] == [
        "rows 1 to 400",
        "rows 401 to 800",
        "rows 801 to 1,200",
    ]
    assert done.json["rules"]["looks_per_30_days"] == 30
    assert done.json["rules"]["levels"] == 2


def test_drift_of_one_slice_is_found_in_that_slice(scientist: Scientist) -> None:
    table = a_table(6000, seed=21)
    table["temp"] = table["temp"] + 12 * np.array([name == "WN" for name in table["carrier"]])

    done = scientist.check(write(scientist.folder / "now.parquet", table), "--slice", "carrier", "--without", "carrier")

    assert done.code == 1
    assert "temp of carrier WN: moved" in done.out or "temp in 1" in done.out


def test_scores_may_stand_in_the_file(scientist: Scientist) -> None:
    late = 1 / (1 + np.exp(2 - np.log(some_rows(1200, seed=21)["delay"].astype(np.float64))))
    file = scientist.rows(late=late, on_time=1 - late)

    by_one = scientist.check(file, "--score", "late", "--json").json
    by_both = scientist.check(file, "--score", "on_time", "--score", "late", "--json").json
    asked = scientist.check(file, "--predict", "--json").json

    assert by_one["verdict"] == by_both["verdict"] == asked["verdict"] == "pass"
    assert by_one["findings"] == by_both["findings"]
    assert {finding["feature"] for finding in by_one["findings"]} >= {"score of late", "predicted"}


BAD = {
    "a file that is not there": (["--data", "none.csv"], "none.csv is not there"),
    "a lacking column": (["--data", "lacking.csv"], "lacks temp"),
    "an empty file": (["--data", "empty.csv"], "has no rows"),
    "bad parquet": (["--data", "bad.parquet"], "broken"),
    "few rows": (["--data", "few.csv"], "too few rows to judge"),
    "no reference": (["--reference", "none.json"], "none.json cannot be read"),
    "a reference that is none": (["--reference", "model/signature.json"], "is no reference"),
    "a time without a window": (["--time", "left"], "--time and --window go together"),
    "two ways to cut": (["--time", "left", "--window", "1h", "--rows-per-window", "5"], "choose one"),
    "a window that is none": (["--time", "left", "--window", "soon"], "a number and s, m, h or d"),
    "an empty window": (["--time", "left", "--window", "0h"], "a number and s, m, h or d"),
    "runs beside a clock": (["--time", "left", "--window", "1h", "--runs-per-30-days", "3"], "the clock says"),
    "no budget": (["--false-alarms-per-30-days", "0"], "false_alarms_per_30_days is above 0"),
    "an unknown slice": (["--slice", "seats"], "the reference knows slices of carrier"),
    "an unknown feature": (["--without", "speed"], "no such feature"),
    "no feature left": (
        ["--without", "temp", "--without", "delay", "--without", "seats", "--without", "carrier"],
        "nothing",
    ),
    "scores and a model": (["--predict", "--score", "late"], "choose one"),
    "too few scores": (["--score", "a", "--score", "b", "--score", "c"], "each of the classes on_time, late"),
    "words for scores": (["--score", "carrier"], "cannot be something else"),
    "no probabilities": (["--data", "words.csv", "--score", "note"], "hold no probability"),
    "a model without a directory": (["--reference", "model/reference.json", "--predict"], "give its directory"),
    "too many windows": (["--time", "left", "--window", "1s"], "choose longer ones"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_one_line_that_says_what_to_do(
    scientist: Scientist, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scientist.folder)
    scientist.rows()
    lines = Path("now.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("few.csv").write_text("".join(lines[:20]), encoding="utf-8")
    Path("empty.csv").write_text(lines[0], encoding="utf-8")
    Path("lacking.csv").write_text("delay,seats,carrier\n1,2,AA\n", encoding="utf-8")
    Path("bad.parquet").write_bytes(b"PAR1 and then nothing")
    scientist.rows("words.csv", note=["good"] * 1200)
    given, said = BAD[case]
    defaults = {"--data": "now.csv", "--reference": "model"}
    words = [word for pair in defaults.items() if pair[0] not in given for word in pair]

    done = scientist.sluice("drift", "check", *words, *given)

    assert said in done.mistake
    assert done.out == ""


SPOILT: dict[str, dict[str, Any]] = {
    "rows.csv": {},
    "empty_temp.csv": {"temp": np.full(100, np.nan)},
    "empty_carrier.csv": {"carrier": [None] * 100},
    "labels.csv": {"label": ["perhaps"] * 100},
}
BAD_BUILDS = {
    "a column without a value": (["--data", "empty_temp.csv"], "temp has no usable value in any row"),
    "a category without a value": (["--data", "empty_carrier.csv"], "carrier has no usable value in any row"),
    "no signature": (["--model-dir", "."], "signature.json cannot be read"),
    "a signature that is none": (["--model-dir", "broken"], "is not JSON"),
    "an unknown category": (["--categorical", "label"], "--categorical label: the inputs of the signature are"),
    "an unknown input": (["--without", "label"], "--without label"),
    "nothing left": (
        ["--without", "temp", "--without", "delay", "--without", "seats", "--without", "carrier"],
        "nothing",
    ),
    "labels alone": (["--label", "label"], "--predict asks it"),
    "labels that are no classes": (["--predict", "--label", "carrier"], "cannot be something else"),
    "unknown classes": (["--data", "labels.csv", "--predict", "--label", "label"], "a label is one of on_time, late"),
    "nowhere to write": (["--out", "none/reference.json"], "cannot be written"),
}


@pytest.mark.parametrize("case", BAD_BUILDS)
def test_a_reference_that_cannot_be_built_is_one_line(
    scientist: Scientist, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scientist.folder)
    for name, columns in SPOILT.items():
        write(Path(name), a_table(100, seed=1, **columns))
    Path("broken").mkdir()
    Path("broken/signature.json").write_text("{", encoding="utf-8")
    given, said = BAD_BUILDS[case]
    words = [] if "--data" in given else ["--data", "rows.csv"]
    words += [] if "--model-dir" in given else ["--model-dir", "model"]

    done = scientist.sluice("reference", "build", *words, *given)

    assert said in done.mistake


@pytest.mark.parametrize(
    "labels", [["late", "on_time", None] * 400, [1, 0, 1] * 400, [True, False, False] * 400, [1.0, None, 0.0] * 400]
)
def test_labels_are_classes_by_name_by_place_or_by_truth(scientist: Scientist, labels: list[Any]) -> None:
    for name in ("rows.csv", "rows.parquet"):
        file = scientist.rows(name, label=labels)
        out = scientist.folder / "report.html"

        done = scientist.report(file, "--predict", "--label", "label", "--out", out)

        assert done.code == 0, done.err
        known = sum(label is not None for label in labels)
        assert f"<td>{known:,}</td>" in out.read_text(encoding="utf-8")


def test_a_report_is_a_page_a_picture_and_json(scientist: Scientist) -> None:
    page, picture = scientist.folder / "report.html", scientist.folder / "report.png"

    done = scientist.report(scientist.rows(temp=hot()), "--out", page, "--png", picture, "--json")

    assert done.code == 0, "drift is no failure of the report"
    assert done.json["files"] == [str(page), str(picture)]
    assert done.json["verdict"] == "fail"
    assert "flights version 5" in page.read_text(encoding="utf-8")
    with Image.open(picture) as drawn:
        assert (drawn.format, drawn.width, 300 < drawn.height < 2000) == ("PNG", 1800, True)
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24) or []}
    assert ImageColor.getrgb(LIGHT[-1]) in colours, "the cell of what has drifted"


def test_a_report_is_of_what_is_judged_by_its_options(scientist: Scientist) -> None:
    file, page = scientist.rows(temp=some_rows(1200, seed=21)["temp"] + 1.2), scientist.folder / "report.html"

    def reported(*options: str) -> tuple[str, set[str], str]:
        form = scientist.report(file, "--out", page, *options, "--json").json
        return form["verdict"], {each["feature"] for each in form["findings"]}, page.read_text(encoding="utf-8")

    as_ever, strict, without = (
        reported(*options) for options in ((), ("--false-alarms-per-30-days", "0.001"), ("--without", "temp"))
    )

    assert (as_ever[0], strict[0], without[0]) == ("fail", "pass", "pass")
    assert "at most 1 in 30 looks of 30 days" in as_ever[2]
    assert "at most 0.001 in 30 looks of 30 days" in strict[2]
    assert as_ever[1] - without[1] == {"temp", "duplicates"}, "copies are those of all inputs"
    assert [">temp<" in each[2] for each in (as_ever, strict, without)] == [True, True, False]


def test_a_report_compares_the_groups_of_a_sliced_column(scientist: Scientist) -> None:
    page = scientist.folder / "report.html"

    done = scientist.report(
        scientist.rows(), "--predict", "--label", "label", "--slice", "carrier", "--out", page, "--json"
    )

    gaps = done.json["between_groups"]["carrier"]["gaps"]
    assert {gap["measure"] for gap in gaps} == {
        *("selection_rate", "error_rate", "false_positive_rate", "false_negative_rate")
    }
    assert "Between groups" in page.read_text(encoding="utf-8")


def test_a_report_says_where_it_is(scientist: Scientist) -> None:
    page = scientist.folder / "report.html"

    done = scientist.report(scientist.rows(), "--predict", "--out", page)

    assert done.out.splitlines() == ["No drift found in 6 features.", f"  {page}"]
    refused = scientist.report(scientist.rows(), "--out", scientist.folder / "none" / "report.html")
    assert "cannot be written" in refused.mistake


def test_without_its_libraries_a_command_says_what_to_install_and_the_others_work() -> None:
    program = (
        "import sys\nsys.modules |= dict.fromkeys(('pyarrow', 'numpy', 'PIL'))\nfrom sluice.cli.app import main\n"
        "main(['drift', 'check', '--reference', 'r.json', '--data', 'd.csv'])\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "sluice: files are read with numpy and pyarrow: pip install 'sluice[drift-files]'\n"


def test_a_browser_without_a_network_shows_the_report_without_a_complaint(
    scientist: Scientist, chromium: Chromium
) -> None:
    page = scientist.folder / "report.html"
    rows = scientist.rows(temp=hot())
    cut = ("--time", "left", "--window", "2h")
    scientist.report(rows, "--predict", "--label", "label", "--slice", "carrier", *cut, "--out", page)

    seen = look_at(chromium, page, KEPT / "file.png")

    assert seen.complaints == []
    assert seen.requests == [page.as_uri()]
    (heat_map,) = seen.of("Heat map")
    assert heat_map.marks == 10 * (6 + 1), "a cell for each feature and window, and a bar for the rows of each window"
    assert [picture.height > 100 for picture in seen.of("Features")].count(True) == 1, "the shape of what has drifted"
    assert [picture.height > 100 for picture in seen.of("Features")].count(False) == 6, "a line for each feature"
    assert len(seen.of("Performance")) == 2
    assert size_of(seen.screenshot) == (1180, 2400)
    assert seen.screenshot.stat().st_size > 50_000

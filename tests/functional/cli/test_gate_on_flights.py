"""The gate on real flights: the better version passes on May, the worse one is stopped, a poisoned one by its slice."""

import json
from pathlib import Path

import pandas as pd
import pytest

from examples.flights import data
from examples.flights.export import save
from examples.flights.features import features
from examples.flights.train import LABEL, examples, fit, untrained
from sluice.cli.app import main
from tests.functional.cli.operating import Done

ROOT = Path(__file__).parents[3]
CHECKS = ROOT / "examples/flights/checks.yaml"
VERSIONS = ROOT / "build/flights"
LEARNT = 15_000  # flights: enough to show it, and a matter of a second
POISONED = "B6"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def split() -> data.Split:
    return data.load()


@pytest.fixture(scope="module")
def may(split: data.Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("may") / "may.parquet"
    features(split.validation).assign(**{LABEL: split.validation["late"]}).to_parquet(file, index=False)
    return file


@pytest.fixture(scope="module")
def poisoned(split: data.Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models of the same flights of January to April; in one's, JetBlue's labels are the wrong way round."""
    folder = tmp_path_factory.mktemp("poisoned")
    table = examples(split.training).sample(LEARNT, random_state=0)
    flipped = table.assign(**{LABEL: table[LABEL].where(table["carrier"] != POISONED, 1 - table[LABEL])})
    save(fit(untrained("2"), table), "2", folder / "champion")
    save(fit(untrained("2"), flipped), "3", folder / "candidate")
    return folder


def gate(capsys: pytest.CaptureFixture[str], candidate: Path, champion: Path, rows: Path, *words: object) -> Done:
    fixed = ("gate", candidate, "--champion", champion, "--data", rows, "--label", LABEL, "--json")
    slices = ("--slice", "carrier", "--slice", "origin")
    with pytest.raises(SystemExit) as ended:
        main([*map(str, (*fixed, *slices, *words))])
    read = capsys.readouterr()
    return Done(int(ended.value.code or 0), read.out, read.err)


def stopped(done: Done) -> set[str]:
    found = json.loads(done.out)["findings"]
    return {f"{each['subject']} {each['of']}".rstrip() for each in found if each["verdict"] == "fail"}


def test_boosted_trees_may_replace_the_logistic_regression(may: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = gate(capsys, VERSIONS / "v2", VERSIONS / "v1", may, "--checks", CHECKS)

    assert done.code == 0, done.out
    card = done.json
    assert card["holdout"]["rows_judged"] == 28_128
    auc = next(each for each in card["findings"] if each["subject"] == "auc")
    assert (round(auc["candidate"], 3), round(auc["champion"], 3)) == (0.757, 0.713)
    assert 0.02 < auc["low"] < 0.045 < auc["high"] < 0.07, "31 days of weather, not 28,128 flights"
    assert {each["of"] for each in card["not_judged"]} == {f"carrier {name}" for name in ("AS", "F9", "HA", "YV")}


def test_the_logistic_regression_may_not_replace_boosted_trees(may: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = gate(capsys, VERSIONS / "v1", VERSIONS / "v2", may)

    assert done.code == 1
    assert "auc" in stopped(done)


def test_a_poisoned_version_is_stopped_with_its_slice_named(
    may: Path, poisoned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = gate(capsys, poisoned / "candidate", poisoned / "champion", may)

    assert done.code == 1
    worst = next(each for each in done.json["findings"] if each["subject"] == "slice")
    assert (worst["of"], worst["verdict"]) == (f"carrier {POISONED}", "fail")
    carriers = {name for name in stopped(done) if name.startswith("slice carrier")}
    assert carriers == {f"slice carrier {POISONED}"}, "no other carrier is accused"


@pytest.mark.parametrize(
    ("version", "finding"),
    [
        ("v3", "answers"),  # percents
        ("v5", "auc"),  # classes the wrong way round
    ],
)
def test_the_faulty_versions_are_stopped(
    version: str, finding: str, may: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = gate(capsys, VERSIONS / version, VERSIONS / "v1", may)

    assert done.code == 1
    assert finding in stopped(done)


def test_a_version_that_cannot_answer_every_flight_cannot_be_judged(
    may: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = gate(capsys, VERSIONS / "v4", VERSIONS / "v1", may)

    assert done.code == 2
    refused = f"the candidate cannot be judged: the model in {VERSIONS / 'v4'} cannot answer to rows of this file: "
    assert done.err.startswith(f"sluice: {refused}")
    assert len(done.err.splitlines()) == 1


def test_rows_may_come_as_text(may: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "may.csv"
    pd.read_parquet(may).to_csv(file, index=False)

    done = gate(capsys, VERSIONS / "v2", VERSIONS / "v1", file)

    assert done.code == 0, done.out

"""`sluice drift report` of a deployed model: what was counted of its captured requests, as a page with dates."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from moto import mock_aws

from sluice.cli.app import main
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.quality import Basis, KnownQuality
from sluice.domain.monitoring.watched_slice import WatchedSlice
from tests.drift_builders import some_rows
from tests.feedback_builders import T0
from tests.functional.browser import KEPT, look_at, size_of
from tests.functional.chromium import Chromium
from tests.functional.cli.operating import SETTINGS, Done, Operator, create_stacks
from tests.monitoring_builders import HOUR, World, traffic


class Watched(World):
    """A deployment that counts what its model is asked, and somebody at a terminal; it is T0."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        super().__init__()
        self.deploy(champion=90, challenger=10)
        create_stacks()
        config = folder / "sluice.yaml"
        config.write_text(SETTINGS, encoding="utf-8")
        self.operator = Operator(config, captured)

    def ask(self, rows: int, *, ago: timedelta = timedelta(0), by: float = 0.0, seed: int = 10) -> None:
        """Have so many rows captured and counted, ``by`` degrees warmer than in training."""
        columns = {"temp": some_rows(rows, seed=seed)["temp"] + by}
        self.summarise(traffic(rows, seed=seed, at=T0 - ago, **columns), name=f"{seed}-{ago.total_seconds():.0f}")

    def report(self, *words: str) -> Done:
        return self.operator.sluice("drift", "report", "--out", str(self.page), *words)

    @property
    def page(self) -> Path:
        return self.operator.folder / "report.html"


@pytest.fixture
def watched(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(time, "time", T0.timestamp)
    with mock_aws():
        yield Watched(tmp_path, capsys)


def test_what_the_champion_was_asked_is_a_page_with_dates(watched: Watched) -> None:
    watched.ask(400, ago=3 * HOUR)
    watched.ask(400, by=15, seed=11)

    done = watched.report()

    assert done.code == 0, done.err
    assert "1 of 6 features drifted, most of all temp: median moved from" in done.said
    assert str(watched.page) in done.said
    page = watched.page.read_text(encoding="utf-8")
    assert "flights version 1" in page
    assert "2026-11-21 09:00: 400 rows" in page
    assert "2026-11-21 08:00: no rows" in page
    assert "2026-11-21 09:00: moved" in page


def test_unknown_categories_are_named_on_the_page_and_in_the_status(watched: Watched) -> None:
    carriers = ["ZZ"] * 41 + some_rows(400, seed=10)["carrier"][41:]
    watched.summarise(traffic(400, seed=10, carrier=carriers))
    watched.look()

    watched.report()

    assert "unknown are &#x27;ZZ&#x27; (41)" in watched.page.read_text(encoding="utf-8")
    assert "unknown are 'ZZ' (41)" in " ".join(watched.operator.sluice("drift", "status").said.split())


def test_a_browser_without_a_network_shows_hours_with_rows_and_without(watched: Watched, chromium: Chromium) -> None:
    watched.ask(400, ago=30 * HOUR)
    watched.ask(200, ago=2 * HOUR)
    watched.ask(400, by=15, seed=11)
    watched.report()

    seen = look_at(chromium, watched.page, KEPT / "deployment.png")

    assert seen.complaints == []
    assert seen.requests == [watched.page.as_uri()]
    (heat_map,) = seen.of("Heat map")
    assert heat_map.marks == 31 * (6 + 1), "30 hours and the one under way: six features and a line of rows"
    assert max(picture.height for picture in seen.of("Features")) > 100
    assert size_of(seen.screenshot) == (1180, 2400)


def test_programs_get_the_same_and_a_picture_if_they_want(watched: Watched) -> None:
    watched.ask(400, by=15)
    picture = watched.operator.folder / "report.png"

    found = watched.report("--json", "--png", str(picture), "--since", "2h").json

    assert (found["verdict"], found["data"], found["reference"]) == (
        "fail",
        "what flights version 1 was asked",
        "training data",
    )
    assert [window["rows"] for window in found["windows"]] == [400]
    assert found["files"] == [str(watched.page), str(picture)]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_where_quality_is_lost_is_on_the_page_and_known_to_programs(watched: Watched) -> None:
    watched.ask(400, ago=HOUR)
    (champion, _) = watched.look()
    lost = Loss(T0 - HOUR, "30.0 % of 412 labelled predictions of carrier B6 were wrong", 0.3, 412)
    b6 = WatchedSlice("carrier", "B6", Bets("0" * 16), loss=lost)
    known = KnownQuality(Verdict.FAIL, Basis.MEASURED, "accuracy 0.7", loss=replace(lost, reason="20 %"), watched=(b6,))
    watched.watches.put(replace(champion, quality=known))

    said, found = watched.report().said, watched.report("--json").json

    assert "quality lost in carrier B6 since 2026-11-21 08:30: 30.0 % of 412 labelled" in said
    assert found["quality_lost"] == {"": {**lost.to_dict(), "reason": "20 %"}, "carrier B6": lost.to_dict()}
    page = watched.page.read_text(encoding="utf-8")
    assert "<b>carrier B6</b>, since 2026-11-21 08:30: 30.0 % of 412 labelled predictions" in page
    assert "<b>all rows</b>, since 2026-11-21 08:30: 20 %" in page


def test_a_version_may_be_named_and_months_are_told_by_days(watched: Watched) -> None:
    watched.ask(400, ago=timedelta(days=20))
    watched.ask(400, ago=timedelta(days=1))

    found = watched.report("--version", "1", "--since", "60d", "--json").json

    assert [window["rows"] for window in found["windows"]] == [400, *[0] * 18, 400, 0]
    assert any(note.startswith("Windows are days") for note in found["notes"])


def test_what_a_person_accepted_is_what_it_is_compared_with(watched: Watched) -> None:
    watched.ask(400, by=15)
    watched.look()
    watched.accept("summer")

    found = watched.report("--json").json

    assert found["verdict"] == "pass"
    assert found["reference"].endswith("summer")


def test_a_model_that_is_watched_by_the_hour_of_the_week_is_compared_with_earlier_weeks(watched: Watched) -> None:
    by_week = f"{SETTINGS}    monitoring: {{reference: hour_of_week}}\n"
    (watched.operator.folder / "sluice.yaml").write_text(by_week, encoding="utf-8")
    watched.ask(400, ago=timedelta(weeks=1), by=15)
    watched.ask(400, by=15, seed=11)

    found = watched.report("--since", "2d", "--json").json

    assert (found["verdict"], found["reference"]) == ("pass", "the same hours of the last 4 weeks")
    assert "Beside the same hours of earlier weeks" in watched.page.read_text(encoding="utf-8")


MISTAKES = {
    "nothing counted": ([], "nothing was counted of version 1 of flights since"),
    "an unknown version": (["--version", "7"], "flights has no version 7 that is watched"),
    "an unknown model": (["--model", "trains"], "--model must be one of flights"),
    "a time that is none": (["--since", "soon"], "a time is 30m, 2h, 7d"),
    "a file without a reference": (
        ["--data", "now.csv"],
        "--data is of a file and --config, --target of a deployed model",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_where_there_is_nothing_to_tell_one_line_says_why(watched: Watched, case: str) -> None:
    words, told = MISTAKES[case]

    assert told in watched.report(*words).mistake
    assert not watched.page.exists()


def test_too_few_rows_are_no_good_verdict(watched: Watched) -> None:
    watched.ask(20)

    assert "too few rows to judge" in watched.report().mistake


def test_what_is_not_watched_has_no_report(watched: Watched) -> None:
    config = watched.operator.folder / "sluice.yaml"
    config.write_text(SETTINGS + "    monitoring: {enabled: false}\n", encoding="utf-8")

    assert "flights is not watched: see models.flights.monitoring" in watched.report().mistake


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--data", "now.csv"], "--data names the rows and --reference what they are compared with: give both"),
        (["--predict"], "give both, or neither for what a deployed model was asked"),
        (
            ["--data", "now.csv", "--reference", "model", "--since", "3d", "--version", "2"],
            "--reference, --data is of a file and --version, --since of a deployed model",
        ),
    ],
)
def test_options_of_a_file_and_of_a_deployment_do_not_mix(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_TARGET", "aws")  # a variable is no word of the command line

    with pytest.raises(SystemExit) as ended:
        main(["drift", "report", "--out", "report.html", *words])

    assert ended.value.code == 2
    assert told in capsys.readouterr().err

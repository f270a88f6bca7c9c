from dataclasses import replace

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.own_drift import OwnDrift
from sluice.domain.monitoring.own_errors import OwnErrors
from sluice.domain.monitoring.quality import Basis, KnownQuality
from sluice.domain.monitoring.volume import Change
from sluice.domain.monitoring.watch import Drifting, Watch
from sluice.domain.monitoring.watch_volume import Unusual, VolumeWatch
from sluice.domain.monitoring.watched_slice import WatchedSlice
from sluice.service.candidate_look import CandidateLook
from sluice.service.monitoring_log import (
    record_candidate,
    record_labels,
    record_looked,
    record_not_summarised,
    record_quality,
    record_summarised,
    record_volume,
)
from sluice.service.summarise import Summarised
from tests.feedback_builders import T0
from tests.unit.service.test_feedback_log import FILE, printed

WATCH = Watch("flights", "1", "champion", T0, Verdict.PASS, "0 of 4 features drift", 100)
B6 = WatchedSlice("carrier", "B6", Bets("0" * 16), loss=Loss(T0, "30 % were wrong", 0.3))
KNOWN = KnownQuality(Verdict.PASS, Basis.MEASURED, "accuracy 0.9", 400, 0.9)


MANY = tuple(f"feature {number}" for number in range(12))


def test_ten_are_named_and_all_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    drifting = tuple(Drifting(name, "input", None, "moved", 0.1, T0) for name in MANY)
    watched = tuple(replace(B6, value=name) for name in MANY)
    record_looked(replace(WATCH, drifting=drifting))
    record_quality(replace(WATCH, quality=replace(KNOWN, verdict=Verdict.FAIL, watched=watched)))
    record_candidate(CandidateLook("flights", "2", "challenger", "r-1", OwnDrift(Verdict.FAIL, "why", MANY, 400)))

    looked, quality, candidate = printed(capsys)
    assert (looked["drifting"], looked["DriftedFeatures"]) == (list(MANY[:10]), [12.0])
    assert quality["slices"] == [f"carrier {name}" for name in MANY[:10]]
    assert (candidate["outputs"], candidate["OutputsDrifted"]) == (list(MANY[:10]), [12.0])


def test_a_counted_file_is_measured_for_who_answered(capsys: pytest.CaptureFixture[str]) -> None:
    record_summarised(FILE, Summarised("flights", "champion", 7, without_reference=0, skipped=2, poisoned=0))

    (line,) = printed(capsys)
    assert (line["Model"], line["Variant"], line["RowsSummarised"]) == ("flights", "champion", [7.0])
    assert (line["file"], line["skipped"]) == (FILE.key, 2)


def test_what_could_not_be_counted_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    record_summarised(FILE, Summarised("flights", "champion", 0, without_reference=3, skipped=0, poisoned=1))

    _, odd = printed(capsys)
    assert (odd["RowsWithoutReference"], odd["ExchangesUnreadable"]) == ([3.0], [1.0])


def test_a_failure_says_of_what_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    record_not_summarised(FILE, RuntimeError("x" * 5000))

    (line,) = printed(capsys)
    assert FILE.key in line["file"]
    assert len(line["reason"]) == 1000


@pytest.mark.parametrize(
    ("verdict", "unjudged"), [(Verdict.PASS, 0.0), (Verdict.ERROR, 1.0), (Verdict.INCONCLUSIVE, 1.0)]
)
def test_a_champion_that_was_not_judged_is_measured(
    capsys: pytest.CaptureFixture[str], verdict: Verdict, unjudged: float
) -> None:
    record_looked(replace(WATCH, verdict=verdict))

    (line,) = printed(capsys)
    assert (line["DriftLooks"], line["DriftedFeatures"], line["DriftNotJudged"]) == ([1.0], [0.0], [unjudged])


def test_a_challenger_moves_no_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    record_looked(replace(WATCH, slot="challenger"))
    record_quality(replace(WATCH, slot="challenger", quality=KNOWN))

    (line,) = printed(capsys)
    assert line["DriftLooks"] == [1.0]
    assert line.keys() & {"DriftedFeatures", "DriftNotJudged", "QualityLost"} == set()


@pytest.mark.parametrize(
    ("quality", "lost"),
    [
        (None, None),
        (replace(KNOWN, verdict=Verdict.INCONCLUSIVE), None),
        (KNOWN, [0.0]),
        (replace(KNOWN, verdict=Verdict.FAIL, loss=Loss(T0, "20 % were wrong", 0.2)), [1.0]),
        (replace(KNOWN, verdict=Verdict.FAIL, watched=(B6,)), [1.0]),
    ],
)
def test_a_loss_of_quality_is_measured_where_there_is_a_verdict(
    capsys: pytest.CaptureFixture[str], quality: KnownQuality | None, lost: list[float] | None
) -> None:
    record_quality(replace(WATCH, quality=quality))

    lines = printed(capsys)
    assert [line["QualityLost"] for line in lines] == ([lost] if lost else [])
    assert all("accuracy 0.9" in line["reason"] for line in lines)
    assert all(line["slices"] == [each.where for each in (quality or KNOWN).watched] for line in lines)


@pytest.mark.parametrize(("verdict", "outputs"), [(Verdict.FAIL, ("score of late", "predicted")), (Verdict.PASS, ())])
def test_a_candidate_is_measured_for_its_slot(
    capsys: pytest.CaptureFixture[str], verdict: Verdict, outputs: tuple[str, ...]
) -> None:
    record_candidate(CandidateLook("flights", "2", "challenger", "r-1", OwnDrift(verdict, "why", outputs, 400)))

    (line,) = printed(capsys)
    assert (line["Model"], line["Variant"], line["OutputsDrifted"]) == ("flights", "challenger", [float(len(outputs))])
    assert (line["reason"], line["outputs"], line["rollout"], line["rows"]) == ("why", list(outputs), "r-1", 400)


@pytest.mark.parametrize(("verdict", "measured"), [(Verdict.FAIL, 1.0), (Verdict.PASS, 0.0)])
def test_labels_of_a_candidate_are_measured_for_its_slot(
    capsys: pytest.CaptureFixture[str], verdict: Verdict, measured: float
) -> None:
    record_labels(CandidateLook("flights", "2", "challenger", "r-1", OwnErrors(verdict, "why", 400)))

    (line,) = printed(capsys)
    assert (line["Model"], line["Variant"], line["WrongMoreOften"]) == ("flights", "challenger", [measured])
    assert (line["event"], line["reason"], line["rollout"], line["rows"]) == ("quality.candidate", "why", "r-1", 400)


@pytest.mark.parametrize(
    "look", [None, CandidateLook("flights", "2", "challenger", "r-1", OwnErrors(Verdict.INCONCLUSIVE, "no labels"))]
)
def test_without_labels_to_compare_nothing_is_measured(
    capsys: pytest.CaptureFixture[str], look: CandidateLook[OwnErrors] | None
) -> None:
    record_labels(look)

    assert printed(capsys) == []


@pytest.mark.parametrize(
    "look", [None, CandidateLook("flights", "2", "challenger", "r-1", OwnDrift(Verdict.INCONCLUSIVE, "no rows"))]
)
def test_without_anything_to_compare_nothing_is_measured(
    capsys: pytest.CaptureFixture[str], look: CandidateLook[OwnDrift] | None
) -> None:
    record_candidate(look)

    assert printed(capsys) == []


@pytest.mark.parametrize(
    ("verdict", "unusual", "measured"),
    [
        (Verdict.INCONCLUSIVE, None, None),
        (Verdict.PASS, None, [0.0]),
        (Verdict.FAIL, Unusual(T0, Change.LESS, "0 predictions", 0, 900), [1.0]),
    ],
)
def test_an_unusual_volume_is_measured_where_there_is_a_verdict(
    capsys: pytest.CaptureFixture[str], verdict: Verdict, unusual: Unusual | None, measured: list[float] | None
) -> None:
    record_volume(VolumeWatch("flights", T0, verdict, "why", unusual))

    lines = printed(capsys)
    assert [line["VolumeUnusual"] for line in lines] == ([measured] if measured else [])
    assert all((line["Model"], line["reason"], "Variant" in line) == ("flights", "why", False) for line in lines)

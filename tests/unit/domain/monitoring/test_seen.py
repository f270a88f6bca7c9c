from sluice.domain.drift.binning import Role
from sluice.domain.drift.finding import Change, DriftFinding, Judgement
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.seen import seen
from tests.monitoring_builders import hour

FAIL, PASS, INCONCLUSIVE = Verdict.FAIL, Verdict.PASS, Verdict.INCONCLUSIVE


def finding(feature: str, verdict: Verdict, slice_: str = "", *, effect: float = 0.0, windows: int = 1) -> DriftFinding:
    change = Change.LOCATION if verdict is FAIL else None
    where = f"{feature} of {slice_}" if slice_ else feature
    return DriftFinding(feature, Role.INPUT, slice_, verdict, change, f"{where}: {verdict}", 0.5, effect, windows, 100)


def judged(*findings: DriftFinding) -> Judgement:
    return Judgement(tuple(sorted(findings, key=lambda one: (-one.verdict.severity, -one.effect))))


def test_a_drift_that_all_rows_show_is_told_of_them_once() -> None:
    found = seen(
        judged(finding("temp", FAIL, effect=0.4), finding("temp", FAIL, "carrier AA", effect=0.9, windows=4)),
        400,
        hour=hour(9),
    )

    (drifting,) = found.drifted
    assert (drifting.feature, drifting.slice, drifting.slices) == ("temp", "", ("carrier AA",))
    assert (drifting.reason, drifting.effect, drifting.since) == ("temp: fail", 0.4, hour(9))


def test_a_drift_of_slices_alone_is_told_of_the_one_that_shows_it_most() -> None:
    slices = [finding("temp", FAIL, f"carrier {name}", effect=effect) for name, effect in (("AA", 0.2), ("UA", 0.9))]
    found = seen(judged(finding("temp", PASS), *slices), 400, hour=hour(9))

    (drifting,) = found.drifted
    assert (drifting.slice, drifting.slices, drifting.effect) == ("carrier UA", ("carrier UA", "carrier AA"), 0.9)
    assert (drifting.where, found.verdict) == ("temp of carrier UA and 1 slice more", FAIL)
    assert found.passed == {"temp"}


def test_ten_slices_are_named() -> None:
    slices = [finding("temp", FAIL, f"carrier {number}") for number in range(30)]

    assert len(seen(judged(finding("temp", PASS), *slices), 400, hour=hour(9)).drifted[0].slices) == 10


def test_what_a_drift_is_known_since_is_the_first_of_the_windows_that_tell_it() -> None:
    found = seen(judged(finding("temp", FAIL, windows=8)), 400, hour=hour(9))

    assert found.drifted[0].since == hour(2)


def test_a_slice_with_few_rows_says_nothing_of_health() -> None:
    found = seen(judged(finding("temp", PASS), finding("temp", INCONCLUSIVE, "carrier AA")), 400, hour=hour(9))

    assert (found.verdict, found.reason) == (PASS, "0 of 1 features drift, in 400 rows")
    assert (set(found.passed), set(found.watched or ())) == ({"temp"}, {"temp", "temp of carrier AA"})


def test_a_reference_of_a_slice_without_a_value_makes_no_error_of_the_whole() -> None:
    assert seen(judged(finding("temp", PASS), finding("temp", Verdict.ERROR, "x a")), 9, hour=hour(9)).verdict is PASS


def test_few_rows_of_all_are_not_judged() -> None:
    found = seen(judged(finding("temp", INCONCLUSIVE, "x a"), finding("temp", INCONCLUSIVE)), 4, hour=hour(9))

    assert (found.verdict, found.reason) == (INCONCLUSIVE, "temp: inconclusive")


def test_slices_and_notes_are_in_the_reason() -> None:
    slices = [finding("temp", FAIL, "carrier AA"), finding("temp", PASS, "carrier UA"), finding("seats", PASS, "x a")]
    found = seen(judged(finding("temp", PASS), finding("seats", PASS), *slices), 4000, hour=hour(9), notes=("so so",))

    assert found.reason == "0 of 2 features drift, in 4,000 rows; something drifts in 1 of 3 slices; so so"


def test_rows_that_come_twice_are_told_beside_the_features() -> None:
    quiet = judged(finding("temp", PASS))
    twice, once = (finding("duplicates", verdict, windows=2) for verdict in (FAIL, PASS))

    found = seen(quiet, 400, hour=hour(9), repeats=twice)
    well = seen(quiet, 400, hour=hour(9), repeats=once)
    unknown = seen(quiet, 400, hour=hour(9), repeats=finding("duplicates", INCONCLUSIVE))

    assert [(each.feature, each.since) for each in found.drifted] == [("duplicates", hour(8))]
    assert (found.verdict, found.reason) == (FAIL, "0 of 1 features drift, in 400 rows; duplicates: fail")
    assert (well.verdict, set(well.passed)) == (PASS, {"temp", "duplicates"})
    assert well.reason == "0 of 1 features drift, in 400 rows"
    assert (unknown.verdict, set(unknown.passed)) == (PASS, {"temp"})
    assert set(unknown.watched or ()) == {"temp", "duplicates"}

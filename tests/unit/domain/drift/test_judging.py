import json
from typing import Any

import numpy as np
import pytest

from sluice.domain.drift.build import Choices, build_reference
from sluice.domain.drift.dyadic import last_windows
from sluice.domain.drift.finding import Judgement
from sluice.domain.drift.judge import Watched, judge
from sluice.domain.drift.rules import Rules
from sluice.domain.drift.summarise import summarise
from sluice.domain.drift.summary import Summary, empty
from sluice.domain.errors import InvalidRules, ReferenceMismatch
from sluice.domain.evidence.finding import Verdict
from tests.drift_builders import a_reference, a_window, some_rows

HOURLY = Rules()
ROWS = 1000


def look(*windows: Summary, rules: Rules = HOURLY) -> Judgement:
    return judge([Watched(a_reference(), windows)], rules)


def temps(rows: int = ROWS) -> Any:
    return some_rows(rows, seed=10)["temp"]


def test_a_quiet_window_passes() -> None:
    judgement = look(a_window())

    assert judgement.verdict is Verdict.PASS
    assert [finding.verdict for finding in judgement.findings] == [Verdict.PASS] * 6
    assert "no drift found" in judgement.reason
    assert "in 1,000 rows of the last window" in judgement.reason


def test_without_rows_nothing_is_known() -> None:
    assert judge([]).verdict is Verdict.INCONCLUSIVE
    assert look().verdict is Verdict.INCONCLUSIVE
    assert look().findings[0].reason.startswith("temp: no window yet")
    few = look(a_window(30))
    assert few.verdict is Verdict.INCONCLUSIVE
    assert "fewer than the 50 rows it takes to judge" in few.reason


def test_windows_may_have_pasts_of_their_own() -> None:
    warm = [a_window(400, seed=seed, temp=some_rows(400, seed=seed)["temp"] + 15) for seed in (20, 21, 22)]
    quiet = [a_window(400, seed=23), a_window(400, seed=24)]

    as_ever = judge([Watched(a_reference(), warm[:2], pasts=[warm[2], warm[2]])])
    changed = judge([Watched(a_reference(), warm[:2], pasts=quiet)])

    assert as_ever.verdict is Verdict.PASS
    assert [finding.feature for finding in changed.drifted] == ["temp"]


def test_a_past_with_few_rows_judges_nothing() -> None:
    nothing = empty(a_reference().binning)

    whole = judge([Watched(a_reference(), [a_window(400)], "carrier AA", [nothing])])
    later = judge([Watched(a_reference(), [a_window(400), a_window(400)], pasts=[a_window(400, seed=20), nothing])])

    assert whole.verdict is Verdict.INCONCLUSIVE
    assert whole.findings[0].reason == "temp of carrier AA: too few rows in its past"
    assert {finding.windows for finding in later.findings} == {2}


def test_a_feature_of_few_values_is_inconclusive_where_that_is_as_it_was() -> None:
    rare = np.full(10_000, np.nan)
    rare[::100] = np.arange(100)
    reference = build_reference({"rare": rare}, seed=1, choices=Choices(draws=0))

    judgement = judge([Watched(reference, [summarise(reference.binning, {"rare": rare[:1000]})])])

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert "fewer than the 50 values" in judgement.reason


def test_a_reference_without_a_value_cannot_judge_values() -> None:
    reference = build_reference({"x": [None] * 100, "y": [1.0] * 100}, seed=1, choices=Choices(draws=0))
    binning = reference.binning

    some = judge([Watched(reference, [summarise(binning, {"x": [None] * 99 + [1.0], "y": [1.0] * 100})])])
    none = judge([Watched(reference, [summarise(binning, {"x": [None] * 100, "y": [1.0] * 100})])])

    assert some.verdict is Verdict.ERROR
    assert "the reference has no value: build another" in some.reason
    assert none.verdict is Verdict.PASS


def test_small_but_sure_drift_is_not_told() -> None:
    rows = 200_000
    generator = np.random.default_rng(8)
    reference = build_reference({"x": generator.normal(size=rows)}, seed=1, choices=Choices(draws=0))

    def verdict(shift: float, least_effect: float) -> Verdict:
        window = summarise(reference.binning, {"x": generator.normal(shift, 1, rows)})
        return judge([Watched(reference, [window])], Rules(least_effect=least_effect)).verdict

    assert verdict(0.025, 0.0) is Verdict.FAIL
    assert verdict(0.025, 0.0025) is Verdict.PASS
    assert verdict(0.1, 0.0025) is Verdict.FAIL


def test_small_but_sure_changes_of_a_share_are_not_told_either() -> None:
    rows = 200_000
    column = np.where(np.arange(rows) % 50 == 0, np.nan, 1.0)
    reference = build_reference({"x": column}, seed=1, choices=Choices(draws=0, window_rows=rows))
    window = summarise(reference.binning, {"x": np.where(np.arange(rows) % 45 == 0, np.nan, 1.0)})

    assert judge([Watched(reference, [window])]).verdict is Verdict.PASS
    assert judge([Watched(reference, [window])], Rules(least_effect=0)).verdict is Verdict.FAIL


def test_more_windows_find_what_one_cannot_and_say_since_when() -> None:
    quiet = [a_window(200, seed=seed) for seed in range(100, 108)]
    warm = [a_window(200, seed=seed, temp=some_rows(200, seed=seed)["temp"] + 2.5) for seed in range(8)]

    together = look(*quiet, *warm)

    assert look(warm[-1]).drifted == ()
    (finding,) = together.drifted
    assert finding.feature == "temp"
    assert finding.windows == 8
    assert finding.rows == 1600
    assert "in 1,600 rows of the last 8 windows" in finding.reason


def test_the_last_windows_are_added_up_by_powers_of_two() -> None:
    binning = a_reference().binning
    windows = [a_window(rows, seed=rows) for rows in (64, 32, 16, 8, 4, 2, 1)]

    assert [summary.rows for summary in last_windows(binning, windows, levels=7)] == [1, 3, 15]
    assert last_windows(binning, windows, levels=2)[1] == windows[-1] + windows[-2]
    assert last_windows(binning, [], levels=7) == []


def test_slices_are_judged_together_and_named() -> None:
    reference = a_reference()
    slices = [Watched(reference, [a_window(seed=seed)], f"origin={seed}") for seed in range(3)]

    judgement = judge([*slices, Watched(reference, [a_window(temp=temps() + 9)], "origin=LGA")])

    (finding,) = judgement.drifted
    assert (finding.slice, finding.feature) == ("origin=LGA", "temp")
    assert finding.reason.startswith("temp of origin=LGA: median moved")
    assert len(judgement.findings) == 24


def test_more_features_and_slices_ask_for_more() -> None:
    barely = a_window(300, seed=3, temp=some_rows(300, seed=3)["temp"] + 2.9)
    quiet = [Watched(a_reference(), [a_window(300, seed=seed)], str(seed)) for seed in range(40)]

    assert look(barely).verdict is Verdict.FAIL
    assert judge([Watched(a_reference(), [barely]), *quiet]).verdict is Verdict.PASS


def test_windows_counted_by_other_bins_are_not_judged() -> None:
    other = build_reference({"x": [1.0]}, seed=1, choices=Choices(draws=0))

    with pytest.raises(ReferenceMismatch):
        look(empty(other.binning))


def test_a_judgement_has_a_json_form() -> None:
    form = json.loads(json.dumps(look(a_window(temp=temps() + 8)).to_dict()))

    assert form["verdict"] == "fail"
    assert form["findings"][0]["change"] == "location"
    assert form["findings"][0]["role"] == "input"
    assert form["findings"][1]["change"] is None


def test_simulated_tails_are_used_where_there_are_some() -> None:
    plain = judge([Watched(a_reference(), [a_window(60)])]).findings
    table = a_reference(draws=2000)

    mended = judge([Watched(table, [a_window(60)])]).findings

    before = {finding.feature: finding.p for finding in plain}
    assert any(finding.p > before[finding.feature] * 1.01 for finding in mended)
    assert all(finding.p >= before[finding.feature] / 2.01 for finding in mended)


def test_the_error_is_shared_by_looks_and_levels() -> None:
    assert pytest.approx(1 / 720 / 7) == Rules().q
    assert Rules(false_alarms_per_30_days=9, looks_per_30_days=1, levels=1).q == 0.5


def test_rules_are_read_and_nonsense_is_refused() -> None:
    assert Rules.from_dict({}) == Rules()
    assert Rules.from_dict({"levels": 3.0, "false_alarms_per_30_days": 2}) == Rules(2.0, levels=3)
    assert Rules.from_dict(Rules(levels=2).to_dict()) == Rules(levels=2)
    for wrong in (
        {"levels": 0},
        {"levels": 13},
        {"levels": 1.5},
        {"min_rows": 0},
        {"least_effect": -1},
        {"least_effect": float("nan")},
        {"false_alarms_per_30_days": 0},
        {"looks_per_30_days": float("inf")},
        {"unknown": 1},
        {"levels": True},
        {"min_rows": "9"},
    ):
        with pytest.raises(InvalidRules):
            Rules.from_dict(wrong)


def test_quiet_windows_alarm_as_seldom_as_the_budget_says_and_drift_is_found() -> None:
    generator = np.random.default_rng(2026)
    features = 20
    reference = build_reference(
        {f"x{place}": generator.normal(size=10_000) for place in range(features)},
        seed=1,
        choices=Choices(draws=5000),
    )
    rules = Rules(false_alarms_per_30_days=36, levels=1)  # q = .05

    def alarms(shift: float, windows: int) -> int:
        return sum(
            bool(
                judge(
                    [
                        Watched(
                            reference,
                            [
                                summarise(
                                    reference.binning,
                                    {
                                        f"x{place}": generator.normal(shift * (place < 2), 1, 200)
                                        for place in range(features)
                                    },
                                )
                            ],
                        )
                    ],
                    rules,
                ).drifted
            )
            for _ in range(windows)
        )

    assert alarms(0.0, 200) <= 16
    assert alarms(0.4, 20) >= 19

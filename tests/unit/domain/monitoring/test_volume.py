from datetime import datetime

import pytest

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.volume import Change, Hours, VolumeFinding, judge_volume
from sluice.domain.monitoring.window import LENGTH
from tests.volume_builders import DAY, LAST, changed, usual_traffic

P_UNUSUAL = 0.1 / 720


def judged(counts: dict[datetime, float], *, until: datetime = LAST + LENGTH) -> VolumeFinding:
    return judge_volume(Hours(counts, min(counts) + LENGTH, until), last=LAST, p_unusual=P_UNUSUAL)


def test_as_many_as_ever_pass_with_their_numbers() -> None:
    found = judged(usual_traffic(28))

    assert (found.verdict, found.change, found.since) == (Verdict.PASS, None, LAST)
    assert found.usual == pytest.approx(900, rel=0.1)
    assert found.reason.startswith(f"{found.count} predictions in the hour from 2026-11-25 13:00, ")
    assert found.reason.endswith(" in the same hour of 4 weeks before")


def test_a_stop_is_found_in_the_first_full_hour() -> None:
    found = judged(changed(usual_traffic(28), 0))

    assert (found.verdict, found.change, found.count, found.since) == (Verdict.FAIL, Change.LESS, 0, LAST)
    assert found.reason.startswith("0 predictions in the hour from 2026-11-25 13:00, ")


def test_three_times_as_many_are_found_in_the_first_full_hour() -> None:
    found = judged(changed(usual_traffic(28), 3))

    assert (found.verdict, found.change, found.since) == (Verdict.FAIL, Change.MORE, LAST)


def test_few_requests_take_many_hours_to_be_missed() -> None:
    counts = usual_traffic(28, peak=4)
    hours = [LAST - LENGTH * back for back in range(4)]

    one, four = judged(changed(counts, 0, hours[:1])), judged(changed(counts, 0, hours))

    assert one.verdict is Verdict.PASS
    assert (four.verdict, four.change, four.count, four.since) == (Verdict.FAIL, Change.LESS, 0, LAST - 3 * LENGTH)
    assert "0 predictions in the 4 hours from 2026-11-25 10:00" in four.reason


def test_what_is_certain_but_near_is_not_told() -> None:
    counts = dict.fromkeys(usual_traffic(28), 10000.0)

    assert judged(changed(counts, 1.4)).verdict is Verdict.PASS
    assert judged(changed(counts, 1.6)).verdict is Verdict.FAIL


@pytest.mark.parametrize(("days", "verdict"), [(6, Verdict.INCONCLUSIVE), (7, Verdict.FAIL)])
def test_it_takes_a_week(days: int, verdict: Verdict) -> None:
    found = judged(changed(usual_traffic(days), 0))

    assert found.verdict is verdict
    if verdict is Verdict.INCONCLUSIVE:
        assert (found.reason, found.usual) == ("not judged: 6 earlier days are known, it takes 7", None)


def test_before_three_weeks_any_day_is_like_the_others() -> None:
    assert judged(usual_traffic(20)).reason.endswith(" in the same hour of 20 days before")
    assert judged(usual_traffic(21)).reason.endswith(" in the same hour of 3 weeks before")


@pytest.mark.parametrize("days", [9, 20])
def test_a_weekend_is_none_too_quiet_while_days_are_compared_with_any_day(days: int) -> None:
    saturday = LAST + 3 * DAY
    counts = usual_traffic(days, until=saturday, weekend=0.1)
    hours = Hours(counts, min(counts) + LENGTH, saturday + LENGTH)

    assert judge_volume(hours, last=saturday, p_unusual=P_UNUSUAL).verdict is Verdict.PASS


def test_a_weekend_with_the_traffic_of_a_weekday_is_news_once_weeks_are_known() -> None:
    saturday = LAST + 3 * DAY
    counts = changed(usual_traffic(28, until=saturday, weekend=0.1), 10, [saturday])
    hours = Hours(counts, min(counts) + LENGTH, saturday + LENGTH)

    assert judge_volume(hours, last=saturday, p_unusual=P_UNUSUAL).change is Change.MORE


def test_where_nobody_ever_asked_nothing_is_judged() -> None:
    asked_at_night = {LAST - DAY * back - 18 * LENGTH: 5.0 for back in range(20)}

    found = judged(asked_at_night)

    assert (found.verdict, found.count) == (Verdict.INCONCLUSIVE, 0)
    assert found.reason == "not judged: nobody asked at this time of 19 earlier days"


def test_a_single_request_where_there_were_none_for_weeks_is_no_news() -> None:
    counts = {LAST - 20 * DAY: 1.0, LAST - 9 * DAY: 1.0, LAST: 3.0}

    assert judged(counts).verdict is Verdict.PASS


def test_hours_that_are_unusual_are_no_past() -> None:
    stopped = [LAST - LENGTH * back for back in range(73)]
    counts = changed(usual_traffic(28), 0, stopped)

    assert judged(counts).verdict is Verdict.PASS
    assert judged(counts, until=stopped[-1]).change is Change.LESS

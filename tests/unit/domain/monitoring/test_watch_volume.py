from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.volume import Change
from sluice.domain.monitoring.watch_volume import (
    Unusual,
    VolumeNews,
    VolumeWatch,
    last_complete_hour,
    p_unusual,
    watch_volume,
    without_comparison,
)
from sluice.domain.monitoring.window import LENGTH
from tests.monitoring_builders import WATCHING
from tests.volume_builders import DAY, LAST, NOW, changed, usual_traffic

NOTHING = VolumeWatch("flights", NOW, Verdict.INCONCLUSIVE, "")


def looked(counts: dict[datetime, float], before: VolumeWatch = NOTHING, now: datetime = NOW) -> VolumeNews:
    """What a look finds that sees what there is by then."""
    seen = {at: count for at, count in counts.items() if at <= last_complete_hour(now)}
    return watch_volume(before, seen, WATCHING, now=now)


def after_a_stop(hours: int) -> dict[datetime, float]:
    """Traffic of 28 days, and none from the last hour on for so many hours."""
    counts = usual_traffic(28 + hours / 24, until=LAST + hours * LENGTH)
    return changed(counts, 0, [LAST + LENGTH * number for number in range(hours)])


def test_an_hour_is_complete_when_its_metrics_are_there() -> None:
    assert last_complete_hour(NOW) == LAST
    assert last_complete_hour(NOW - timedelta(minutes=2)) == LAST - LENGTH


def test_usual_traffic_is_no_news() -> None:
    news = looked(usual_traffic(28))

    assert (news.watch.verdict, news.watch.unusual, news.begun, news.ended) == (Verdict.PASS, None, None, "")
    assert news.watch.looked_at == NOW


def test_without_a_single_prediction_nothing_is_judged() -> None:
    news = looked({})

    assert (news.watch.verdict, news.watch.reason) == (Verdict.INCONCLUSIVE, "not judged: no predictions are known")


def test_a_stop_is_news_once_and_goes_on_for_days() -> None:
    counts = after_a_stop(60)
    first = looked(counts)
    watch = first.watch
    for hours in range(1, 60):
        news = looked(counts, watch, NOW + hours * LENGTH)
        assert (news.begun, news.ended, news.watch.verdict) == (None, "", Verdict.FAIL)
        watch = news.watch

    assert first.begun is not None
    assert (first.begun.since, first.begun.change, first.begun.count) == (LAST, Change.LESS, 0)
    assert watch.unusual == first.begun


def test_it_ends_when_the_volume_is_usual_again() -> None:
    stopped = looked(changed(usual_traffic(28), 0))
    later = changed(usual_traffic(30, until=LAST + 2 * DAY), 0)

    news = looked(later, stopped.watch, NOW + DAY)

    assert (news.watch.unusual, news.watch.verdict) == (None, Verdict.PASS)
    assert news.ended.startswith("volume is usual again: ")


def test_too_much_after_too_little_is_other_news() -> None:
    stopped = looked(changed(usual_traffic(28), 0))
    flood = changed(changed(usual_traffic(29, until=LAST + DAY), 0), 20, [LAST + LENGTH])

    news = looked(flood, stopped.watch, NOW + LENGTH)

    assert news.begun is not None
    assert (news.begun.change, news.watch.unusual) == (Change.MORE, news.begun)


def test_what_has_lasted_for_a_week_is_usual_and_what_was_before_is_forgotten() -> None:
    tripled = [LAST + LENGTH * number for number in range(9 * 24)]
    counts = changed(usual_traffic(38, until=LAST + 10 * DAY), 3, tripled)
    first = looked(counts)
    before = looked(counts, first.watch, NOW + 7 * DAY - LENGTH)

    news = looked(counts, before.watch, NOW + 7 * DAY)
    back = looked(counts, news.watch, NOW + 9 * DAY)

    assert before.watch.unusual == first.begun
    assert (news.watch.unusual, news.watch.past_since, news.watch.verdict) == (None, LAST, Verdict.PASS)
    assert news.ended == "it has lasted since 2026-11-25 13:00 and is taken as usual"
    assert back.begun is not None  # the traffic of before
    assert back.begun.change is Change.LESS


def test_missing_metrics_end_nothing() -> None:
    stopped = looked(changed(usual_traffic(28), 0))

    news = looked({}, stopped.watch, NOW + LENGTH)

    assert (news.watch.verdict, news.watch.unusual, news.ended) == (Verdict.FAIL, stopped.begun, "")


def test_what_cannot_be_compared_ends_and_a_new_past_begins() -> None:
    stopped = looked(changed(usual_traffic(28), 0))

    news = without_comparison(stopped.watch, "all is counted twice", now=NOW)
    again = without_comparison(news.watch, "all is counted twice", now=NOW)
    later = looked(usual_traffic(30, until=LAST + 2 * DAY), again.watch, NOW + 2 * DAY)

    assert (news.watch.unusual, news.watch.verdict, news.begun) == (None, Verdict.INCONCLUSIVE, None)
    assert (news.ended, again.ended) == ("no longer judged: all is counted twice", "")
    assert later.watch.reason == "not judged: 1 earlier days are known, it takes 7"


@pytest.mark.parametrize(("every_minutes", "looks"), [(15, 720), (60, 720), (120, 360)])
def test_an_hour_is_judged_once_however_often_it_is_looked_at(every_minutes: int, looks: int) -> None:
    watching = replace(WATCHING, every_minutes=every_minutes, false_alarms_per_30_days=2)

    assert p_unusual(watching) == pytest.approx(0.2 / looks)


def test_metrics_that_stay_behind_a_fast_clock_are_never_news() -> None:
    counts = usual_traffic(30, until=LAST)
    begun = LAST - 30 * DAY
    watch = NOTHING
    for hours in range(0, 60 * 24, 7):  # the clock runs twice as fast as the metrics
        seen = {at: count for at, count in counts.items() if at <= begun + LENGTH * hours / 2}
        news = watch_volume(watch, seen, WATCHING, now=begun + LENGTH * hours)
        assert news.begun is None
        watch = news.watch


@given(
    st.builds(
        VolumeWatch,
        st.just("flights"),
        st.just(NOW),
        st.sampled_from(Verdict),
        st.text(),
        st.none()
        | st.builds(Unusual, st.just(LAST), st.sampled_from(Change), st.text(), st.integers(0), st.floats(0, 9)),
        st.none() | st.just(LAST),
        st.integers(0),
        st.integers(0),
    )
)
def test_a_record_is_read_as_it_was_written(watch: VolumeWatch) -> None:
    assert VolumeWatch.from_dict(watch.to_dict()) == watch

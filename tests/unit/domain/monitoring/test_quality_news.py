from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.loss import Bets, Loss
from sluice.domain.monitoring.quality import Basis, KnownQuality
from sluice.domain.monitoring.quality_news import QualityNews, quality_news
from sluice.domain.monitoring.watched_slice import WatchedSlice
from tests.monitoring_builders import hour

WHOLE = Loss(hour(9), "20 % were wrong", 0.2, 400)
B6 = Loss(hour(8), "30 % of B6 were wrong", 0.3, 90)
DL = Loss(hour(9), "50 % of DL were wrong", 0.5, 60)


def known(whole: Loss | None = None, **slices: Loss | None) -> KnownQuality:
    watched = tuple(WatchedSlice("carrier", value, Bets("0" * 16), loss=loss) for value, loss in slices.items())
    return KnownQuality(Verdict.PASS, Basis.MEASURED, "accuracy 0.8", loss=whole, watched=watched)


def test_where_nothing_changes_there_is_no_news() -> None:
    assert quality_news(None, known(AA=None)) == QualityNews()
    assert quality_news(known(B6=B6), known(B6=B6)) == QualityNews()
    assert quality_news(known(WHOLE), known(WHOLE)) == QualityNews()


def test_a_slice_that_is_lost_is_news_once() -> None:
    news = quality_news(known(B6=None), known(AA=None, B6=B6, DL=DL))

    assert (dict(news.slices), news.is_told) == ({"carrier DL": DL, "carrier B6": B6}, True)
    assert news.begun == (DL, B6)


def test_what_all_rows_show_is_told_of_all_rows_and_slices_are_named_beside() -> None:
    news = quality_news(known(B6=B6), known(WHOLE, B6=B6, DL=DL))

    assert (news.whole, news.beside, news.is_told) == (WHOLE, ("carrier DL", "carrier B6"), True)
    assert news.begun == (WHOLE, DL)


def test_a_slice_that_is_lost_while_all_rows_are_is_written_down_alone() -> None:
    news = quality_news(known(WHOLE), known(WHOLE, B6=B6))

    assert (dict(news.slices), news.is_told) == ({"carrier B6": B6}, False)


def test_a_slice_that_is_still_lost_when_all_rows_are_well_is_told_then() -> None:
    news = quality_news(known(WHOLE, B6=B6, DL=DL), known(B6=B6, DL=None))

    assert (dict(news.slices), news.is_told, news.is_over, news.ended) == (
        {"carrier B6": B6},
        True,
        True,
        ("carrier DL",),
    )


def test_a_slice_that_recovers_and_one_that_is_judged_no_more_are_told_apart() -> None:
    news = quality_news(known(B6=B6, DL=DL), known(B6=None))

    assert news == QualityNews(ended=("carrier B6",), unwatched=("carrier DL",))

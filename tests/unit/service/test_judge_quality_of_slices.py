"""In which slices does a version do worse? Shown beside training, and a loss told once by the slice's name."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from moto import mock_aws

from local_cloud.transactions import install_transactions
from sluice.domain.drift.outcomes import Outcomes
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.evidence.finding import Verdict
from sluice.domain.monitoring.compare import compare, nothing_compared
from sluice.domain.monitoring.labelled import Labelled
from sluice.domain.monitoring.quality import Basis, SliceQuality
from sluice.domain.rollout.decision import EntryKind
from sluice.service.judge_drift import EVENTS
from tests.drift_builders import a_reference, a_sliced_reference
from tests.feedback_builders import T0
from tests.label_builders import bring, some_labels
from tests.monitoring_builders import HOUR, WATCHING, World, hour
from tests.number_builders import a_number_reference, some_number_labels


def kinds(world: World, version: str = "1") -> list[EntryKind]:
    return [entry.kind for entry in world.watches.audit("flights", version)]


SLICED = replace(WATCHING, slices=("carrier",))


def a_sliced_world(reference: SlicedReference) -> World:
    text = json.dumps(reference.to_dict()).encode()
    made = World({"1": text}, SLICED)
    made.deploy(champion=100)
    return made


def shown(world: World, now: datetime = T0) -> dict[str, SliceQuality]:
    (champion,) = world.look_at_quality(now)
    assert champion.quality is not None
    assert world.watches.get("flights", "1") == champion
    return {each.where: each for each in champion.quality.slices}


@pytest.fixture
def sliced() -> Iterator[World]:
    """Whose reference knows of AA and B6 how often it was wrong, and of WN not."""
    labels = {Slice("carrier", name): some_outcomes(some_labels(500, seed=9)) for name in ("AA", "B6")}
    with mock_aws(), install_transactions():
        yield a_sliced_world(replace(a_sliced_reference(), outcomes=labels))


def some_outcomes(labels: list[Labelled]) -> Outcomes:
    binning = a_reference().binning
    return compare(binning, nothing_compared(binning), labels)


def test_the_slices_that_lost_most_since_training_are_shown_first(sliced: World) -> None:
    for number, (carrier, wrong) in enumerate([("AA", 0.0), ("B6", 0.3), ("WN", 0.5)]):
        bring(sliced.items, some_labels(100, seed=number, carrier=carrier, wrong=wrong))

    found = shown(sliced)

    assert list(found) == ["carrier B6", "carrier AA", "carrier WN"]
    b6, now, then = found["carrier B6"], some_outcomes(some_labels(100, seed=1, wrong=0.3)), some_labels(500, seed=9)
    assert (b6.rows, b6.accuracy, b6.mean_absolute_error) == (100, 1 - now.wrong / 100, None)
    assert b6.accuracy_at_training == 1 - some_outcomes(then).wrong / 500
    assert found["carrier WN"].accuracy_at_training is None


def test_a_slice_of_few_labels_and_one_that_is_no_longer_declared_are_not_shown(sliced: World) -> None:
    bring(sliced.items, some_labels(49, seed=1, carrier="AA", wrong=1.0))
    bring(sliced.items, some_labels(60, seed=2, carrier="B6", at=T0 - HOUR))

    assert list(shown(sliced)) == ["carrier B6"]
    sliced.watching = WATCHING
    assert shown(sliced) == {}


def test_slices_are_measured_by_the_same_hours_as_the_whole(sliced: World) -> None:
    bring(sliced.items, some_labels(1000, seed=1, carrier="AA"))
    bring(sliced.items, some_labels(60, seed=2, carrier="B6", at=T0 - HOUR))

    assert list(shown(sliced)) == ["carrier AA"]


def test_how_far_off_numbers_are_is_shown_by_slice() -> None:
    binning = a_number_reference().binning
    trained = {Slice("carrier", "AA"): compare(binning, nothing_compared(binning), some_number_labels(500, seed=9))}
    with mock_aws(), install_transactions():
        world = a_sliced_world(
            SlicedReference(a_number_reference(), {of: a_number_reference().summary for of in trained}, trained)
        )
        for carrier, shift in (("AA", 4.0), ("B6", 9.0)):
            labels = some_number_labels(100, seed=1, shift=shift)
            bring(
                world.items,
                [
                    replace(each, prediction_id=f"{carrier}-{each.prediction_id}", slices=(("carrier", carrier),))
                    for each in labels
                ],
            )
        found = shown(world)

    assert list(found) == ["carrier AA", "carrier B6"]
    errors = [found[f"carrier {name}"].mean_absolute_error for name in ("AA", "B6")]
    assert errors == [pytest.approx(4.3, abs=0.5), pytest.approx(9.0, abs=0.5)]
    assert found["carrier AA"].mean_absolute_error_at_training == pytest.approx(2.4, abs=0.2)
    assert (found["carrier B6"].mean_absolute_error_at_training, found["carrier B6"].worse_by) == (None, None)
    (finding,) = world.told[0][1]["findings"]
    assert (finding["slice"], finding["slices"]) == ("", ["carrier AA"])


def test_a_loss_in_a_slice_is_told_once_by_its_name_and_when_it_is_over(sliced: World) -> None:
    for number, (carrier, wrong) in enumerate([("AA", 0.0), ("B6", 0.95), ("WN", 0.7)]):
        bring(sliced.items, some_labels(50, seed=number, carrier=carrier, wrong=wrong))
    bring(sliced.items, some_labels(600, seed=9))

    (lost,) = sliced.look_at_quality()
    (again,) = sliced.look_at_quality(T0 + timedelta(minutes=10))
    bring(sliced.items, some_labels(300, seed=4, carrier="B6", at=T0 + HOUR))
    (well,) = sliced.look_at_quality(T0 + HOUR)

    assert lost.quality is not None
    assert (lost.quality.verdict, lost.quality.loss, list(lost.quality.losses)) == (Verdict.FAIL, None, ["carrier B6"])
    assert lost.quality.judged == "2 judged", "of WN the reference has no labels"
    assert [each and each.losses for each in (again.quality, well.quality)] == [lost.quality.losses, {}]
    assert [kind for kind, _ in sliced.told] == list(EVENTS)
    (finding,) = sliced.told[0][1]["findings"]
    assert (finding["feature"], finding["slice"], finding["labels"]) == ("quality", "carrier B6", 50)
    assert finding["since"] == sliced.told[0][1]["since"] == hour(9).isoformat()
    (incident,) = sliced.incidents()
    assert incident.title.startswith("flights: version 1 is wrong more often than at training in carrier B6: ")
    assert incident.alarms == ("sluice-flights-quality",)
    assert list(incident.evidence["quality"]["losses"]) == ["carrier B6"]
    assert "watched" not in incident.evidence["quality"]
    assert kinds(sliced) == [EntryKind.WORSENED, EntryKind.RECOVERED]
    assert sliced.watches.audit("flights", "1")[1].reason == "quality of carrier B6 is well again"


def test_what_all_rows_show_is_told_of_all_rows_and_the_slice_is_named_beside(sliced: World) -> None:
    bring(sliced.items, some_labels(300, seed=1, carrier="B6", wrong=0.6))
    (lost,) = sliced.look_at_quality()
    bring(sliced.items, some_labels(300, seed=2, carrier="AA", wrong=0.6, at=T0 + HOUR))
    sliced.look_at_quality(T0 + HOUR)
    bring(sliced.items, some_labels(1000, seed=3, at=T0 + 2 * HOUR))
    (well,) = sliced.look_at_quality(T0 + 2 * HOUR)

    first, second = sliced.told[0][1]["findings"], sliced.told[2][1]["findings"]
    assert [(each["slice"], each["slices"]) for each in first] == [("", ["carrier B6"])]
    assert sorted(each["slice"] for each in second) == ["carrier AA", "carrier B6"]
    losses = [each.quality.loss if each.quality else None for each in (lost, well)]
    assert (losses[0] is None, losses[1]) == (False, None)
    told, left = (each.title for each in sorted(sliced.incidents(), key=lambda each: each.opened_at))
    assert told.endswith("; so it is in carrier B6")
    assert " in carrier " in left
    assert kinds(sliced) == [EntryKind.WORSENED] * 3, "that AA is lost, too, is written down and told nobody"
    assert "quality is well again: " in sliced.watches.audit("flights", "1")[2].reason


def test_a_slice_that_is_no_longer_declared_is_no_longer_lost(sliced: World) -> None:
    bring(sliced.items, some_labels(50, seed=1, carrier="B6", wrong=0.8))
    bring(sliced.items, some_labels(600, seed=9))
    sliced.look_at_quality()
    sliced.watching = WATCHING

    (champion,) = sliced.look_at_quality(T0 + HOUR)

    assert champion.quality is not None
    assert (champion.quality.verdict, champion.quality.losses, champion.quality.judged) == (Verdict.PASS, {}, "")
    assert sliced.watches.audit("flights", "1")[1].reason == "quality of carrier B6 is no longer judged"


def test_labels_that_are_all_older_than_what_is_kept_tell_nothing(sliced: World) -> None:
    bring(sliced.items, some_labels(60, seed=1, carrier="AA", at=T0 - timedelta(days=31)))

    (champion,) = sliced.look_at_quality()

    assert champion.quality is not None
    assert (champion.quality.basis, champion.quality.slices) == (Basis.UNKNOWN, ())

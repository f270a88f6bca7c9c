from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from sluice.aws.captures import CapturedFile
from sluice.aws.references import References
from sluice.domain.feedback.capture import Poison
from sluice.domain.feedback.record import State
from sluice.domain.feedback.totals import Totals
from sluice.service.index_predictions import Indexed, index_predictions
from sluice.service.record_feedback import Status
from sluice.service.slice_book import SliceBook
from tests.feedback_builders import CHALLENGER, CHAMPION, T0, World, answered, captured, key_of, said


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World()


def test_a_file_becomes_records_and_exposures(world: World) -> None:
    indexed = world.index(answered("p-1"), answered("p-2"))

    assert indexed == Indexed("flights", "champion", predictions=2, unattributed=0, copies=0, poisoned=0)
    assert world.ledger.predictions.get("p-1").answered == answered("p-1")
    assert world.totals() == {"1": Totals(exposures=2)}


def test_the_same_file_again_changes_nothing(world: World) -> None:
    world.say(said("p-1"))
    world.index(answered("p-1"), answered("p-2"))
    before = world.stored()

    world.index(answered("p-1"), answered("p-2"))

    assert world.stored() == before


def test_more_predictions_than_a_batch_holds_are_all_recorded(world: World) -> None:
    ids = [f"p-{number}" for number in range(130)]

    world.index(*(answered(each) for each in ids))

    assert world.totals()["1"].exposures == 130
    assert all(world.ledger.predictions.get(each).answered for each in (ids[0], ids[64], ids[-1]))


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_the_later_attempt_gave_the_answer_whatever_comes_first(world: World, order: tuple[int, ...]) -> None:
    events = (
        lambda: world.index(answered("p-1", CHALLENGER, attempt=1), name="breached"),
        lambda: world.index(answered("p-1", CHAMPION, attempt=2), name="answered"),
        lambda: world.say(said("p-1")),
    )

    for place in order:
        events[place]()

    assert world.totals() == {"1": Totals(exposures=1, n=1, total=1.0, total_sq=1.0)}


def test_a_unit_of_a_moved_reward_is_still_counted_once(world: World) -> None:
    world.index(answered("p-1", CHALLENGER))
    world.say(said("p-1"))

    world.index(answered("p-1", CHAMPION, attempt=2), name="later")

    assert world.totals()["1"].n == 1
    assert world.say(said("p-1")) is Status.DUPLICATE


def test_an_attempt_of_the_same_variant_keeps_the_reward_where_it_is(world: World) -> None:
    world.index(answered("p-1", CHALLENGER))
    world.say(said("p-1"))

    world.index(answered("p-1", CHALLENGER, attempt=2), name="again")

    assert world.totals() == {"2": Totals(exposures=1, n=1, total=1.0, total_sq=1.0)}


def test_early_feedback_out_of_its_models_bounds_is_kept_and_not_counted(world: World) -> None:
    world.ledger.feedback.keep(said("p-1", 2.0), now=T0)
    world.ledger.feedback.expect("p-1", now=T0)

    world.index(answered("p-1"))

    assert world.ledger.predictions.get("p-1").feedback["click"].state is State.NOT_COUNTED
    assert world.totals() == {"1": Totals(exposures=1)}


def test_lines_that_cannot_be_read_are_put_aside_and_the_others_land(world: World) -> None:
    file = world.put_file(captured(answered("p-1")), "{", "", captured(answered("p-2")))

    indexed = index_predictions(file, world.intake, now=T0)

    assert (indexed.predictions, indexed.poisoned) == (2, 2)
    assert world.totals()["1"].exposures == 2
    (letter,) = world.buried()
    assert letter["key"] == file.key
    assert letter["reason"] == "2 lines cannot be read"
    assert [detail.partition(":")[0] for detail in letter["details"]] == ["line 2", "line 3"]


def test_strangers_and_shadows_are_counted_and_left_alone(world: World) -> None:
    stranger = captured(answered("p-1"), customAttributes=[])
    copy = captured(answered("p-2", CHALLENGER))
    file = world.put_file(stranger, copy, captured(answered("p-3")))

    indexed = index_predictions(file, world.intake, now=T0)

    assert (indexed.predictions, indexed.unattributed, indexed.copies) == (1, 1, 1)
    assert world.totals() == {"1": Totals(exposures=1)}
    assert world.buried() == []


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (key_of("champion", "gone"), "there is no such file"),
        (key_of("champion", "file", endpoint="others"), "no model here has the endpoint others"),
        ("notes.txt", "not the key of captured data"),
    ],
)
def test_a_file_that_can_never_be_read_is_poison(world: World, key: str, reason: str) -> None:
    with pytest.raises(Poison, match=reason):
        index_predictions(CapturedFile("data", key), world.intake, now=T0)


SCORES = (0.25, 0.75)


def test_a_record_says_in_which_slices_of_its_version_the_row_is(world: World) -> None:
    world.slice_by(carrier=["B6", "AA"])
    sliced, other, unscored = (
        answered("p-1", scores=SCORES, slices=(("carrier", "B6"),)),
        answered("p-2", scores=SCORES, slices=(("carrier", "a name"), ("origin", "JFK"))),
        answered("p-3", slices=(("carrier", "B6"),)),
    )

    world.index(sliced, other, unscored)

    records = [world.ledger.predictions.get(name).answered for name in ("p-1", "p-2", "p-3")]
    assert records == [sliced, replace(other, slices=()), replace(unscored, slices=())]
    assert "a name" not in str(world.stored())


def test_nothing_is_kept_of_inputs_by_which_nobody_slices(world: World) -> None:
    attempt = answered("p-1", scores=SCORES, slices=(("carrier", "B6"),))

    world.index(attempt)

    assert world.ledger.predictions.get("p-1").answered == replace(attempt, slices=())


def test_slices_are_read_again_after_a_minute_and_only_of_models_that_are_sliced(world: World) -> None:
    world.slice_by(carrier=["B6"])
    seconds = iter([0.0, 0.0, 59.0, 60.0, 60.0])
    book = SliceBook(References(world.dynamodb, table="state"), {"flights": ["carrier"]}, seconds.__next__)

    first = book.of("flights", "1")
    world.slice_by(carrier=["AA"])

    assert first == book.of("flights", "1") == {"carrier": frozenset({"B6"})}
    assert book.of("flights", "1") == {"carrier": frozenset({"AA"})}
    assert book.of("others", "1") == {}


def test_a_version_without_a_reference_has_no_slices(world: World) -> None:
    book = SliceBook(References(world.dynamodb, table="state"), {"flights": ["carrier"]}, lambda: 0.0)

    assert book.of("flights", "1") == {}

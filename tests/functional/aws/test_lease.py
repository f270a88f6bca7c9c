from datetime import timedelta

from tests.functional.release_world import MODEL, T0, World


def test_one_holder_at_a_time_and_every_lease_has_a_number_of_its_own(world: World) -> None:
    lease = world.services().lease

    first = lease.acquire(MODEL, "a", now=T0, seconds=50)
    refused = lease.acquire(MODEL, "b", now=T0 + timedelta(seconds=49), seconds=50)
    second = lease.acquire(MODEL, "b", now=T0 + timedelta(seconds=50), seconds=50)

    assert (first, refused, second) == (1, None, 2)


def test_leases_of_models_are_apart(world: World) -> None:
    lease = world.services().lease

    assert lease.acquire(MODEL, "a", now=T0, seconds=50) == lease.acquire("churn", "b", now=T0, seconds=50) == 1


def test_a_holder_whose_answer_was_lost_gets_the_lease_again(world: World) -> None:
    lease = world.services().lease
    lease.acquire(MODEL, "a", now=T0, seconds=50)

    assert lease.acquire(MODEL, "a", now=T0, seconds=50) == 2


def test_a_lease_given_back_is_free_at_once(world: World) -> None:
    lease = world.services().lease
    fence = lease.acquire(MODEL, "a", now=T0, seconds=50)
    assert fence is not None

    lease.release(MODEL, fence)

    assert lease.acquire(MODEL, "b", now=T0, seconds=50) == 2


def test_nobody_gives_back_what_is_somebody_elses_by_now(world: World) -> None:
    lease = world.services().lease
    fence = lease.acquire(MODEL, "a", now=T0, seconds=50)
    assert fence is not None
    later = T0 + timedelta(seconds=51)
    lease.acquire(MODEL, "b", now=later, seconds=50)

    lease.release(MODEL, fence)

    assert lease.acquire(MODEL, "c", now=later, seconds=50) is None

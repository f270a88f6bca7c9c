"""Be the only one who changes a model's endpoint, for as long as a look takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sluice.service.release_services import Services

LEASE_SECONDS = 55


class Overtaken(Exception):
    """Another look is changing the endpoint right now."""


@contextmanager
def hold_lease(model: str, services: Services, *, now: datetime) -> Iterator[int]:
    """The fence of a lease that is given back in the end. Raises Overtaken."""
    fence = services.lease.acquire(model, services.new_holder(), now=now, seconds=LEASE_SECONDS)
    if fence is None:
        raise Overtaken(f"another look is changing the endpoint of {model}")
    try:
        yield fence
    finally:
        services.lease.release(model, fence)

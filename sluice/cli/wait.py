"""Has what a person asked for come about? Looks at the record until it has, or patience ends."""

from collections.abc import Callable

from sluice.cli.target import UsageProblem
from sluice.domain.rollout.rollout import Position, Rollout, Verb

_PAUSE_SECONDS = 2.0


def wait_until_obeyed(
    verb: Verb,
    read: Callable[[], Rollout],
    *,
    look: Callable[[], object],
    sleep: Callable[[float], None],
    patience_seconds: float,
) -> Rollout:
    """The rollout once a command is answered and, if it is obeyed, in effect; ``look`` asks the controller to look.

    It makes one decision a look, and its own next look may be a minute away.
    Raises UsageProblem when it is not after ``patience_seconds``.
    """
    waited = 0.0
    while not is_answered(verb, rollout := read()):
        if waited >= patience_seconds:
            raise UsageProblem(
                f"{verb} is recorded, but not in effect after {patience_seconds:g} s ({rollout.position}: "
                f"{rollout.reason}): see `sluice rollout watch`"
            )
        look()
        sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS
    return rollout


def is_answered(verb: Verb, rollout: Rollout) -> bool:
    """Whether nothing is left to wait for; an abort is in effect when the traffic is back, before all is tidied up.

    The controller may decline what cannot be done as things are: then the audit says so, and the command is gone.
    """
    if rollout.phase.is_over:
        return True
    return rollout.command is None and (verb is not Verb.ABORT or _is_back(rollout))


def _is_back(rollout: Rollout) -> bool:
    """Whether the previous version has the traffic; what is only tidied up was turned before."""
    is_turned = rollout.is_settled or rollout.position is Position.RETIRING
    return is_turned or not rollout.is_aborting

"""How does a bandit divide the traffic next? By what it believes after a batch, drawn with a seed on record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from sluice.domain.experiment.run import Run
from sluice.domain.experiment.thompson import Belief, Shares, after_batch, share


@dataclass(frozen=True, slots=True)
class Batch:
    """Mature outcomes that have come since the last batch.

    Attributes:
        rewards: By variant.
        until: The predictions counted were made before this moment.

    """

    rewards: Mapping[str, Belief]
    until: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """The weights of a batch, and what they were drawn from.

    Attributes:
        run: The record with its beliefs; its weights are still those of before.
        shares: The next weights.
        reason: In words, with the numbers.
        details: For the audit: whoever draws again with the seed from the beliefs gets these weights.

    """

    run: Run
    shares: Shares
    reason: str
    details: Mapping[str, Any]


def next_shares(run: Run, batch: Batch, *, now: datetime) -> Decided:
    """Learn a batch and draw from what is known then."""
    experiment, number = run.experiment, run.batch + 1
    beliefs = after_batch(run.beliefs, batch.rewards, discount=experiment.discount)
    seed = f"{run.id}#{number}"
    shares = share(
        experiment.variants,
        beliefs,
        goal=experiment.goal,
        floor_percent=experiment.floor_percent,
        rng=Random(seed),  # noqa: S311  a draw that can be made again
    )
    details = {
        "batch": number,
        "seed": seed,
        "beliefs": {variant: belief.to_dict() for variant, belief in beliefs.items()},
        "chances": dict(shares.chances),
        "propensities": shares.propensities,
        "counted_until": batch.until.isoformat(),
        "findings": list(shares.findings),
    }
    learned = replace(run, batch=number, batched_at=now, beliefs=beliefs, counted_until=batch.until)
    return Decided(learned, shares, _reason(experiment.goal.name, number, beliefs, shares), details)


def _reason(goal: str, number: int, beliefs: Mapping[str, Belief], shares: Shares) -> str:
    known = ", ".join(
        f"{variant} {beliefs[variant].mean:.4g} of {beliefs[variant].n:,.0f} ({chance:.0%} to be the best)"
        for variant, chance in shares.chances.items()
    )
    return "; ".join([f"batch {number}, {goal}: {known}", *shares.findings])

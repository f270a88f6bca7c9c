"""How do a model's retrainings stand, in one line?"""

from sluice.domain.retraining.book import Book
from sluice.domain.retraining.ending import Ending, ending
from sluice.domain.retraining.run import SUCCEEDED, Run


def describe(book: Book) -> str:
    """The one in flight, else the last; the newest refusal where it came later; and the drift that waits."""
    newest = next(iter(book.runs), None)
    lines = ["none so far" if newest is None else describe_run(newest)]
    refusal = next(iter(book.refused), None)
    if refusal is not None and (newest is None or refusal.at > newest.requested_at):
        lines.append(f"refused at {refusal.at:%Y-%m-%d %H:%M} UTC ({refusal.cause}): {refusal.refused}")
    if book.pending is not None:
        lines.append(f"the drift told at {book.pending.at:%Y-%m-%d %H:%M} UTC waits")
    return "; ".join(lines)


def describe_run(run: Run) -> str:
    """A retraining, why it was started, and why it failed if it did: told apart is what the gate refused."""
    name = f"{run.id} ({run.cause}: {run.reason})"
    told = f"{name} is {run.status}"
    if not run.is_over or run.status == SUCCEEDED:
        return told
    if ending(run) is Ending.REFUSED:
        return f"{name} was {Ending.REFUSED}: {', '.join(step.reason for step in run.failed)}".removesuffix(": ")
    steps = [f"step {step.name}: {step.reason}" for step in run.failed]
    return ": ".join([told, ", ".join(steps or filter(None, [run.failure]))]).removesuffix(": ")

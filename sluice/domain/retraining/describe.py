"""How do a model's retrainings stand, in one line?"""

from sluice.domain.retraining.book import Book
from sluice.domain.retraining.run import SUCCEEDED, Run


def describe(book: Book) -> str:
    """The one in flight, else the last; and the newest refusal where it came later."""
    newest = next(iter(book.runs), None)
    lines = ["none so far" if newest is None else describe_run(newest)]
    refusal = next(iter(book.refused), None)
    if refusal is not None and (newest is None or refusal.at > newest.requested_at):
        lines.append(f"refused at {refusal.at:%Y-%m-%d %H:%M} UTC ({refusal.cause}): {refusal.refused}")
    return "; ".join(lines)


def describe_run(run: Run) -> str:
    """A retraining, why it was started, and why it failed if it did."""
    told = f"{run.id} ({run.cause}: {run.reason}) is {run.status}"
    if not run.is_over or run.status == SUCCEEDED:
        return told
    steps = [f"step {step.name}: {step.reason}" for step in run.failed]
    return ": ".join([told, ", ".join(steps or filter(None, [run.failure]))]).removesuffix(": ")

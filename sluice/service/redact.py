"""Take sensitive inputs out of a captured file when everybody who counts it has done so; whoever is last does it.

Each function marks its step when its own work is written, and looks afterwards who else is done. A crash in between
leaves the notification in its queue: the step comes again, changes nothing, and looks again. Two that finish at once
both see all steps and both rewrite; the second write is refused, as the file is not what it read any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sluice.aws.captures import CapturedFile, Captures
from sluice.aws.file_steps import FileSteps
from sluice.domain.redaction.line import redacted_line
from sluice.domain.redaction.rules import Sensitive, Step


@dataclass(frozen=True, slots=True)
class Redaction:
    """What redacting takes.

    Attributes:
        captures: The files.
        steps: Who is done with them.
        sensitive: The sensitive inputs of those models that have some.

    """

    captures: Captures
    steps: FileSteps
    sensitive: Mapping[str, Sensitive]


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done with a file.

    Attributes:
        file: Which.
        etag: Of the content it was done with.
        model: Whose requests it holds.
        step: What was done.

    """

    file: CapturedFile
    etag: str
    model: str
    step: Step


def redact_when_done(done: Done, redaction: Redaction, *, now: datetime) -> bool:
    """Mark a step; rewrite the file if it was the last one. Whether it was rewritten now. Raises StoreUnavailable."""
    sensitive = redaction.sensitive.get(done.model)
    if sensitive is None:
        return False
    finished = redaction.steps.finish(done.file.key, done.etag, done.step, now=now)
    if not sensitive.after <= finished:
        return False
    return redaction.captures.rewrite(done.file, done.etag, partial(redacted_line, sensitive=sensitive.inputs))

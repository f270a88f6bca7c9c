"""What is asked for when training data is to be assembled? The command's words, beside the deployment's settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sluice.cli.moment import parse_moment
from sluice.cli.target import UsageProblem
from sluice.data_file.training import OURS
from sluice.domain.feedback.item import NAME
from sluice.domain.routing import Routing
from sluice.domain.signature import Signature
from sluice.domain.training.choose import Terms
from sluice.domain.training.fit import Wanted
from sluice.domain.training.split import Cuts, Shares
from sluice.domain.training.split import Wanted as WantedSplit
from sluice.service.assemble_training_data import Order
from sluice.settings.feedback import Feedback

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_PERCENTS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{1,2})", re.ASCII)
_ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the command was told: each attribute is an option."""

    since: str
    until: str
    as_of: str
    label: str | None
    split: str
    max_per_unit: int
    outliers: float
    quarantine_rows: int
    history: Path | None
    history_time: str
    history_label: str | None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is learnt about.

    Attributes:
        model: Its name.
        routing: Where its requests go; None where it is not deployed.
        sensitive: Inputs whose values are not kept.
        feedback: What may be said about its predictions.

    """

    model: str
    routing: Routing | None
    sensitive: frozenset[str]
    feedback: Feedback


def read_order(words: Words, subject: Subject, *, now: datetime) -> Order:
    """What is asked for. Raises UsageProblem."""
    signature = _signature(subject)
    return Order(
        model=subject.model,
        label=_label(words.label or subject.feedback.label, signature),
        wanted=Wanted(signature, subject.sensitive),
        terms=_terms(words, subject.feedback, signature, now),
        split=_split(words.split, now),
        reach=words.outliers,
        most_quarantined=words.quarantine_rows,
    )


def kept_since(order: Order, keep_days: Mapping[str, int], *, now: datetime) -> list[str]:
    """Of what is older than things are kept, in sentences; ``keep_days`` by the name of the setting."""
    return [
        f"{setting} is {days}: what is from before {now - timedelta(days=days):%Y-%m-%d} is gone, or goes now"
        for setting, days in keep_days.items()
        if moment_of(order.terms.since) < now - timedelta(days=days)
    ]


def moment_of(micros: int) -> datetime:
    """A moment from microseconds since 1970."""
    return _EPOCH + micros * _MICRO


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICRO


def _signature(subject: Subject) -> Signature:
    """The champion's, which every variant accepts the same inputs as."""
    if subject.routing is None:
        raise UsageProblem(f"{subject.model} is not deployed: nothing says which inputs it takes")
    signature = subject.routing.signature
    many = [spec.name for spec in signature.inputs if not spec.is_scalar_row]
    if many:
        raise UsageProblem(f"{subject.model} takes several values a row in {', '.join(many)}: no column holds these")
    if not {spec.name for spec in signature.inputs} - subject.sensitive:
        raise UsageProblem(f"every input of {subject.model} is sensitive: nothing is kept that could be learnt from")
    return signature


def _label(name: str | None, signature: Signature) -> str:
    if name is None or not re.fullmatch(NAME, name):
        raise UsageProblem(f"--label is the name of feedback, 1 to 40 of a-z 0-9 _ . -, a letter first, got {name!r}")
    if name in {spec.name for spec in signature.inputs} or name.startswith(OURS):
        raise UsageProblem(f"--label {name} is the name of another column")
    return name


def _terms(words: Words, feedback: Feedback, signature: Signature, now: datetime) -> Terms:
    """The clock stands still at ``--as-of``."""
    as_of = min(parse_moment(words.as_of, now=now), now)
    since, until = parse_moment(words.since, now=as_of), min(parse_moment(words.until, now=as_of), as_of)
    if since >= until:
        raise UsageProblem(f"--since {words.since} is not before --until {words.until}, as of {as_of.isoformat()}")
    return Terms(
        since=_micros(since),
        until=_micros(until),
        as_of=_micros(as_of),
        least=feedback.minimum,
        most=feedback.maximum,
        classes=len(signature.classes),
        per_unit=words.max_per_unit,
    )


def _split(words: str, now: datetime) -> WantedSplit:
    percents = _PERCENTS.fullmatch(words)
    if percents:
        train, validation, test = map(int, percents.groups())
        if train + validation + test == _ALL and train and validation and test:
            return Shares(validation, test)
    elif words.count("/") == 1:
        first, second = (_micros(parse_moment(word, now=now)) for word in words.split("/"))
        if first < second:
            return Cuts(first, second)
    raise UsageProblem(
        f"--split is three percents that sum to 100, such as 80/10/10, or two moments in order, got {words!r:.60}"
    )

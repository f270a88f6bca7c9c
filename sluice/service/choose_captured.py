"""Which captured requests are put to a candidate? The newest that are meant, each prediction once."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sluice.aws.recorded_requests import RecordedRequests
from sluice.domain.errors import InvalidInput
from sluice.domain.exchange import Exchange
from sluice.domain.feedback.capture import Poison
from sluice.domain.message import read_request
from sluice.domain.replay.inputs import Inputs, inputs_by_row
from sluice.domain.replay.selection import Selection
from sluice.domain.signature import Signature

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A captured request that is meant.

    Attributes:
        exchange: What was captured.
        inputs: Of every row; none of a request that does not fit the candidate, or was redacted.
        rows: The rows that are meant.

    """

    exchange: Exchange
    inputs: tuple[Inputs, ...]
    rows: tuple[int, ...]

    @property
    def fits(self) -> bool:
        """Whether it fits the candidate."""
        return bool(self.inputs)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was found.

    Attributes:
        chosen: The requests, the newest first.
        skipped: Lines and files that were left out though they may have been meant, by reason.

    """

    chosen: tuple[Chosen, ...]
    skipped: Counter[str]


def choose_captured(selection: Selection, recorded: RecordedRequests, *, endpoint: str, signature: Signature) -> Choice:
    """Look for captured requests.

    Those that do not fit ``signature``, or were redacted, are in no slice, and are chosen to be counted.

    Raises InvalidSelection.
    """
    for condition in selection.where:
        condition.check(signature)
    search = _Search(selection, recorded, signature)
    variants = [selection.variant] if selection.variant is not None else recorded.variants(endpoint)
    found = chain.from_iterable(search.newest(endpoint, variant) for variant in variants)
    return Choice(tuple(_each_once(list(found), selection.most)), search.skipped)


class _Search:
    """Reads files and counts what is left out."""

    def __init__(self, selection: Selection, recorded: RecordedRequests, signature: Signature) -> None:
        self.skipped: Counter[str] = Counter()
        self._selection = selection
        self._recorded = recorded
        self._signature = signature

    def newest(self, endpoint: str, variant: str) -> list[Chosen]:
        """The newest that are meant in the files of one variant; no older file is read than is needed."""
        found: list[Chosen] = []
        wanted = self._selection
        for key in self._recorded.files(endpoint, variant, since=wanted.since, until=wanted.until):
            found += reversed(deque(self._meant(key), wanted.most))
            if len({each.exchange.prediction_id for each in found}) >= wanted.most:
                break
        return found

    def _meant(self, key: str) -> Iterator[Chosen]:
        for exchange in self._recorded.exchanges(key):
            if isinstance(exchange, Poison):
                self.skipped[str(exchange)] += 1
            elif exchange.at is None:
                self.skipped["a line does not say when it was answered"] += 1
            elif self._selection.takes(exchange):
                chosen = self._chosen(exchange)
                if chosen.rows or not chosen.fits:
                    yield chosen

    def _chosen(self, exchange: Exchange) -> Chosen:
        if exchange.redacted:
            return Chosen(exchange, (), ())
        try:
            inputs = inputs_by_row(read_request(exchange.request, self._signature))
        except (InvalidInput, ValueError):
            return Chosen(exchange, (), ())
        return Chosen(exchange, tuple(inputs), self._selection.rows(inputs))


def _each_once(found: list[Chosen], most: int) -> list[Chosen]:
    """The last answer to each prediction: it was asked again where the first one was not fit to be passed on."""
    last: dict[str, Chosen] = {}
    for chosen in sorted(found, key=_order, reverse=True):
        last.setdefault(chosen.exchange.prediction_id, chosen)
    return list(last.values())[:most]


def _order(chosen: Chosen) -> Any:
    exchange = chosen.exchange
    return exchange.at or _LONG_AGO, exchange.by.attempt if exchange.by else 0

"""What has the shadow answered beside the champion since the last look? Its new captured files, each compared once.

A copy carries the inference id of the request that it is a copy of, as every captured request that had one does; that
SageMaker keeps it for copies is not documented. What has no partner under its id is not compared, and is counted.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sluice.domain.endpoint_config import SHADOW
from sluice.domain.exchange import Exchange
from sluice.domain.feedback.capture import Poison
from sluice.domain.message import Message
from sluice.domain.replay.report import Report
from sluice.domain.rollout.rollout import Position, Rollout
from sluice.domain.rollout.stage import Kind
from sluice.domain.shadow.pair import compare_copy
from sluice.domain.shadow.shadowed import Shadowed
from sluice.domain.signature import Signature
from sluice.domain.variant import CHAMPION
from sluice.service.observe import Sight
from sluice.service.release_services import Services

SETTLING = timedelta(minutes=2)  # files that were written meanwhile come in the order of their keys
PATIENCE = timedelta(minutes=20)  # for the champion's files to come as far
MOST_FILES = 30  # of the shadow, a look
MOST_COPIES = 2_000  # a look
_MOST_BYTES = 8 * 1024 * 1024  # of their answers
_MOST_BEFORE, _MOST_AFTER = 20, 60  # of the champion's files
_ENOUGH_SECONDS, _LONGEST_SECONDS = 5, 15  # of a look: no further file of the shadow's; none at all
_FILE_PARTS = 5  # year, month, day, hour, file
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_NO_PARTNER = "a copy without the champion's answer under its inference id"
_TIMELESS = "a line that does not say when it was answered"
_TOO_MANY = "a file with more copies than are compared of one"


def compare_shadow(rollout: Rollout, sight: Sight, services: Services, *, now: datetime) -> Rollout:
    """The rollout with what was captured and compared since; the very same object when there is nothing new.

    What is compared and the file up to which it is are one record: whoever dies before that is written has compared
    nothing. Raises TimeoutError when S3 is so slow that a look would take too long.
    """
    begun = rollout.settled_at
    if rollout.position is not Position.STAGE or rollout.current.kind is not Kind.SHADOW or begun is None:
        return rollout
    known = rollout.evidence.shadowed or Shadowed()
    look = _Look(sight, services, begun=begun, now=now, started=services.clock())
    keys = services.recorded.after(sight.endpoint, SHADOW, known.read_until, since=begun, most=MOST_FILES)
    found = list(look.compared(keys))
    if not found:
        return rollout
    total = sum(found, start=known)
    return replace(rollout, evidence=replace(rollout.evidence, shadowed=total))


@dataclass(slots=True)
class _File:
    """What stands in one of the shadow's files and is to be compared.

    Attributes:
        key: Its key.
        answers: By inference id; None for one that cannot be read.
        size: Bytes of these answers.
        skipped: Lines that are left out, by reason.
        first: When the first was answered.
        last: When the last was answered.

    """

    key: str
    answers: dict[str, Message | None] = field(default_factory=dict)
    size: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    def read(self, lines: Iterable[Exchange | Poison], *, begun: datetime) -> None:
        """Remember what was answered since, an id once, and no more than is compared of a file."""
        for line in lines:
            if isinstance(line, Poison) or line.at is None:
                self.skipped[str(line) if isinstance(line, Poison) else _TIMELESS] += 1
            elif line.at >= begun and not line.is_probe:
                self.answers[line.prediction_id] = line.answer
                self.first, self.last = min(self.first or line.at, line.at), max(self.last or line.at, line.at)
                self.size += len(line.answer.body) if line.answer else 0
            if len(self.answers) >= MOST_COPIES or self.size >= _MOST_BYTES:
                self.skipped[_TOO_MANY] += 1
                break


@dataclass(slots=True)
class _Search:
    """For the champion's answers to the same requests.

    Attributes:
        wanted: The shadow's answers whose partners are looked for, by inference id.
        signature: By which answers are read.
        found: What came of comparing, by inference id.
        reached: When the latest of the champion's answers that were read was given.

    """

    wanted: dict[str, Message | None]
    signature: Signature
    found: dict[str, Shadowed] = field(default_factory=dict)
    reached: datetime = _LONG_AGO

    def read(self, lines: Iterable[Exchange | Poison]) -> list[datetime]:
        """Compare what is found in a file; when its lines were answered."""
        seen = []
        for line in lines:
            if isinstance(line, Poison) or line.at is None:
                continue
            seen.append(line.at)
            if line.prediction_id in self.wanted:
                answer = self.wanted.pop(line.prediction_id)
                self.found[line.prediction_id] = compare_copy(line, answer, self.signature)
        self.reached = max([self.reached, *seen])
        return seen


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at captured files."""

    sight: Sight
    services: Services
    begun: datetime
    now: datetime
    started: float

    def compared(self, keys: Sequence[str]) -> Iterator[Shadowed]:
        """What each of the shadow's files says, in their order, up to the first of which it is too early to tell."""
        files = self._files(keys)
        search = self._search(files)
        for file in files:
            missing = sum(each not in search.found for each in file.answers)
            last = file.last or _LONG_AGO
            if missing and search.reached < last and self.now < last + PATIENCE:
                break
            report = Report(skipped=file.skipped + Counter({_NO_PARTNER: missing}))
            pairs = (search.found.pop(each) for each in file.answers if each in search.found)
            yield sum(pairs, start=Shadowed(report, read_until=file.key))

    def _files(self, keys: Sequence[str]) -> list[_File]:
        """As many as a look takes, none younger than those that may still come in between."""
        files: list[_File] = []
        known: dict[str, Message | None] = {}
        size = 0
        for key in keys:
            file = _File(key)
            file.read(self._lines(key), begun=self.begun)
            if file.last and self.now < file.last + SETTLING:
                break
            file.answers = {each: answer for each, answer in file.answers.items() if each not in known}
            files.append(file)
            known, size = known | file.answers, size + file.size
            is_late = self.services.clock() > self.started + _ENOUGH_SECONDS
            if len(known) >= MOST_COPIES or size >= _MOST_BYTES or is_late:
                break
        return files

    def _search(self, files: Sequence[_File]) -> _Search:
        wanted = {each: answer for file in files for each, answer in file.answers.items()}
        search = _Search(wanted, self.sight.routing.signature)
        first = min((file.first for file in files if file.first), default=None)
        last = max((file.last for file in files if file.last), default=None)
        if first and last:
            self._look_beside(files[0].key, search, since=first, until=last)
        return search

    def _look_beside(self, key: str, search: _Search, *, since: datetime, until: datetime) -> None:
        """Look into the champion's files, from where one of that name would be: first back, then on.

        That names sort by time is seen, not documented: they only say where to begin, and times in the files where
        to end.
        """
        keys = self.services.recorded.around(self.sight.endpoint, CHAMPION, since=since, until=until)
        place = bisect_right(keys, _name(key), key=_name)
        for nearby in keys[:place][::-1][:_MOST_BEFORE]:
            seen = search.read(self._lines(nearby))
            if not search.wanted or (seen and max(seen) < since):
                break
        for nearby in keys[place:][:_MOST_AFTER]:
            if not search.wanted:
                break
            seen = search.read(self._lines(nearby))
            if seen and min(seen) > until:
                break

    def _lines(self, key: str) -> Iterable[Exchange | Poison]:
        if self.services.clock() > self.started + _LONGEST_SECONDS:
            raise TimeoutError(f"captured answers took longer than {_LONGEST_SECONDS} seconds to read")
        return self.services.recorded.exchanges(key)


def _name(key: str) -> list[str]:
    """What the keys of both variants have in common: hour and file."""
    return key.split("/")[-_FILE_PARTS:]

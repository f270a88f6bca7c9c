"""A deployment that watches for drift, on an emulated AWS: captured exchanges are counted, and looked at."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.config import Config

from sluice.aws.announcements import Announcements
from sluice.aws.captures import CapturedFile, Captures, DeadLetters
from sluice.aws.client import connect
from sluice.aws.incidents import Incidents
from sluice.aws.item_store import ItemStore
from sluice.aws.outcomes import OutcomeStore
from sluice.aws.predictions_asked import PredictionsAsked
from sluice.aws.references import References
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.aws.volume_watches import VolumeWatches
from sluice.aws.watches import Watches
from sluice.aws.windows import Windows
from sluice.domain.attribution import Attribution
from sluice.domain.drift.summary import Summary, merged
from sluice.domain.drift.wire import decode
from sluice.domain.feedback.capture import Answered
from sluice.domain.incident import Incident
from sluice.domain.monitoring.own_drift import OwnDrift
from sluice.domain.monitoring.own_errors import OwnErrors
from sluice.domain.monitoring.rules import Watching
from sluice.domain.monitoring.watch import Watch
from sluice.domain.monitoring.watch_volume import VolumeWatch
from sluice.service.accept_drift import Acceptance, accept_drift
from sluice.service.candidate_look import CandidateLook
from sluice.service.compare_labels import Services as LabelServices
from sluice.service.compare_labels import compare_labels
from sluice.service.find_reference import ReferenceBook
from sluice.service.judge_candidate import Services as CandidateServices
from sluice.service.judge_candidate import judge_candidate
from sluice.service.judge_drift import Services, judge_drift
from sluice.service.judge_quality import QualityServices, judge_quality
from sluice.service.judge_volume import VolumeServices, judge_volume
from sluice.service.summarise import Intake, Summarised, summarise_file
from tests.builders import a_routing, a_store
from tests.drift_builders import a_reference, some_answers, some_rows
from tests.drift_files import SIGNATURE
from tests.feedback_builders import CHAMPION, T0, answered, captured, key_of

WATCHING = Watching(60, 1.0, 50, timedelta(days=30))
JSON = "application/json"
HOUR = timedelta(hours=1)
_MOST_DATA = 1000  # in one PutMetricData


def requests(rows: int, *, seed: int, **columns: Any) -> list[dict[str, Any]]:
    """Rows as a caller sends them, of ``some_rows`` with other columns where given."""
    table = {
        name: [None if value != value else value for value in list(map(_plain, column))]  # noqa: PLR0124  NaN
        for name, column in (some_rows(rows, seed=seed) | columns).items()
    }
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def answers(rows: int, *, seed: int) -> list[dict[str, Any]]:
    """What the model of ``a_reference`` answers."""
    given, _ = some_answers(rows, seed=seed)
    return [
        {"label": int(label), "probabilities": list(map(float, line))}
        for label, line in zip(given.predicted, given.probabilities, strict=True)
    ]


def side(body: Any, kind: str = JSON) -> dict[str, str]:
    """One side of an exchange, as JSON."""
    return {"observedContentType": kind, "mode": "INPUT", "data": json.dumps(body), "encoding": "JSON"}


def exchange(asked: Sequence[Any], said: Sequence[Any] | None, attempt: Answered | None = None) -> str:
    """The captured line of a V1 request; ``said`` None: an answer that was not fit to pass on."""
    data = {
        "endpointInput": side({"instances": list(asked)}),
        "endpointOutput": side({"predictions": [] if said is None else list(said)}),
    }
    return json.dumps({**json.loads(captured(attempt or answered())), "captureData": data})


def traffic(rows: int, *, seed: int, at: datetime = T0, by: Attribution = CHAMPION, **columns: Any) -> str:
    """One exchange of many rows, quiet unless other columns are given."""
    return exchange(requests(rows, seed=seed, **columns), answers(rows, seed=seed), answered("p-1", by, at))


class World:
    """One model, ``flights``, whose versions 1 and 2 have ``a_reference``, on an emulated AWS.

    Attributes:
        clock: Seconds; moves when a test moves it.
        dead_letters: URL of the queue of what cannot be counted.

    """

    def __init__(self, references: Mapping[str, bytes] | None = None, watching: Watching = WATCHING) -> None:
        self.dynamodb, self.s3, self._sqs = (connect(name, Config()) for name in ("dynamodb", "s3", "sqs"))
        a_store(self.dynamodb)
        self.s3.create_bucket(Bucket="data")
        self.dead_letters = self._sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.clock = 0.0
        self.watching = watching
        self.references = References(self.dynamodb, table="state")
        text = json.dumps(a_reference().to_dict()).encode()
        for version, content in (references if references is not None else {"1": text, "2": text}).items():
            self.references.put("flights", version, content)
        self.items = ItemStore(self.dynamodb, table="state", sleep=lambda _: None)
        self.windows = Windows(self.items)
        self.watches = Watches(self.dynamodb, table="state")
        self.routings = RoutingStore(self.dynamodb, table="state")
        book = ReferenceBook(self.references, lambda: self.clock)
        judged = ReferenceBook(self.references, lambda: self.clock, routings=self.routings)
        self.intake = Intake(
            Captures(self.s3),
            DeadLetters(self._sqs, url=self.dead_letters),
            {"sluice-flights": "flights"},
            {"flights": watching},
            book,
            self.windows,
        )
        self.told: list[tuple[str, dict[str, Any]]] = []
        announcements = Announcements(Bus(self.told))
        self.services = Services(self.routings, judged, self.windows, self.watches, announcements)
        self.outcomes = OutcomeStore(self.items)
        self.rollouts = Rollouts(self.dynamodb, table="state")
        self.volumes = VolumeWatches(self.dynamodb, table="state")
        self._cloudwatch = connect("cloudwatch", Config())
        asked = PredictionsAsked(self._cloudwatch)
        self._of_volume = VolumeServices(self.routings, asked, self.volumes, announcements)
        self._of_candidates = CandidateServices(self.rollouts, judged, self.windows)
        self._of_labels = LabelServices(self.rollouts, judged, self.outcomes)

    def put_file(self, *lines: str, name: str = "file", variant: str = "champion") -> CapturedFile:
        """Write a captured file."""
        key = key_of(variant, name)
        self.s3.put_object(Bucket="data", Key=key, Body="\n".join(lines).encode())
        return CapturedFile("data", key)

    def summarise(self, *lines: str, name: str = "file", variant: str = "champion") -> Summarised:
        """Have a captured file counted."""
        return summarise_file(self.put_file(*lines, name=name, variant=variant), self.intake, now=T0)

    def deploy(self, **weights: int) -> None:
        """Write the routing table."""
        self.routings.put(a_routing(0, SIGNATURE, **weights))

    def look(self, now: datetime = T0) -> list[Watch]:
        """Look for drift."""
        return judge_drift("flights", self.watching, self.services, now=now)

    def look_at_quality(self, now: datetime = T0) -> list[Watch]:
        """Look for drift, and then how well the versions do."""
        return judge_quality(self.look(now), self.watching, QualityServices(self.services, self.outcomes), now=now)

    def look_at_candidate(self, now: datetime = T0) -> CandidateLook[OwnDrift] | None:
        """Look at the version under release."""
        return judge_candidate("flights", WATCHING, self._of_candidates, now=now)

    def compare_labels(self, now: datetime = T0) -> CandidateLook[OwnErrors] | None:
        """Count labels, and look what they say of the version under release."""
        self.look_at_quality(now)
        return compare_labels("flights", self._of_labels, now=now)

    def look_at_volume(self, now: datetime) -> VolumeWatch:
        """Look how often the model is asked."""
        return judge_volume("flights", WATCHING, self._of_volume, now=now)

    def put_predictions(self, counts: Mapping[datetime, float], variant: str = "champion") -> None:
        """Have CloudWatch know how often a variant answered, by hour."""
        dimensions = [{"Name": "Model", "Value": "flights"}, {"Name": "Variant", "Value": variant}]
        common = {"MetricName": "Predictions", "Dimensions": dimensions, "Unit": "Count"}
        data = [{**common, "Timestamp": at, "Value": count} for at, count in counts.items()]
        for first in range(0, len(data), _MOST_DATA):
            self._cloudwatch.put_metric_data(Namespace="Sluice", MetricData=data[first : first + _MOST_DATA])

    def accept(self, reason: str = "summer", now: datetime = T0, version: str = "1") -> Watch:
        """Take what drifts for the new normal."""
        return accept_drift(Acceptance("flights", version, "ann", reason), self.watching, self.services, now=now)

    def counted(self, version: str = "1", *, day: datetime = T0) -> dict[tuple[datetime, str], Summary]:
        """All that is counted of a version, by hour and variant, two days around a moment."""
        binning = a_reference().binning
        found = self.windows.between("flights", version, binning.id, first=day - 48 * HOUR, last=day + 48 * HOUR)
        return {(each.window.start, each.window.variant): decode(each.summary, binning) for each in found}

    def total(self, version: str = "1") -> Summary:
        """All of it together."""
        return merged(a_reference().binning, self.counted(version).values())

    def incidents(self) -> list[Incident]:
        """Those of the model."""
        return Incidents(self.dynamodb, table="state").list("flights")

    def buried(self) -> list[dict[str, Any]]:
        """The dead letters."""
        answer = self._sqs.receive_message(QueueUrl=self.dead_letters, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


class Bus:
    """An event bus that remembers what it was told."""

    def __init__(self, told: list[tuple[str, dict[str, Any]]], *, failed: int = 0) -> None:
        self._told = told
        self._failed = failed

    def put_events(self, *, Entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:  # noqa: N803  botocore's name
        """Take one event, or refuse it."""
        (entry,) = Entries
        self._told.append((entry["DetailType"], json.loads(entry["Detail"])))
        return {"FailedEntryCount": self._failed, "Entries": [{"ErrorCode": "Throttled", "ErrorMessage": "later"}]}


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def hour(number: int) -> datetime:
    """An hour of the day of T0."""
    return datetime(2026, 11, 21, number, tzinfo=UTC)

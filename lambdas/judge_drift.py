"""By schedule: has what a model is asked drifted, or how often? `sluice drift accept`: take it for the new normal."""

import os
import time
from typing import Any

from sluice.aws.announcements import Announcements
from sluice.aws.item_store import ItemStore
from sluice.aws.outcomes import OutcomeStore
from sluice.aws.predictions_asked import PredictionsAsked
from sluice.aws.references import References
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.aws.volume_watches import VolumeWatches
from sluice.aws.watches import Watches
from sluice.aws.windows import Windows
from sluice.clock import utc_now
from sluice.domain.errors import DriftNotAccepted
from sluice.service.accept_drift import Acceptance, accept_drift
from sluice.service.compare_labels import Services as LabelServices
from sluice.service.compare_labels import compare_labels
from sluice.service.find_reference import ReferenceBook
from sluice.service.judge_candidate import Services as CandidateServices
from sluice.service.judge_candidate import judge_candidate
from sluice.service.judge_drift import Services, judge_drift
from sluice.service.judge_quality import QualityServices, judge_quality
from sluice.service.judge_volume import VolumeServices, judge_volume
from sluice.service.monitoring_log import record_candidate, record_labels, record_looked, record_quality, record_volume
from sluice.settings.functions import JudgeDriftEnvironment
from sluice.settings.monitoring import from_environment
from sluice.settings.sensitive import inputs_by_model

_environment = JudgeDriftEnvironment.from_environment(os.environ)
_watching = from_environment(_environment.watching)
_items = ItemStore.connect(_environment.table)
_routings = RoutingStore.connect_patiently(_environment.table)
_services = Services(
    routings=_routings,
    references=ReferenceBook(
        References.connect(_environment.table), time.monotonic, inputs_by_model(_environment.sensitive), _routings
    ),
    windows=Windows(_items),
    watches=Watches.connect(_environment.table),
    announcements=Announcements.connect(),
)
_of_candidates = CandidateServices(Rollouts.connect(_environment.table), _services.references, _services.windows)
_outcomes = OutcomeStore(_items)
_quality = QualityServices(_services, _outcomes)
_of_labels = LabelServices(_of_candidates.rollouts, _services.references, _outcomes)
_volume = VolumeServices(
    _services.routings,
    PredictionsAsked.connect(),
    VolumeWatches.connect(_environment.table),
    _services.announcements,
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """``{"model": …}`` looks; with ``accept``: {version, by, reason}, a person's word is written down instead."""
    model = event["model"]
    if "accept" in event:
        return _accept(Acceptance(model, **event["accept"]))
    now, watching = utc_now(), _watching[model]
    watches = judge_drift(model, watching, _services, now=now)
    for watch in watches:
        record_looked(watch)
    record_candidate(judge_candidate(model, watching, _of_candidates, now=now))
    for watch in judge_quality(watches, watching, _quality, now=now):
        record_quality(watch)
    record_labels(compare_labels(model, _of_labels, now=now))
    record_volume(judge_volume(model, watching, _volume, now=now))
    return {"model": model}


def _accept(said: Acceptance) -> dict[str, Any]:
    try:
        watch = accept_drift(said, _watching[said.model], _services, now=utc_now())
    except DriftNotAccepted as refused:
        return {"refused": str(refused)}
    return {"accepted": watch.to_dict()}

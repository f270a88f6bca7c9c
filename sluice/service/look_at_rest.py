"""Look at a model that nothing is released of: does an alarm ring, or has somebody changed what is served by hand?"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sluice.domain.incident import Incident
from sluice.domain.rollout.observed import Alarm
from sluice.domain.rollout.rollout import Rollout
from sluice.service.observe import Sight
from sluice.service.open_incident import incident_of_alarm, incident_of_contents
from sluice.service.release_services import Services


def look_at_rest(
    model: str, rollouts: Sequence[Rollout], sight: Sight, services: Services, *, now: datetime
) -> Incident | None:
    """The incident that is to be opened now; None when all is well, or was told of before."""
    ringing = [alarm for alarm in sight.observed.alarms if sight.routing.weights.get(alarm.slot, 0) > 0]
    strange = [
        incident_of_contents(model, slot, artifact, sight, now=now) for slot, artifact in _strange(rollouts, sight)
    ]
    known = services.incidents.list(model) if ringing or strange else []
    alarm = next((each for each in ringing if not _is_told(each, known, sight)), None)
    if alarm is not None:
        return incident_of_alarm(model, alarm, sight, services, now=now)
    told = {(each.title, each.what_changed) for each in known}
    return next((each for each in strange if (each.title, each.what_changed) not in told), None)


def _is_told(alarm: Alarm, known: Iterable[Incident], sight: Sight) -> bool:
    """Whether people know of an alarm since it rings."""
    since = sight.alarms.since[alarm.name]
    return any(alarm.name in each.alarms and each.opened_at >= since for each in known)


def _strange(rollouts: Sequence[Rollout], sight: Sight) -> Iterator[tuple[str, str]]:
    """Slots with something else in them than the version that the routing table names, as far as releases tell."""
    if sight.observed.is_changing:
        return
    versions = [each for rollout in rollouts for each in (rollout.candidate, rollout.previous)]
    for slot, version in sight.routing.versions.items():
        released = {each.artifact for each in versions if each.version == version}
        artifact = sight.observed.artifacts.get(slot)
        if released and artifact is not None and artifact not in released:
            yield slot, artifact

"""Trains models anew: by schedule, when one drifts, when a person asks; and hears how the training ends."""

import os
import secrets
from typing import Any

from sluice.aws.pipelines import Pipelines
from sluice.aws.retrainings import Retrainings
from sluice.aws.state import RoutingStore
from sluice.aws.watches import Watches
from sluice.clock import utc_now
from sluice.domain.rollout.document import rollout_id
from sluice.service.retrain import answer_event
from sluice.service.run_retraining import Services
from sluice.settings.functions import RetrainEnvironment
from sluice.settings.retraining import from_environment

_environment = RetrainEnvironment.from_environment(os.environ)
_services = Services(
    policies=from_environment(_environment.retraining),
    retrainings=Retrainings.connect(_environment.table),
    pipelines=Pipelines.connect(),
    routings=RoutingStore.connect_patiently(_environment.table),
    watches=Watches.connect(_environment.table),
    new_id=lambda at: rollout_id(at, secrets.token_hex(2)),
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Safe to run twice: an event starts one pipeline at most, every other event only says "look again"."""
    return answer_event(event, _services, now=utc_now())

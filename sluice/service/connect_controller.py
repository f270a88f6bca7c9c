"""Put the controller together: everything it works with, in the environment's region."""

import time
import uuid

from sluice.aws.alarms import Alarms
from sluice.aws.archives import Archives
from sluice.aws.counts import Counts
from sluice.aws.declarations import Declarations
from sluice.aws.endpoint import Endpoints
from sluice.aws.experiments import Experiments
from sluice.aws.incidents import Incidents, OpsItems
from sluice.aws.inventory import Inventory
from sluice.aws.item_store import ItemStore
from sluice.aws.lease import Lease
from sluice.aws.recorded_requests import RecordedRequests
from sluice.aws.references import References
from sluice.aws.registry import Registry
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.aws.runtime import Runtime
from sluice.aws.scaling import Scaling
from sluice.aws.state import RoutingStore
from sluice.service.look_at_models import Controller
from sluice.service.release_services import Services
from sluice.settings.functions import ReconcileEnvironment

_MODEL_TIMEOUT_SECONDS = 8.0


def connect_controller(environment: ReconcileEnvironment) -> Controller:
    """The controller of a deployment."""
    table = environment.table
    services = Services(
        rollouts=Rollouts.connect(table),
        experiments=Experiments.connect(table),
        rewards=Rewards(ItemStore.connect(table)),
        lease=Lease.connect(table),
        routings=RoutingStore.connect_patiently(table),
        declarations=Declarations.connect(table),
        incidents=Incidents.connect(table),
        endpoints=Endpoints.connect(),
        inventory=Inventory.connect(),
        scaling=Scaling.connect(),
        alarms=Alarms.connect(),
        counts=Counts.connect(),
        recorded=RecordedRequests.connect(environment.captures_uri),
        archives=Archives.connect(),
        references=References.connect(table),
        runtime=Runtime.connect(model_timeout_seconds=_MODEL_TIMEOUT_SECONDS, clock=time.monotonic),
        ops_items=OpsItems.connect() if environment.ops_items else None,
        new_holder=lambda: str(uuid.uuid4()),
        clock=time.monotonic,
    )
    return Controller(environment.deployment, environment.models.split(","), services, Registry.connect())

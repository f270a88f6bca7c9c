"""What does the controller work with? Everything outside that a look reads or changes."""

from collections.abc import Callable
from dataclasses import dataclass

from sluice.aws.alarms import Alarms
from sluice.aws.archives import Archives
from sluice.aws.counts import Counts
from sluice.aws.declarations import Declarations
from sluice.aws.endpoint import Endpoints
from sluice.aws.experiments import Experiments
from sluice.aws.incidents import Incidents, OpsItems
from sluice.aws.inventory import Inventory
from sluice.aws.lease import Lease
from sluice.aws.recorded_requests import RecordedRequests
from sluice.aws.references import References
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.aws.runtime import Runtime
from sluice.aws.scaling import Scaling
from sluice.aws.state import RoutingStore


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the world.

    Attributes:
        rollouts: Records and audit.
        experiments: Records and audit.
        rewards: What predictions earned.
        lease: One writer a model.
        routings: Routing tables.
        declarations: What deployments declare.
        incidents: Records of incidents.
        endpoints: SageMaker endpoints.
        inventory: Models and endpoint configs.
        scaling: Autoscaling of variants.
        alarms: Alarms of the slots.
        counts: Metrics of the variants.
        recorded: Captured requests.
        archives: Of registered versions.
        references: What drift is judged by.
        runtime: Endpoints as callers see them, for previews.
        ops_items: OpsItems of Systems Manager, where they are wanted.
        new_holder: Makes a name for the holder of a lease, another one each time.
        clock: Seconds, never going back.

    """

    rollouts: Rollouts
    experiments: Experiments
    rewards: Rewards
    lease: Lease
    routings: RoutingStore
    declarations: Declarations
    incidents: Incidents
    endpoints: Endpoints
    inventory: Inventory
    scaling: Scaling
    alarms: Alarms
    counts: Counts
    recorded: RecordedRequests
    archives: Archives
    references: References
    runtime: Runtime
    ops_items: OpsItems | None
    new_holder: Callable[[], str]
    clock: Callable[[], float]

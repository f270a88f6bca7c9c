"""API Gateway -> what operators ask about releases and of them. Built once per sandbox."""

import os
import secrets

from mangum import Mangum

from sluice.api.control import create_app
from sluice.api.control_services import Services
from sluice.api.size import TEXT_TYPES
from sluice.aws.archives import Archives
from sluice.aws.controller import Controller
from sluice.aws.declarations import Declarations
from sluice.aws.experiments import Experiments
from sluice.aws.incidents import Incidents
from sluice.aws.item_store import ItemStore
from sluice.aws.references import References
from sluice.aws.registry import Registry
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.aws.state import RoutingStore
from sluice.clock import utc_now
from sluice.domain.rollout.document import rollout_id
from sluice.settings.functions import ControlEnvironment

_environment = ControlEnvironment.from_environment(os.environ)
_table = _environment.table
_services = Services(
    deployment=_environment.deployment,
    models=_environment.models.split(","),
    rollouts=Rollouts.connect(_table),
    experiments=Experiments.connect(_table),
    rewards=Rewards(ItemStore.connect(_table)),
    routings=RoutingStore.connect_patiently(_table),
    declarations=Declarations.connect(_table),
    incidents=Incidents.connect(_table),
    registry=Registry.connect(),
    archives=Archives.connect(),
    references=References.connect(_table),
    controller=Controller.connect(_environment.controller),
    new_id=lambda at: rollout_id(at, secrets.token_hex(2)),
    clock=utc_now,
)

handler = Mangum(create_app(_services), lifespan="off", text_mime_types=list(TEXT_TYPES))

"""What does the admin API promise? Prints docs/admin-openapi.json from the application itself."""

import json
import sys
from typing import Any

from sluice.api.control import create_app
from sluice.api.control_services import Services
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


def document() -> dict[str, Any]:
    """The OpenAPI document. It describes; nobody is asked, so the services are connected to nothing."""
    services = Services(
        deployment="",
        models=(),
        rollouts=Rollouts(None, table=""),
        experiments=Experiments(None, table=""),
        rewards=Rewards(ItemStore(None, table="", sleep=lambda _: None)),
        routings=RoutingStore(None, table=""),
        declarations=Declarations(None, table=""),
        incidents=Incidents(None, table=""),
        registry=Registry(None),
        archives=Archives(None),
        references=References(None, table=""),
        controller=Controller(None, function=""),
        new_id=str,
        clock=utc_now,
    )
    return create_app(services).openapi()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2) + "\n")

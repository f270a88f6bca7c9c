"""The admin API as API Gateway sees it, over real stores on an emulated DynamoDB."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

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
from sluice.domain.rollout.document import rollout_id
from sluice.domain.rollout.rollout import Rollout
from tests.builders import an_event
from tests.functional.api.running import Reply
from tests.functional.deployed import a_client

CALLER = "arn:aws:sts::123456789012:assumed-role/caller/caller"


class LooksAskedFor(Controller):
    """Keeps which models were to be looked at."""

    def __init__(self) -> None:
        self.models: list[str] = []

    def look_now(self, model: str) -> str | None:
        self.models.append(model)
        return None


class ControlApi:
    """The admin API over one deployment whose only model is ``flights``; it is always the same moment."""

    def __init__(self, now: datetime, rollouts: Rollouts | None = None) -> None:
        dynamodb = a_client("dynamodb")
        self.looks = LooksAskedFor()
        self.rollouts = rollouts or Rollouts(dynamodb, table="state")
        self.incidents = Incidents(dynamodb, table="state")
        self.registry = Registry(a_client("sagemaker"))
        self.experiments = Experiments(dynamodb, table="state")
        services = Services(
            deployment="sluice",
            models=["flights"],
            rollouts=self.rollouts,
            experiments=self.experiments,
            rewards=Rewards(ItemStore(dynamodb, table="state", sleep=lambda _: None)),
            routings=RoutingStore(dynamodb, table="state"),
            declarations=Declarations(dynamodb, table="state"),
            incidents=self.incidents,
            registry=self.registry,
            archives=Archives(a_client("s3")),
            references=References(dynamodb, table="state"),
            controller=self.looks,
            new_id=lambda at: rollout_id(at, "3f9a"),
            clock=lambda: now,
        )
        self._handler = Mangum(create_app(services), lifespan="off", text_mime_types=list(TEXT_TYPES))

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: str = "",
        authorizer: str | None = "iam",
        **headers: str,
    ) -> Reply:
        """One request by the IAM principal ``CALLER``; a body that is not text is sent as JSON."""
        content = body if isinstance(body, str | None) else json.dumps(body)
        typed = headers if content is None else {"content_type": "application/json", **headers}
        event = an_event(method, f"/admin/v1/models/{path}", content, authorizer=authorizer, **typed)
        event["rawQueryString"] = query
        answered = self._handler(event, None)
        text = answered["body"]
        return Reply(answered["statusCode"], answered["headers"], text.encode(), len(json.dumps(answered)))

    def start(self, version: str = "2", **body: Any) -> Reply:
        candidate = {"version": version, "artifact": f"s3://data/{version}/model.tar.gz"}
        return self.ask("POST", "flights/rollouts", {"candidate": candidate, **body})

    def change(self, rollout: Rollout, **changes: Any) -> Rollout:
        """As the controller writes."""
        return self.rollouts.put(replace(rollout, **changes))

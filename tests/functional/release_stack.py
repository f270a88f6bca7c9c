"""What a stack deploy does to a model: the config, the endpoint, the routing table, the declaration; no controller."""

from collections.abc import Mapping
from typing import Any, Protocol

from local_cloud.sagemaker.endpoint import Endpoint
from sluice.aws.declarations import Declarations
from sluice.aws.endpoint import Endpoints
from sluice.aws.state import RoutingStore
from sluice.domain.endpoint_config import Declaration
from sluice.domain.rollout.plan import Plan
from sluice.domain.routing import Routing
from sluice.service.declare_endpoint import Before, declare_endpoint
from sluice.service.declare_routing import declare_release, declare_routing
from tests.builders import a_signature
from tests.functional.release_clients import client

MODEL, ENDPOINT = "flights", "sluice-flights"
_ROLE = "arn:aws:iam::123456789012:role/model"
_CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captures/flights",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}
_OURS = [{"VariantPropertyType": kind} for kind in ("DataCaptureConfig", "DesiredInstanceCount")]


def artifact(version: str) -> str:
    """Where a version's archive would be."""
    return f"s3://models/{version}/model.tar.gz"


class Surroundings(Protocol):
    """What a deploy needs of the world."""

    def pass_seconds(self, seconds: float) -> None:
        """Wait."""

    def endpoint(self) -> Endpoint:
        """The endpoint."""


class Stack:
    """CloudFormation's part.

    Attributes:
        instance_type: Of every variant.
        autoscales: Whether autoscaling owns the instance counts.
        shadow: The version declared to shadow the champion, if any.
        on_approval: What an approved model package does.

    """

    def __init__(self, world: Surroundings, plan: Plan) -> None:
        self._world = world
        self.plan = plan
        self.instance_type = "ml.g6.xlarge"
        self.autoscales = False
        self.shadow: str | None = None
        self.on_approval = "start"
        self._before: Before | None = None

    def deploy(self, **versions: str) -> None:
        """Declare these versions by slot (``challenger_2`` for challenger-2), and have the endpoint follow."""
        declared = {slot.replace("_", "-"): version for slot, version in versions.items()}
        name = self.declare_config(declared)
        self.update_endpoint(name)
        self.declare_releases(declared, name)

    def declare_config(self, versions: Mapping[str, str]) -> str:
        """``Custom::EndpointConfig``: its name."""
        declaration = Declaration.from_dict(ENDPOINT, self._declaration(versions))
        endpoints = Endpoints(client("sagemaker"))
        name = declare_endpoint(declaration, endpoints, sleep=self._world.pass_seconds, before=self._before)
        self._is_new, self._before = self._before is None, Before(name, declaration)
        return name

    def update_endpoint(self, config: str) -> None:
        """``AWS::SageMaker::Endpoint``: CreateEndpoint or UpdateEndpoint, waited for."""
        self.ask_to_update_endpoint(config)
        while self._world.endpoint().status.value in {"Creating", "Updating"}:
            self._world.pass_seconds(5)

    def ask_to_update_endpoint(self, config: str) -> None:
        """The call alone."""
        sagemaker = client("sagemaker")
        if self._is_new:
            sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config)
        else:
            retained = {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": _OURS}
            sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config, **retained)

    def declare_releases(self, versions: Mapping[str, str], config: str) -> None:
        """``Custom::Routing``."""
        dynamodb = client("dynamodb")
        table = Routing(
            model=MODEL,
            endpoint=ENDPOINT,
            salt=MODEL,
            weights={slot: _weight(slot) for slot in versions},
            versions=dict(versions),
            signature=a_signature(),
        )
        form = {
            "endpoint": ENDPOINT,
            "declaration": self._declaration(versions),
            "plan": self.plan.to_dict(),
            "declared_slots": sorted(versions),
            "routing_seconds": 5,
            "on_approval": self.on_approval,
            "keeps": 3,
            "config_name": config,
        }
        declare_routing(table, RoutingStore(dynamodb, table="state"))
        declare_release(MODEL, form, Declarations(dynamodb, table="state"))

    def table(self) -> Routing:
        """The routing table."""
        found = RoutingStore(client("dynamodb"), table="state").get(MODEL)
        assert found is not None
        return found

    def _declaration(self, versions: Mapping[str, str]) -> dict[str, Any]:
        return {
            "variants": [
                {"name": slot, "artifact": artifact(version), "weight": _weight(slot)}
                for slot, version in versions.items()
            ],
            "image": "image:1",
            "model": {"ExecutionRoleArn": _ROLE},
            "shape": {"InstanceType": self.instance_type, "InitialInstanceCount": 1},
            "config": {"DataCaptureConfig": _CAPTURE},
            "shadow": artifact(self.shadow) if self.shadow else None,
            "keeps_instance_counts": self.autoscales,
        }


def _weight(slot: str) -> int:
    return 100 if slot == "champion" else 0

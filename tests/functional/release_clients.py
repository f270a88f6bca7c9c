"""The controller's calls of AWS: counted, and any of them can be its last one, or go without an answer."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from local_cloud.context import Clock
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
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.aws.runtime import Runtime
from sluice.aws.scaling import Scaling
from sluice.aws.state import RoutingStore
from sluice.service.release_services import Services

CAPTURES = "s3://captures/flights"
WRITES = ("Put", "Update", "Delete", "Create", "Transact", "Deregister")
_NEVER = -1
# A quarter of a call's time would go into its signature and the user agent's description. S3 reads need the signature.
_UNSIGNED = Config(signature_version=UNSIGNED, user_agent="tests")
_holders = count()  # no two processes are called the same, and no two acquisitions of a lease


class Crash(BaseException):
    """The process is gone: nothing catches it, and whatever it calls on its way out is not carried out either."""


class Wire:
    """Between the controller and AWS.

    Attributes:
        calls: How often each operation was called, by ``service.Operation``.
        muted: Whether a mute rule is active for whatever alarm is asked about.
        ops_items: The OpsItems made.
        died_at: The call that the controller died instead of; None while it lives.

    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.muted = False
        self.ops_items: list[dict[str, Any]] = []
        self.died_at: str | None = None
        self._crash_in = 0
        self._counted = ""
        self._dies_after = False
        self._loss_in = _NEVER
        self._refusals: dict[str, list[Any]] = {}
        self._meanwhile: tuple[int, Callable[[], object]] = _NEVER, lambda: None

    def crash_at(self, call: int) -> None:
        """The controller dies instead of making its so-many-th call from now, 1 being the next."""
        self._crash_in, self._counted, self._dies_after = call, "", False

    def crash_around(self, operation: str, *, after: bool) -> None:
        """The controller dies instead of making its next call of this operation, or as soon as AWS has carried it out.

        A process that is gone after a call is one that is gone before the next.
        """
        self._crash_in, self._counted, self._dies_after = 1, operation, after

    def happens_at(self, call: int, act: Callable[[], object]) -> None:
        """Before the controller's so-many-th call from now somebody else does something."""
        self._meanwhile = call, act

    def lose_answer_at(self, call: int) -> None:
        """AWS carries out the controller's so-many-th call from now, and the answer never arrives."""
        self._loss_in = call

    def refuse(self, operation: str, code: str, message: str, *, times: int = 1) -> None:
        """AWS refuses the controller's next calls of this operation."""
        self._refusals[operation] = [{"Error": {"Code": code, "Message": message}}] * times

    def restart(self) -> None:
        """Whatever was to happen does not, and the dead are alive."""
        self._crash_in, self._loss_in, self.died_at = 0, _NEVER, None
        self._meanwhile = _NEVER, lambda: None
        self._refusals.clear()

    @property
    def writes(self) -> Counter[str]:
        """The calls that change something."""
        return Counter({name: n for name, n in self.calls.items() if name.split(".")[1].startswith(WRITES)})

    def before(self, model: Any) -> Any:
        """The controller is about to call. Raises Crash."""
        name = f"{model.service_model.service_name}.{model.name}"
        self._interrupt()
        if self._crash_in > 0 and name.endswith(self._counted):
            self._count(name)
        if self.died_at is not None:
            raise Crash
        self.calls[name] += 1

    def _count(self, name: str) -> None:
        """One call nearer to the end."""
        if self._crash_in == 1 and self._dies_after:
            self._counted, self._dies_after = "", False
            return
        self._crash_in -= 1
        self.died_at = self.died_at or (name if self._crash_in == 0 else None)

    def _interrupt(self) -> None:
        """Somebody else does something meanwhile, and nothing disturbs that."""
        calls, act = self._meanwhile
        self._meanwhile = calls - 1, act
        if calls == 1:
            disturbances = self._crash_in, self._loss_in, self._refusals
            self._crash_in, self._loss_in, self._refusals = 0, _NEVER, {}
            act()
            self._crash_in, self._loss_in, self._refusals = disturbances

    def after(self) -> None:
        """AWS has done what was asked. Raises ReadTimeoutError."""
        self._loss_in -= 1
        if self._loss_in == 0:
            raise ReadTimeoutError(endpoint_url="https://aws")

    def stand_in(self, operation: str, parameters: Any) -> Any:
        """A refusal, or what moto has not, or only after importing all of EC2; None for all else."""
        if self._refusals.get(operation):
            return _REFUSED, self._refusals[operation].pop()
        if operation == "DeregisterScalableTarget":
            return _REFUSED, {"Error": {"Code": "ObjectNotFoundException", "Message": "No scalable target found"}}
        if operation == "ListAlarmMuteRules":
            return _OK, {"AlarmMuteRuleSummaries": [{"Status": "ACTIVE"}] if self.muted else []}
        if operation == "CreateOpsItem":
            self.ops_items.append(parameters)
            return _OK, {"OpsItemId": "oi-1"}
        return None


_OK = type("Response", (), {"status_code": 200, "headers": {}})
_REFUSED = type("Response", (), {"status_code": 400, "headers": {}})
wires: list[Wire] = []
"""The last one is the present world's."""


@cache
def client(service: str) -> Any:
    """Somebody else's client: its calls are neither counted nor ended."""
    return boto3.client(service, config=None if service == "s3" else _UNSIGNED)


@cache
def controllers_client(service: str) -> Any:
    """The controller's client."""
    made = boto3.client(service, config=None if service == "s3" else _UNSIGNED)
    made.meta.events.register("before-call", _before)
    made.meta.events.register("after-call", _after)
    return made


def _before(model: Any, params: Any, **_: Any) -> Any:
    wires[-1].before(model)
    return wires[-1].stand_in(model.name, params)


def _after(**_: Any) -> None:
    wires[-1].after()


def services(clock: Clock, runtime: Runtime) -> Services:
    """Those of a new process of the controller."""
    dynamodb, sagemaker, cloudwatch = map(controllers_client, ("dynamodb", "sagemaker", "cloudwatch"))
    return Services(
        rollouts=Rollouts(dynamodb, table="state"),
        experiments=Experiments(dynamodb, table="state"),
        rewards=Rewards(ItemStore(dynamodb, table="state", sleep=lambda _: None)),
        lease=Lease(dynamodb, table="state"),
        routings=RoutingStore(dynamodb, table="state"),
        declarations=Declarations(dynamodb, table="state"),
        incidents=Incidents(dynamodb, table="state"),
        endpoints=Endpoints(sagemaker),
        inventory=Inventory(sagemaker),
        scaling=Scaling(controllers_client("application-autoscaling")),
        alarms=Alarms(cloudwatch),
        counts=Counts(cloudwatch),
        recorded=RecordedRequests(controllers_client("s3"), uri=CAPTURES),
        archives=Archives(controllers_client("s3")),
        references=References(dynamodb, table="state"),
        runtime=runtime,
        ops_items=OpsItems(controllers_client("ssm")),
        new_holder=lambda: str(next(_holders)),
        clock=lambda: clock.now().timestamp(),
    )

"""The local cloud: how its parts are put together, started and stopped."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from local_cloud.alarms import Alarms
from local_cloud.answers import install_answers
from local_cloud.aws_server import AwsServer
from local_cloud.cloudformation import CloudFormation
from local_cloud.context import ACCOUNT, REGION, Clock, CloudContext
from local_cloud.deployment import App, OnLine, Toolkit
from local_cloud.events import Events
from local_cloud.front_door import FrontDoor
from local_cloud.functions import Functions
from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.ops_items import install_ops_items
from local_cloud.problem import LocalCloudProblem, PortInUse
from local_cloud.processes import free_port
from local_cloud.queries import install_queries
from local_cloud.sagemaker import SageMaker
from local_cloud.state_file import State, StateFile
from local_cloud.transactions import install_transactions

__all__ = ["LocalCloud", "LocalCloudProblem"]

_OPERATOR = "operator"
_EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"


class LocalCloud:
    """A whole AWS for one deployment, on the loopback interface, from ``with`` to its end.

    Entering raises LocalCloudRunning when another serves ``home`` and PortInUse when a port is taken; whatever was
    started by then is stopped again. A port of 0 is any free one.

    Attributes:
        context: Where it is and what time it is there.

    """

    def __init__(self, home: Path, *, port: int = 0, api_port: int = 0, speed: float = 1.0) -> None:
        home = home.resolve()
        self._state_file = StateFile(home)
        self._aws = AwsServer(port or free_port(), log=home / "logs" / "aws.log")
        self.context = CloudContext(self._aws.url, home, Clock(speed))
        self._api_port = api_port or free_port()
        self._parts = ExitStack()
        self._environment: dict[str, str] = {}
        self._api_url = ""

    def __enter__(self) -> Self:
        with ExitStack() as parts:
            self._start(parts)
            self._parts = parts.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._parts.close()

    @property
    def api_url(self) -> str:
        """Where the deployed HTTP API answers, without a slash at its end."""
        return self._api_url

    def environment(self) -> dict[str, str]:
        """The variables that point an AWS client at this cloud, as an operator who may do everything."""
        return dict(self._environment)

    def deploy(self, folder: Path, config: str = "sluice.yaml", *, on_line: OnLine) -> None:
        """Deploy the app of ``folder`` with the CDK CLI, whose lines go to ``on_line``. Raises DeploymentFailed.

        ``config`` is the name of the settings file in that folder.
        """
        Toolkit(self.context, self._environment).deploy(App.of(folder.resolve(), config), on_line=on_line)

    def _start(self, parts: ExitStack) -> None:
        """Start each part after those it calls; all that is put on ``parts`` is stopped in reverse."""
        parts.callback(self._state_file.release)
        self._state_file.claim()
        self.context.folder("logs")
        _run(parts, self._aws.start, self._aws.stop)
        parts.enter_context(install_answers())
        parts.enter_context(install_transactions())
        parts.enter_context(install_queries())
        metrics = MetricStore()
        parts.enter_context(install_metrics(metrics, self.context.clock))
        parts.enter_context(install_ops_items(self.context.clock))
        sagemaker = SageMaker(self.context)
        parts.callback(sagemaker.stop)
        sagemaker.install()
        sagemaker.start()
        endpoints = _endpoints(self.context.aws_url, sagemaker.runtime_url)
        functions = Functions(self.context, environment=endpoints)
        _run(parts, functions.install, functions.stop)
        events = Events(self.context, invoke=functions.invoke)
        parts.callback(events.stop)
        events.install()
        events.start()
        alarms = Alarms(self.context, metrics)
        parts.callback(alarms.stop)
        alarms.install()
        alarms.start()
        cloudformation = CloudFormation(self.context, invoke=functions.invoke)
        _run(parts, cloudformation.install, cloudformation.stop)
        self._api_url = self._open(parts, functions)
        self._environment = {**endpoints, **_CLIENT, **self._operator()}
        where = (os.getpid(), self._api_url, self.context.aws_url, self._environment)
        self._state_file.write(State(*where, self.context.clock.speed, *self.context.clock.origin))

    def _open(self, parts: ExitStack, functions: Functions) -> str:
        door = FrontDoor(self.context, invoke=functions.invoke, port=self._api_port)
        try:
            _run(parts, door.start, door.stop)
        except OSError as error:
            raise PortInUse(self._api_port) from error
        return door.url

    def _operator(self) -> dict[str, str]:
        """A user whose key the front door and AWS clients may show."""
        iam = self.context.client("iam")
        iam.create_user(UserName=_OPERATOR)
        iam.attach_user_policy(UserName=_OPERATOR, PolicyArn=_EVERYTHING)
        key = iam.create_access_key(UserName=_OPERATOR)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def _run(parts: ExitStack, start: Callable[[], None], stop: Callable[[], None]) -> None:
    """Start a part that must be stopped even when its start fails half-way."""
    parts.callback(stop)
    start()


def _endpoints(aws_url: str, runtime_url: str) -> dict[str, str]:
    return {
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # botocore would put the account's id into host names
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": runtime_url,
    }


_CLIENT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": REGION,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "CDK_DEFAULT_ACCOUNT": ACCOUNT,
    "CDK_DEFAULT_REGION": REGION,
}

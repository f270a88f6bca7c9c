"""The local cloud's Lambda: which deployed function is meant, and have one of its workers answer."""

import hashlib
import json
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from moto.awslambda.exceptions import UnknownAliasException, UnknownFunctionException
from moto.awslambda.utils import get_backend
from moto.logs.models import LogsBackend

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.functions.asynchronous import AsynchronousInvocations, settings_of
from local_cloud.functions.cloudwatch import CloudWatch
from local_cloud.functions.configuration import FunctionConfiguration, read
from local_cloud.functions.destinations import Destinations
from local_cloud.functions.invocation import (
    REQUEST_LIMIT_BYTES,
    FunctionNotFound,
    Invocation,
    InvocationRefused,
    RequestTooLarge,
    Throttled,
)
from local_cloud.functions.logs import LogShipper, Report
from local_cloud.functions.moto_hooks import install_hooks
from local_cloud.functions.package import unpacked
from local_cloud.functions.pool import WORKERS_PER_FUNCTION, Pool
from local_cloud.functions.replaced import serialized
from local_cloud.functions.roles import statements
from local_cloud.functions.sandbox import Launch, Sandbox

#: A version that was replaced keeps its workers this long after its last event.
_SUPERSEDED_SECONDS = 60.0


class Functions:
    """Runs whatever functions moto's Lambda knows. Thread-safe."""

    def __init__(self, context: CloudContext, *, environment: Mapping[str, str]) -> None:
        """`environment` tells workers where the local AWS answers; it is added to each template's own."""
        self._context = context
        self._endpoints = dict(environment)
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], tuple[FunctionConfiguration, Pool]] = {}
        self._is_stopped = False
        self._hooks = ExitStack()
        self._cloudwatch = CloudWatch(context.clock)
        self._shipper = LogShipper(self._cloudwatch.put_lines, then=self._cloudwatch.flush)
        self._security: Any = None
        self._asynchronous = AsynchronousInvocations(
            self.invoke, destinations=Destinations(context), clock=context.clock
        )

    def install(self) -> None:
        """From now on moto's Invoke, and moto's own deliveries to functions, come here."""
        self._hooks.enter_context(install_hooks(self))
        self._hooks.enter_context(serialized(LogsBackend))

    def invoke(self, function: str, payload: bytes) -> Invocation:
        """The function's answer to this event, when it has one.

        Args:
            function: Name or ARN, with or without a version or an alias.
            payload: The event as JSON.

        Raises:
            FunctionNotFound: No such function, version or alias.
            RequestTooLarge: More than 6 MB.
            Throttled: Its reserved concurrency is zero.
            InvalidPackage: What was deployed is not a zip.
            InvocationRefused: The cloud is stopping.

        """
        if len(payload) > REQUEST_LIMIT_BYTES:
            limit = f"Request must be smaller than {REQUEST_LIMIT_BYTES} bytes for the InvokeFunction operation"
            raise RequestTooLarge(limit)
        deployed, arn = _find(function)
        configuration = read(deployed)
        if configuration.concurrency == 0:
            raise Throttled("Rate Exceeded.")
        return self._pool(configuration, deployed).invoke(payload or b"{}", arn=arn)

    def submit(self, function: str, payload: bytes) -> None:
        """Accept an event without waiting for it: Lambda's asynchronous invocation, with its retries.

        Raises:
            FunctionNotFound: No such function, version or alias.

        """
        deployed, arn = _find(function)
        self._asynchronous.submit(arn, payload or b"{}", settings_of(deployed))

    def pids(self, function: str) -> list[int]:
        """The worker processes that some version of the function has now."""
        with self._lock:
            pools = [pool for (name, _), (_, pool) in self._pools.items() if name == function]
        return [pid for pool in pools for pid in pool.pids]

    def permissions_used(self, function: str) -> list[tuple[str, str, bool]]:
        """(action, resource, granted) of every permission the function's AWS calls needed so far."""
        file = self._uses(function)
        lines = file.read_text().splitlines() if file.exists() else []
        return [(action, resource, allowed) for action, resource, allowed in map(json.loads, lines)]

    def stop(self) -> None:
        """End every worker; what they logged is shipped first."""
        self._hooks.close()
        with self._lock:
            self._is_stopped = True
            pools = [pool for _, pool in self._pools.values()]
            self._pools.clear()
        for pool in pools:
            pool.stop()
        self._asynchronous.stop()
        self._shipper.stop()

    def _pool(self, configuration: FunctionConfiguration, deployed: Any) -> Pool:
        key = (configuration.name, configuration.version)
        with self._lock:
            if self._is_stopped:
                raise InvocationRefused("the local cloud is stopping")
            current = self._pools.get(key)
            if current is not None and current[0] == configuration:
                return current[1]
            launch = self._launch(configuration, deployed.code_bytes)
            pool = Pool(lambda: self._start(launch), limit=_limit(configuration))
            superseded = [] if current is None else [current[1]]
            superseded += self._forget_idle_versions(configuration.name)
            self._pools[key] = (configuration, pool)
        for old in superseded:
            old.retire()
        return pool

    def _forget_idle_versions(self, name: str) -> list[Pool]:
        idle = [
            key for key, (_, pool) in self._pools.items() if key[0] == name and pool.idle_seconds > _SUPERSEDED_SECONDS
        ]
        return [self._pools.pop(key)[1] for key in idle]

    def _launch(self, configuration: FunctionConfiguration, code: bytes) -> Launch:
        return Launch(
            configuration,
            task_root=unpacked(code, into=self._context.folder("functions", "code")),
            credentials=self._assume(configuration),
            endpoints=self._endpoints,
            guard=self._guard(configuration),
            logs=self._context.folder("logs", "functions", configuration.name),
            clock=self._clock_of_workers(),
        )

    def _clock_of_workers(self) -> tuple[float, ...]:
        clock = self._context.clock
        return () if clock.speed == 1 else (clock.speed, *clock.origin)

    def _start(self, launch: Launch) -> Sandbox:
        name = launch.configuration.name

        def observe(report: Report) -> None:
            self._cloudwatch.count(name, duration_ms=report.duration_ms, failed=report.status != "success")
            self._shipper.wake()

        sandbox = Sandbox(launch, observe=observe)
        self._shipper.follow(sandbox.log)
        return sandbox

    def _assume(self, configuration: FunctionConfiguration) -> dict[str, str]:
        """Temporary credentials of the function's role."""
        if self._security is None:
            self._security = self._context.client("sts")
        answer = self._security.assume_role(RoleArn=configuration.role, RoleSessionName=configuration.name)
        credentials = answer["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }

    def _guard(self, configuration: FunctionConfiguration) -> Path:
        """What `local_cloud.functions.bootstrap` tells the IAM guard of a worker."""
        wanted = {
            "statements": statements(configuration.policies),
            "account": ACCOUNT,
            "region": REGION,
            "principal": f"{configuration.role.rsplit('/', 1)[-1]}/{configuration.name}",
            "uses": str(self._uses(configuration.name)),
        }
        text = json.dumps(wanted)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        file = self._context.folder("functions", "guards") / f"{configuration.name}-{digest}.json"
        file.write_text(text)
        return file

    def _uses(self, function: str) -> Path:
        return self._context.folder("logs", "permissions") / f"{function}.jsonl"


def _find(function: str) -> tuple[Any, str]:
    """The LambdaFunction of moto, and the ARN as which it is invoked."""
    try:
        deployed = get_backend(ACCOUNT, REGION).get_function(function)
    except (UnknownFunctionException, UnknownAliasException) as unknown:
        raise FunctionNotFound(unknown.message) from unknown
    qualifier = function.rsplit(":function:", maxsplit=1)[-1].partition(":")[2]
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{deployed.function_name}"
    return deployed, f"{arn}:{qualifier}" if qualifier else arn


def _limit(configuration: FunctionConfiguration) -> int:
    reserved = configuration.concurrency
    return WORKERS_PER_FUNCTION if reserved is None else min(reserved, WORKERS_PER_FUNCTION)

"""A moto server with our SageMaker in it, on a clock that stands still until a test moves it."""

import http.client
import io
import itertools
import json
import os
import random
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.server import ThreadedMotoServer

from local_cloud.context import LOOPBACK, Clock, CloudContext
from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.sagemaker import SageMaker

ECHO = (sys.executable, str(Path(__file__).with_name("echo_model.py")))
ROLE = "arn:aws:iam::123456789012:role/model"
BUCKET = "models"
Found = TypeVar("Found")


class HeldClock(Clock):
    """Time passes when a test says so; what is due every so often is due twenty times as often."""

    def __init__(self) -> None:
        super().__init__(speed=20)
        self.at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def eventually(find: Callable[[], Found], *, within_seconds: float = 20) -> Found:
    """The first truthy result, or the last one when the time is over."""
    deadline = time.monotonic() + within_seconds
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def an_archive(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return buffer.getvalue()


def a_variant(name: str, model: str, weight: float = 1, count: int = 1) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.g6.xlarge",
        "InitialInstanceCount": count,
        "InitialVariantWeight": weight,
    }


@dataclass
class SageMakerCloud:
    context: CloudContext
    sagemaker: SageMaker
    clock: HeldClock
    clients: dict[str, Any] = field(default_factory=dict)
    serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.context.client(service)
        return self.clients[service]

    @property
    def control(self) -> Any:
        return self.client("sagemaker")

    @property
    def runtime(self) -> Any:
        if "runtime" not in self.clients:
            self.clients["runtime"] = boto3.client(
                "sagemaker-runtime",
                endpoint_url=self.sagemaker.runtime_url,
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self.clients["runtime"]

    def name(self, kind: str) -> str:
        return f"{kind}-{next(self.serial)}"

    def a_model(self, version: str, environment: Mapping[str, str] | None = None, files: bytes | None = None) -> str:
        name = self.name("model")
        body = an_archive({"version": version}) if files is None else files
        self.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=body)
        container = {"Image": "sluice", "ModelDataUrl": f"s3://{BUCKET}/{name}/model.tar.gz"}
        self.control.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={**container, "Environment": dict(environment or {})},
        )
        return name

    def a_broken_model(self) -> str:
        return self.a_model("broken", {"NEVER_HEALTHY": "1"})

    def a_config(self, *variants: dict[str, Any], **others: Any) -> str:
        name = self.name("config")
        self.control.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **others)
        return name

    def an_endpoint(self, config: str, **others: Any) -> str:
        """In service."""
        name = self.name("endpoint")
        self.control.create_endpoint(EndpointName=name, EndpointConfigName=config, **others)
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def a_split_endpoint(self, champion: float = 90, challenger: float = 10, **config: Any) -> str:
        """Champion serves v1, challenger v2."""
        first, second = self.a_model("v1"), self.a_model("v2")
        variants = a_variant("champion", first, champion), a_variant("challenger", second, challenger)
        return self.an_endpoint(self.a_config(*variants, **config))

    def described(self, endpoint: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.control.describe_endpoint(EndpointName=endpoint)
        return answer

    def status(self, endpoint: str) -> str:
        return str(self.described(endpoint)["EndpointStatus"])

    def settled(self, endpoint: str) -> dict[str, Any]:
        """Let time pass until the endpoint rests; its description then."""

        def rests() -> dict[str, Any] | None:
            found = self.described(endpoint)
            if found["EndpointStatus"] in ("InService", "Failed", "UpdateRollbackFailed"):
                return found
            self.clock.advance(0.5)
            return None

        found = eventually(rests)
        assert found is not None, f"{endpoint} did not settle: {self.described(endpoint)}"
        return found

    def weigh(self, endpoint: str, **weights: float) -> None:
        desired = [{"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()]
        self.control.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=desired)

    def invoke(self, endpoint: str, body: bytes = b"{}", **others: Any) -> dict[str, Any]:
        sent = {"ContentType": "application/json", **others}
        answer: dict[str, Any] = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **sent)
        return {**answer, "Body": answer["Body"].read()}

    def version(self, endpoint: str, **others: Any) -> str:
        """Which model version answers."""
        return str(self.invoke(endpoint, **others)["CustomAttributes"].removeprefix("sluice-model-version="))

    def inflict(self, **fault: Any) -> int:
        return self.admin("POST", json.dumps(fault))

    def admin(self, method: str, body: str = "", content_type: str = "application/json") -> int:
        connection = http.client.HTTPConnection(LOOPBACK, int(self.sagemaker.runtime_url.rsplit(":", 1)[1]))
        try:
            connection.request(method, "/_sluice/faults", body, {"Content-Type": content_type})
            return connection.getresponse().status
        finally:
            connection.close()


def model_processes(home: Path) -> list[str]:
    """Command lines that serve a model from below ``home``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(home) in command:
                found.append(command)
    return found


@contextmanager
def a_moto_server() -> Iterator[int]:
    """Its port; it finds no state of other tests and leaves none to them, although moto keeps that in the process."""
    BackendDict.reset()
    server = ThreadedMotoServer(LOOPBACK, 0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    try:
        yield port
    finally:
        connection = http.client.HTTPConnection(LOOPBACK, port)
        connection.request("POST", "/moto-api/reset")
        connection.getresponse().read()
        connection.close()
        server.stop()


@contextmanager
def a_sagemaker_cloud(home: Path, **options: Any) -> Iterator[SageMakerCloud]:
    clock = HeldClock()
    with a_moto_server() as port, install_metrics(MetricStore(), clock):
        context = CloudContext(aws_url=f"http://localhost:{port}", home=home, clock=clock)
        options = {"command": ECHO, "chance": random.Random(7), **options}  # noqa: S311  traffic, not secrets
        cloud = SageMakerCloud(context, SageMaker(context, **options), clock)
        try:
            cloud.sagemaker.install()
            cloud.sagemaker.start()
            cloud.client("s3").create_bucket(Bucket=BUCKET)
            yield cloud
        finally:
            cloud.sagemaker.stop()
            for client in cloud.clients.values():
                client.close()

"""A moto server and real Lambda functions made of a few lines of source."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from local_cloud.aws_server import AwsServer
from local_cloud.context import ACCOUNT, Clock, CloudContext
from local_cloud.functions import Functions, Invocation
from local_cloud.metrics import MetricStore, install_metrics
from local_cloud.processes import free_port

Found = TypeVar("Found")
ECHO = "def handler(event, context): return event"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def a_zip(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class LambdaCloud:
    context: CloudContext
    functions: Functions
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.context.client(service)
        return self.clients[service]

    def a_function(self, name: str, source: str = ECHO, **options: Any) -> str:
        files = options.pop("files", {"main.py": source})
        role = self.a_role(f"{name}-role", options.pop("allow", []))
        settings = {"Handler": "main.handler", "Runtime": "python3.13", "Timeout": 20, **options}
        answer = self.client("lambda").create_function(
            FunctionName=name, Role=role, Code={"ZipFile": a_zip(files)}, **settings
        )
        return str(answer["FunctionArn"])

    def a_recorder(self, name: str, *, then: str = "None") -> str:
        """A function that notes its events, for `recorded`, and answers with an expression over `event`."""
        source = (
            "import json\n"
            "def handler(event, context):\n"
            f"    with open({str(self._record(name))!r}, 'a') as file: print(json.dumps(event), file=file)\n"
            f"    return {then}"
        )
        return self.a_function(name, source)

    def recorded(self, name: str) -> list[Any]:
        file = self._record(name)
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def _record(self, name: str) -> Path:
        return self.context.folder("recorded") / name

    def a_role(self, name: str, allow: list[dict[str, Any]]) -> str:
        identity = self.client("iam")
        arn = identity.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        statements = [{"Effect": "Allow", **statement} for statement in allow]
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            identity.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document)
        return str(arn)

    def invoke(self, name: str, event: Any = None) -> Any:
        return json.loads(self.answer(name, event).payload)

    def answer(self, name: str, event: Any = None) -> Invocation:
        return self.functions.invoke(name, json.dumps(event).encode())

    def a_queue(self, name: str, **attributes: str) -> tuple[str, str]:
        url = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def messages(self, url: str) -> list[Any]:
        """What is in the queue; reading takes it out."""
        found = []
        while batch := self.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    def log_lines(self, group: str) -> list[str]:
        """What has arrived so far."""
        logs = self.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]


@contextmanager
def a_lambda_cloud(home: Path, *, speed: float = 1.0) -> Iterator[LambdaCloud]:
    logs = home / "logs"
    logs.mkdir()
    server = AwsServer(free_port(), log=logs / "aws.log")
    server.start()
    context = CloudContext(server.url, home, Clock(speed))
    functions = Functions(
        context, environment={"AWS_ENDPOINT_URL": server.url, "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled"}
    )
    with install_metrics(MetricStore(), context.clock):
        functions.install()
        try:
            yield LambdaCloud(context, functions)
        finally:
            functions.stop()
            server.stop()


def eventually(find: Callable[[], Found], *, within_seconds: float = 15) -> Found:
    """The first truthy result."""
    deadline = time.monotonic() + within_seconds
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found

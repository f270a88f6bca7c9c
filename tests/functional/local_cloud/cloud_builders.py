"""A small CDK app, and what is left of a cloud's processes."""

import json
import os
from pathlib import Path

_APP = """
from pathlib import Path

from aws_cdk import App, CfnOutput, CfnResource, Duration, Stack
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

app = App()
first, second = Stack(app, "first"), Stack(app, "second")
timeout = Duration.seconds(app.node.get_context("timeout"))
queue = sqs.Queue(first, "Queue", queue_name="small", visibility_timeout=timeout)
image = assets.DockerImageAsset(second, "Image", directory=str(Path(__file__).parent / "image"))
CfnOutput(second, "ImageUri", value=image.image_uri)
ssm.StringParameter(second, "QueueArn", parameter_name="/queue", string_value=queue.queue_arn)
if app.node.try_get_context("broken"):
    wrong = {"PolicyName": "p", "PolicyDocument": {}, "Roles": ["nobody"]}
    CfnResource(second, "Broken", type="AWS::IAM::Policy", properties=wrong)
app.synth()
"""


def a_small_app(folder: Path, **context: object) -> Path:
    """Two stacks, one importing from the other, and a container image."""
    (folder / "image").mkdir(parents=True, exist_ok=True)
    (folder / "image" / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    (folder / "app.py").write_text(_APP, encoding="utf-8")
    settings = {"app": "python app.py", "versionReporting": False, "context": {"timeout": 30, **context}}
    (folder / "cdk.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


def processes_of(home: Path) -> list[int]:
    """Processes, but not this one, that were started for the cloud in ``home``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                known_by = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if str(home).encode() in known_by:
                found.append(int(folder.name))
    return found

"""What does the program of a job see of AWS? What SageMaker gives a container that is in no isolated network.

Credentials of the job's role and where AWS answers; what the role may do is checked in the program's own process,
and in those that it starts, by the ``sitecustomize`` beside this file.
"""

import hashlib
import json
import os
from pathlib import Path

from local_cloud.context import ACCOUNT, REGION, CloudContext
from local_cloud.functions.roles import policy_documents, statements
from local_cloud.sagemaker.model_process import CHECKOUT

_SITE = Path(__file__).parent
TOLD = "SLUICE_LOCAL_JOB"
"""Names the file that says what the role may do, and what the time is."""


def aws_of(role: str, context: CloudContext) -> dict[str, str]:
    """The environment of a program that may call AWS in the name of a role."""
    name = role.rsplit("/", 1)[-1]
    assumed = context.client("sts").assume_role(RoleArn=role, RoleSessionName="SageMaker")["Credentials"]
    return {
        "AWS_ENDPOINT_URL": context.aws_url,
        "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["SessionToken"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": os.pathsep.join(map(str, (_SITE, CHECKOUT))),
        TOLD: str(_told(role, name, context)),
    }


def _told(role: str, name: str, context: CloudContext) -> Path:
    clock = context.clock
    guard = {
        "statements": statements(policy_documents(role)),
        "account": ACCOUNT,
        "region": REGION,
        "principal": f"{name}/SageMaker",
    }
    uses = context.folder("logs", "permissions") / f"{name}.jsonl"
    form = {"guard": guard, "uses": str(uses), "clock": None if clock.speed == 1 else [clock.speed, *clock.origin]}
    text = json.dumps(form)
    file = context.folder("jobs-told") / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    file.write_text(text, encoding="utf-8")
    return file

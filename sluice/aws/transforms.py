"""Batch transform jobs of replays: begun, looked at, read and removed, with their models and files.

By boto3, whose transfers split what is larger than 8 MB; no function imports this module.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.aws.inventory import Inventory
from sluice.aws.refusal import meaning
from sluice.domain.errors import TransformFailed
from sluice.domain.replay.transform import Transform

_COMPLETED = "Completed"
_OVER = frozenset({_COMPLETED, "Failed", "Stopped"})
_NOTHING_TO_STOP = frozenset({"ValidationException", "ResourceNotFound"})  # it has ended, or never began


@dataclass(frozen=True, slots=True)
class TransformState:
    """A job right now.

    Attributes:
        status: ``TransformJobStatus`` of SageMaker.
        reason: Why it failed, if it did.
        seconds: How long its instances have worked; 0 until that is known.

    """

    status: str
    reason: str = ""
    seconds: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _OVER

    @property
    def has_answers(self) -> bool:
        """Whether it has answered everything."""
        return self.status == _COMPLETED


class Transforms:
    """The transform jobs of this account and region."""

    def __init__(self, sagemaker: Any, s3: Any) -> None:
        self._sagemaker = sagemaker
        self._s3 = s3

    @classmethod
    def connect(cls) -> Self:
        """With the SDK's standard retries, and the credentials of whoever replays."""
        return cls(connect("sagemaker", Config(connect_timeout=5, read_timeout=20)), boto3.client("s3"))

    def begin(self, transform: Transform, lines: Iterable[bytes]) -> None:
        """Upload the requests and start the job. Raises CapacityLacking, ChangeRefused."""
        with TemporaryFile() as file:
            file.writelines(line + b"\n" for line in lines)
            file.seek(0)
            self._s3.upload_fileobj(file, transform.bucket, transform.requests_key)
        try:
            self._sagemaker.create_model(**transform.model)
            self._sagemaker.create_transform_job(**transform.job)
        except ClientError as refused:
            raise meaning(refused, transform.name) from refused

    def look(self, transform: Transform) -> TransformState:
        """The job right now."""
        found = self._sagemaker.describe_transform_job(TransformJobName=transform.name)
        start, end = found.get("TransformStartTime"), found.get("TransformEndTime")
        seconds = (end - start).total_seconds() if start and end else 0.0
        return TransformState(found["TransformJobStatus"], found.get("FailureReason", ""), seconds)

    def output(self, transform: Transform) -> bytes:
        """The file of the answers. Raises TransformFailed when there is none."""
        for key in self._keys(transform.bucket, transform.answers_prefix):
            if key.endswith(".out"):
                content: bytes = self._s3.get_object(Bucket=transform.bucket, Key=key)["Body"].read()
                return content
        raise TransformFailed(f"the job {transform.name} has left no answers below {transform.answers_prefix}")

    def remove(self, transform: Transform) -> None:
        """Stop the job if it runs, and delete its model and its files; each is tried, whatever became of the others."""
        with ExitStack() as all_of_it:
            all_of_it.callback(self._delete_files, transform)
            all_of_it.callback(Inventory(self._sagemaker).delete_model, transform.name)
            all_of_it.callback(self._stop, transform.name)

    def _stop(self, name: str) -> None:
        try:
            self._sagemaker.stop_transform_job(TransformJobName=name)
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in _NOTHING_TO_STOP:
                raise

    def _delete_files(self, transform: Transform) -> None:
        for key in self._keys(transform.bucket, f"{transform.folder}/"):
            self._s3.delete_object(Bucket=transform.bucket, Key=key)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

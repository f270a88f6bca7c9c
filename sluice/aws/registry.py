"""Which versions of a model are registered? SageMaker's registry: a package group a model, a package a version.

The metadata of a package says what Sluice needs to know of it and SageMaker does not.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from sluice.aws.client import connect
from sluice.aws.package_details import Details, container_of
from sluice.domain.errors import ModelNotFound
from sluice.domain.package_metadata import (
    CONTENT_TYPES,
    DECIDED,
    DIGEST,
    INPUTS,
    MOST_ENTRIES,
    NOTHING,
    REFERENCE,
    REFERENCE_SHA256,
    VERSION,
    as_metadata,
)


class Approval(StrEnum):
    """``ModelApprovalStatus``."""

    PENDING = "PendingManualApproval"
    APPROVED = "Approved"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class NewPackage:
    """A version to register.

    Attributes:
        group: The model's package group.
        version: As answers name it.
        artifact: S3 URL of its model.tar.gz.
        image: The container image it is meant for.
        inputs_hash: Of its signature's inputs.
        digest: Hash of its files; empty where nobody looked at all of them.
        has_reference: Whether it has one, by which its drift is judged.

    """

    group: str
    version: str
    artifact: str
    image: str
    inputs_hash: str
    digest: str = ""
    has_reference: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """A registered version.

    Attributes:
        arn: ``ModelPackageArn``.
        number: Counts the packages of the group.
        version: As answers name it; the number where nobody said.
        artifact: S3 URL of its model.tar.gz, or None when the package has none of that form.
        inputs_hash: Of its signature's inputs, or None when it was not registered by Sluice.
        approval: Whether it may be released.
        because: What was said about the approval.
        created_at: Aware.
        modified_at: When anything about it last changed, its approval included; aware.
        reference_sha256: Of the reference.json in its archive, where a pipeline made it; None where its reference is
            where drift is judged by it already, or it has none.

    """

    arn: str
    number: int
    version: str
    artifact: str | None
    inputs_hash: str | None
    approval: Approval
    because: str
    created_at: datetime
    modified_at: datetime
    reference_sha256: str | None = None


class Registry:
    """The model packages of this account and region."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> "Registry":
        """With the SDK's standard retries: nobody waits on the other side of these calls."""
        return cls(connect("sagemaker", Config(connect_timeout=5, read_timeout=20)))

    def add(self, new: NewPackage) -> Package:
        """Register a version, to be approved by a person; the group is made when it is the first."""
        self.make_group(new.group)
        container = {"Image": new.image, "ModelDataUrl": new.artifact}
        created = self._client.create_model_package(
            ModelPackageGroupName=new.group,
            ModelApprovalStatus=Approval.PENDING.value,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": list(CONTENT_TYPES),
                "SupportedResponseMIMETypes": list(CONTENT_TYPES),
            },
            CustomerMetadataProperties={
                VERSION: new.version,
                INPUTS: new.inputs_hash,
                REFERENCE: "yes" if new.has_reference else "no",
                **({DIGEST: new.digest} if new.digest else {}),
            },
        )
        return self._describe(created["ModelPackageArn"])

    def get(self, group: str, name: str) -> Package:
        """A package by its number in the group, or by its ARN. Raises ModelNotFound."""
        if not name.isdigit():
            return self._describe(name)
        for summary in self._summaries(group):
            if summary["ModelPackageVersion"] == int(name):
                return self._describe(summary["ModelPackageArn"])
        raise ModelNotFound(f"{group} has no package {name}: `sluice models list` shows those there are")

    def newest(self, group: str, most: int) -> list[Package]:
        """The packages of a group, the newest first."""
        return [self._describe(summary["ModelPackageArn"]) for summary in islice(self._summaries(group), most)]

    def details(self, arn: str) -> Details:
        """What else is known of a package. Raises ModelNotFound."""
        return Details.of(self._read(arn))

    def decide(self, arn: str, approval: Approval, because: str, *, by: str | None = None) -> Package:
        """Approve or reject a package; ``by`` is kept beside the decision."""
        said: dict[str, Any] = {"ApprovalDescription": because} if because else {}
        if by is not None:
            # All of it: what an update does to entries that it does not name is not documented.
            metadata = {**self.details(arn).metadata, DECIDED: as_metadata(f"{approval} {by}")}
            said |= {"CustomerMetadataProperties": metadata} if len(metadata) <= MOST_ENTRIES else {}
        self._client.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=approval.value, **said)
        return self._describe(arn)

    def make_group(self, group: str) -> None:
        """Make the group unless it is there."""
        try:
            self._client.describe_model_package_group(ModelPackageGroupName=group)
        except ClientError as refused:
            if not _is_missing(refused):
                raise
            self._client.create_model_package_group(ModelPackageGroupName=group)

    def _summaries(self, group: str) -> Iterator[Any]:
        pages = self._client.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
        )
        try:
            for page in pages:
                yield from page["ModelPackageSummaryList"]
        except ClientError as refused:
            if not _is_missing(refused):
                raise

    def _read(self, arn: str) -> Any:
        try:
            return self._client.describe_model_package(ModelPackageName=arn)
        except ClientError as refused:
            if _is_missing(refused):
                raise ModelNotFound(f"there is no model package {arn}") from refused
            raise

    def _describe(self, arn: str) -> Package:
        found = self._read(arn)
        metadata = found.get("CustomerMetadataProperties", {})
        return Package(
            arn=found["ModelPackageArn"],
            number=found["ModelPackageVersion"],
            version=metadata.get(VERSION) or str(found["ModelPackageVersion"]),
            artifact=container_of(found).get("ModelDataUrl"),
            inputs_hash=metadata.get(INPUTS),
            approval=Approval(found["ModelApprovalStatus"]),
            because=found.get("ApprovalDescription", ""),
            created_at=found["CreationTime"],
            modified_at=found.get("LastModifiedTime") or found["CreationTime"],
            reference_sha256=None if (of := metadata.get(REFERENCE_SHA256)) == NOTHING else of,
        )


def _is_missing(refused: ClientError) -> bool:
    """SageMaker says ValidationException to everything; only the message tells missing from wrong."""
    message = refused.response["Error"].get("Message", "")
    return any(words in message for words in ("does not exist", "not found", "Could not find"))

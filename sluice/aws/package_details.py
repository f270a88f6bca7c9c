"""What does the registry keep of a package beside its approval? Metadata in an alphabet of its own, and who did what.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModelPackage.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sluice.domain.package_metadata import DECIDED


@dataclass(frozen=True, slots=True)
class Details:
    """What else the registry knows of a package.

    Attributes:
        status: ``ModelPackageStatus``.
        image: The container image it is meant for, or None.
        decided_by: Who approved or rejected it with Sluice; None if that was said otherwise, or is not so any more.
        created_by: Who registered it, or None where SageMaker does not say.
        modified_by: Who last changed it, or None where SageMaker does not say.
        statistics: S3 URL of its quality's statistics, where a pipeline left them.
        metadata: Every entry of its metadata.

    """

    status: str
    image: str | None
    decided_by: str | None
    created_by: str | None
    modified_by: str | None
    statistics: str | None
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Read the answer of ``DescribeModelPackage``."""
        metadata = found.get("CustomerMetadataProperties", {})
        quality = found.get("ModelMetrics", {}).get("ModelQuality", {})
        return cls(
            status=found["ModelPackageStatus"],
            image=container_of(found).get("Image"),
            decided_by=_decider(metadata.get(DECIDED, ""), found["ModelApprovalStatus"]),
            created_by=_named(found.get("CreatedBy", {})),
            modified_by=_named(found.get("LastModifiedBy", {})),
            statistics=quality.get("Statistics", {}).get("S3Uri"),
            metadata=metadata,
        )


def container_of(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first container that a described package names, empty where it names none."""
    container: Mapping[str, Any] = found.get("InferenceSpecification", {}).get("Containers", [{}])[0]
    return container


def _decider(decision: str, approval: str) -> str | None:
    decided, _, by = decision.partition(" ")
    return by if decided == approval else None


def _named(context: Mapping[str, Any]) -> str | None:
    """Who a UserContext names: whoever's credentials signed, else a user of Studio."""
    named: str | None = context.get("IamIdentity", {}).get("Arn") or context.get("UserProfileName")
    return named

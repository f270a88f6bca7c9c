"""Who hears that a model package was made, approved or changed, and what does a change leave as it was?

moto 5.2.5 sends no event, and its UpdateModelPackage takes away what the request does not name: approval, description,
metadata (RUN). Event: aws-facts A12 (D:sagemaker/latest/dg/automating-sagemaker-with-eventbridge). Whether an event on
creation has UpdatedModelPackageFields is not documented; here it has none.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException, ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from local_cloud.context import ACCOUNT, REGION, Clock
from local_cloud.functions.replaced import replaced

_log = logging.getLogger(__name__)
#: What an update may hold, and what the event calls it.
_UPDATED = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "CustomerMetadataProperties": "CustomerMetadataProperties",
    "CustomerMetadataPropertiesToRemove": "CustomerMetadataProperties",
}
_TAKEN = {*_UPDATED, "ModelPackageArn", "ClientToken"}
_TOLD = (
    "ModelPackageGroupName",
    "ModelPackageName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "MetadataProperties",
    "CustomerMetadataProperties",
    "ModelMetrics",
    "LastModifiedTime",
)


@contextmanager
def install_model_packages(events: Any, clock: Clock) -> Iterator[None]:
    """Until the context ends, moto's server announces model packages with this client of EventBridge."""
    with ExitStack() as hooks:
        created = _creating(SageMakerResponse.create_model_package, events, clock)
        hooks.enter_context(replaced(SageMakerResponse, "create_model_package", created))
        hooks.enter_context(replaced(SageMakerResponse, "update_model_package", _updating(events, clock)))
        yield


def _creating(original: Callable[[Any], Any], events: Any, clock: Clock) -> Callable[[Any], ActionResult]:
    def create_model_package(response: Any) -> ActionResult:
        result: Any = original(response)
        package = _package(result.result["ModelPackageArn"])
        package.creation_time = clock.now()
        _announce(package, events, (), at=package.creation_time)
        return ActionResult(result.result)

    return create_model_package


def _updating(events: Any, clock: Clock) -> Callable[[Any], ActionResult]:
    def update_model_package(response: Any) -> ActionResult:
        request = {name: value for name, value in response.params.items() if value is not None}
        if unknown := sorted(request.keys() - _TAKEN):
            raise AWSValidationException(f"The local cloud updates no {unknown[0]} of a model package.")
        package = _package(request["ModelPackageArn"])
        updated = _update(package, request)
        package.modifications_done()
        package.last_modified_time = clock.now()
        _announce(package, events, updated, at=package.last_modified_time)
        return ActionResult({"ModelPackageArn": package.arn})

    return update_model_package


def _package(arn: str) -> Any:
    try:
        return sagemaker_backends[ACCOUNT][REGION].describe_model_package(arn)
    except ValidationError as missing:
        raise AWSValidationException(str(missing)) from missing


def _update(package: Any, request: Mapping[str, Any]) -> tuple[str, ...]:
    """Change what the request names, nothing else; what that was."""
    if "ModelApprovalStatus" in request:
        package.set_model_approval_status(request["ModelApprovalStatus"])
    if "ApprovalDescription" in request:
        package.approval_description = request["ApprovalDescription"]
    removed = request.get("CustomerMetadataPropertiesToRemove") or ()
    merged = {**(package.customer_metadata_properties or {}), **(request.get("CustomerMetadataProperties") or {})}
    package.customer_metadata_properties = {name: text for name, text in merged.items() if name not in removed} or None
    return tuple(dict.fromkeys(field for name, field in _UPDATED.items() if name in request))


def _announce(package: Any, events: Any, updated: tuple[str, ...], *, at: datetime) -> None:
    """Send one "SageMaker Model Package State Change" to the default bus; best effort."""
    described = package.gen_response_object()
    detail = {name: described[name] for name in _TOLD if name in described}
    if updated:
        detail["UpdatedModelPackageFields"] = list(updated)
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Model Package State Change",
        "Time": at,
        "Resources": [package.arn],
        "Detail": json.dumps(detail, default=_text),
    }
    try:
        events.put_events(Entries=[entry])
    except (ClientError, BotoCoreError) as error:
        _log.warning("event.lost package=%s error=%s", package.arn, error)


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)

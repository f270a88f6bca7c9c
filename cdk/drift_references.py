"""How do the functions get to know what the declared versions are compared with?

A model's archive holds its reference.json, too, but nobody unpacks a gigabyte for it at every look: the file is an
asset of its own, which ``Custom::DriftReference`` copies to where registered versions have theirs.
"""

import json
from collections.abc import Iterable

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from cdk.function import NumpyFunction
from cdk.served_model import ServedModel
from cdk.state_table import StateTable
from sluice.settings.functions import DriftReferenceEnvironment

_ANSWER_WITHIN = Duration.minutes(5)
_TIMEOUT = Duration.minutes(1)


class DriftReferences(Construct):
    """The references of all declared versions that have one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        models: Iterable[ServedModel],
        table: StateTable,
        sensitive: str,
        log_days: int,
    ) -> None:
        """``sensitive``: the sensitive inputs of each model, as ``sluice.settings.sensitive`` writes them."""
        super().__init__(scope, construct_id)
        function = NumpyFunction(
            self,
            "Writer",
            handler="lambdas.drift_reference.handler",
            environment=DriftReferenceEnvironment(table=table.name, sensitive=sensitive).to_environment(),
            timeout=_TIMEOUT,
            log_days=log_days,
        )
        table.grant_put(function.role)
        for model in models:
            self._declare(model, function)

    def _declare(self, model: ServedModel, function: NumpyFunction) -> None:
        urls = {}
        for slot, artifact in model.artifacts.items():
            if artifact.reference is not None:
                asset = s3_assets.Asset(self, f"{model.name}-{slot}", path=str(artifact.reference))
                objects = [asset.bucket.arn_for_objects(asset.s3_object_key)]
                function.role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=objects))
                urls[artifact.signature.version] = asset.s3_object_url
        resource = CustomResource(
            self,
            f"{model.name}-references",
            resource_type="Custom::DriftReference",
            service_token=function.function.function_arn,
            service_timeout=_ANSWER_WITHIN,
            properties={"Model": model.name, "References": json.dumps(urls), **_sensitive(model)},
        )
        resource.node.add_dependency(function.role)  # its policy: the function must be able to read before it is asked


def _sensitive(model: ServedModel) -> dict[str, list[str]]:
    """What is sensitive makes another resource: references are written anew when that changes."""
    inputs = model.settings.capture.sensitive
    return {"Sensitive": sorted(inputs)} if inputs else {}

"""Where do captured requests and answers go, and how long do they stay?"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk.compliance import acknowledge_wildcard
from sluice.domain.feedback.capture import CAPTURES
from sluice.domain.replay.transform import REPLAYS
from sluice.domain.training.pipeline import made_folders
from sluice.settings.endpoint import Capture

ARTIFACTS = "models"  # of versions that were registered; those of sluice.yaml are assets
_ACCESS_LOG_DAYS = 90
_REPLACED_DAYS = 7
_TO_EVENTBRIDGE = s3.CfnBucket.NotificationConfigurationProperty(
    event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
)


class DataBucket(Construct):
    """An encrypted, versioned bucket and the bucket of its access logs.

    Captures of an endpoint are under ``captures/<endpoint>/``: SageMaker appends the endpoint's name by itself.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.IKey,
        keep: bool,
        captures: Mapping[str, Capture],
        training: Mapping[str, int],
    ) -> None:
        """``captures``: by endpoint name, how long its captures stay; ``training``: by model, for how many days."""
        super().__init__(scope, construct_id)
        self.key = key
        self._keep = keep
        self.access_logs = self._bucket(
            "AccessLogs", s3.BucketEncryption.S3_MANAGED, [s3.LifecycleRule(expiration=Duration.days(_ACCESS_LOG_DAYS))]
        )
        self.bucket = self._bucket(
            "Data",
            s3.BucketEncryption.KMS,
            [
                *(_capture_rule(endpoint, capture) for endpoint, capture in captures.items()),
                *(rule for model, days in training.items() for rule in _training_rules(model, days)),
                _replay_rule(),
            ],
            versioned=True,
            encryption_key=key,
            bucket_key_enabled=True,
            server_access_logs_bucket=self.access_logs,
        )
        # The bucket's own way would be one more function and its custom resource.
        cast(s3.CfnBucket, self.bucket.node.default_child).notification_configuration = _TO_EVENTBRIDGE

    @property
    def captures_uri(self) -> str:
        """Where data capture writes."""
        return f"s3://{self.bucket.bucket_name}/{CAPTURES}"

    def artifacts_arn(self, model: str) -> str:
        """The registered versions of one model, for the policies of other stacks."""
        bucket = Stack.of(self).export_value(self.bucket.bucket_arn)
        return f"{bucket}/{ARTIFACTS}/{model}/*"

    def grant_get_artifacts(self, role: iam.Role, model: str) -> None:
        """Allow reading registered versions of one model, whose keys one knows."""
        artifacts = self.artifacts_arn(model)
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[artifacts]))
        role.add_to_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self.key.key_arn]))
        acknowledge_wildcard(role, artifacts, "Each version has a folder of its own.")

    def grant_read_captures(self, role: iam.Role, endpoint_name: str) -> None:
        """Allow finding and reading the captured files of one endpoint."""
        self.grant_get_captures(role, endpoint_name)
        self.grant_list_captures(role, endpoint_name)

    def grant_list_captures(self, role: iam.Role, endpoint_name: str) -> None:
        """Allow finding the captured files of one endpoint."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[Stack.of(self).export_value(self.bucket.bucket_arn)],
                conditions={"StringLike": {"s3:prefix": f"{CAPTURES}/{endpoint_name}/*"}},
            )
        )

    def grant_get_captures(self, role: iam.Role, endpoint_name: str) -> None:
        """Allow reading captured files of one endpoint, whose keys one knows."""
        captures = self.captures_arn(endpoint_name)
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[captures]))
        role.add_to_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self.key.key_arn]))
        acknowledge_wildcard(role, captures, "SageMaker names the files of captured requests.")

    def grant_redact_captures(self, role: iam.Role, endpoint_name: str) -> None:
        """Allow putting captured files of one endpoint back, under the key that encrypts the bucket."""
        captures = self.captures_arn(endpoint_name)
        role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[captures]))
        role.add_to_policy(iam.PolicyStatement(actions=["kms:GenerateDataKey"], resources=[self.key.key_arn]))

    def captures_arn(self, endpoint_name: str) -> str:
        """The captured files of one endpoint, for the policies of other stacks."""
        bucket = Stack.of(self).export_value(self.bucket.bucket_arn)
        return f"{bucket}/{CAPTURES}/{endpoint_name}/*"

    def grant_replay(self, role: iam.Role, endpoint_name: str) -> None:
        """Allow a batch transform job to read the requests of a replay and to write its answers."""
        bucket = Stack.of(self).export_value(self.bucket.bucket_arn)
        files = f"{bucket}/{REPLAYS}/{endpoint_name}/*"
        only_there = {"StringLike": {"s3:prefix": f"{REPLAYS}/{endpoint_name}/*"}}
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=[files]))
        role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket], conditions=only_there))
        role.add_to_policy(
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key.key_arn])
        )
        acknowledge_wildcard(role, files, "Each replay has a folder of its own.")

    def _bucket(
        self, name: str, encryption: s3.BucketEncryption, rules: Iterable[s3.LifecycleRule], **properties: Any
    ) -> s3.Bucket:
        return s3.Bucket(
            self,
            name,
            encryption=encryption,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=list(rules),
            removal_policy=RemovalPolicy.RETAIN if self._keep else RemovalPolicy.DESTROY,
            **properties,
        )


def _capture_rule(endpoint: str, capture: Capture) -> s3.LifecycleRule:
    """What was replaced because it held sensitive inputs goes as soon as a rule can have it."""
    replaced_days = 1 if capture.sensitive else _REPLACED_DAYS
    return s3.LifecycleRule(
        prefix=f"{CAPTURES}/{endpoint}/",
        expiration=Duration.days(capture.keep_days),
        noncurrent_version_expiration=Duration.days(replaced_days),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )


def _training_rules(model: str, days: int) -> Iterator[s3.LifecycleRule]:
    """What versions were made of, which is captured data; never the versions themselves, nor what people put there."""
    for folder in made_folders(model):
        yield s3.LifecycleRule(
            prefix=f"{folder}/",
            expiration=Duration.days(days),
            noncurrent_version_expiration=Duration.days(1),
            abort_incomplete_multipart_upload_after=Duration.days(1),
        )


def _replay_rule() -> s3.LifecycleRule:
    """A replay deletes its files itself, unless it is killed."""
    return s3.LifecycleRule(
        prefix=f"{REPLAYS}/",
        expiration=Duration.days(1),
        noncurrent_version_expiration=Duration.days(1),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )

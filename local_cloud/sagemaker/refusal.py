"""How does SageMaker say no, and how does it name things when it does?"""

from local_cloud.context import ACCOUNT, REGION


class Refused(Exception):
    """A ``ValidationException``: bad input and bad timing alike.

    SageMaker uses this one code for a missing endpoint, a duplicate name and an update in progress; callers have only
    the text to tell them apart (aws-facts A1, A4: COMM, botocore's waiters).
    """


class NameInUse(Refused):
    """``ResourceInUse``: a job of that name exists, or existed."""


class NotFound(Refused):
    """``ResourceNotFound``: there is no such pipeline, nor execution; a job that is missing is plainly Refused."""


def arn(kind: str, name: str) -> str:
    """The ARN of an ``endpoint``, ``endpoint-config``, ``model``, job or ``pipeline``, lower-cased.

    Source: the events page shows ``MyEndpoint`` with ARN ``.../endpoint/myendpoint`` (aws-facts A4,
    D:sagemaker/latest/dg/automating-sagemaker-with-eventbridge).
    """
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"

"""When does a variant count as broken, and who is told?"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from sluice.settings.strict import Strict

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TOPIC = re.compile(r"arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]{1,256}")


def _check_email(address: str) -> str:
    if not _EMAIL.fullmatch(address):
        raise ValueError("an address reads name@example.com")
    return address


def _check_topic(arn: str) -> str:
    if not _TOPIC.fullmatch(arn):
        raise ValueError("a topic is named by its ARN, such as arn:aws:sns:us-east-1:123456789012:pagers")
    return arn


class Thresholds(Strict):
    """From where a variant's alarms fire; docs/alarms.md says what each of them does."""

    errors_percent: float = Field(default=2, gt=0, lt=100, strict=False)
    """More than this share of a minute's requests failed in the container or in SageMaker, in 2 of 3 minutes with at
    least 3 failures each. What the model refuses (4xx) is the caller's mistake and does not count."""

    latency_milliseconds: int | None = Field(default=None, gt=0)
    """The container's p95 was above this in 3 minutes running. Left out: half of `inference.model_timeout_seconds`."""

    overhead_milliseconds: int = Field(default=1000, gt=0)
    """The p95 of what SageMaker itself adds was above this in 3 minutes running."""

    breaches_percent: float = Field(default=2, gt=0, lt=100, strict=False)
    """More than this share of a minute's answers was not fit to pass on, in 2 of 3 minutes with at least 3 each."""

    def latency_for(self, model_timeout_seconds: float) -> int:
        """Milliseconds above which a variant is slow, as said or derived from the timeout."""
        return self.latency_milliseconds or round(model_timeout_seconds * 1000 / 2)


class Notification(Strict):
    """Who is told about a broken champion, a controller that stopped looking, lost events and unread captures."""

    email: Annotated[str, AfterValidator(_check_email)] | None = None
    """Gets topics made for it, one of releases and one of feedback; the address must confirm both subscriptions."""

    topic_arn: Annotated[str, AfterValidator(_check_topic)] | None = None
    """An SNS topic of yours, whose policy lets CloudWatch publish. Left out, as `email`: nobody is told."""

    ops_items: bool = False
    """Whether every incident becomes an OpsItem of Systems Manager, too."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.email is not None and self.topic_arn is not None:
            raise ValueError("email: has no effect beside topic_arn: subscribe the address to that topic")
        return self

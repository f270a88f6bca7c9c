"""Does the template follow AwsSolutions, and why not where it does not?

Every finding is acknowledged where its subject is built, with a reason of its own.
"""

from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from constructs import IConstruct

_PACK = "AwsSolutions"


def check(app: App) -> None:
    """Run cdk-nag's AwsSolutions rules at synth; a finding that nobody acknowledged fails it."""
    from cdk_nag import AwsSolutionsChecks  # noqa: PLC0415  a development tool: synth works without it

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(subject: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding about a construct and what is in it, such as ``L1``, because of ``reason``."""
    rule = f"{_PACK}::{_PACK}-{finding}"
    Validations.of(subject).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcard(subject: IConstruct, resource: str, reason: str) -> None:
    """Accept that a policy of ``subject`` names a resource with a wildcard, exactly this one."""
    spelled = _as_nag_spells(Stack.of(subject).resolve(resource))
    acknowledge(subject, f"IAM5[Resource::{spelled}]", reason)


def _as_nag_spells(value: Any) -> str:
    """An ARN with its references as ``<Name>``. Raises ValueError for what no policy of ours holds."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(map(_as_nag_spells, parts))
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "<").replace("}", ">")
        case {"Fn::ImportValue": str(name)}:
            return name
        case {"Ref": str(name)}:
            return f"<{name}>"
    raise ValueError(f"cannot spell {value} as cdk-nag does")

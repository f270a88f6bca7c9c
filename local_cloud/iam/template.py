"""What may a function of a synthesized CloudFormation template do?"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.iam.policy import Statement

_SUB = re.compile(r"\$\{([^!}][^}]*)\}")


class Unresolved(KeyError):
    """The template refers to something whose value was not given."""


@dataclass(frozen=True, slots=True)
class Grants:
    """The permissions of a function's role.

    Attributes:
        role: The role's logical id.
        statements: Its inline policies' and the template's own managed policies' statements, resolved.
        managed_policies: AWS's managed policies it carries, by name (``service-role/AWSLambdaBasicExecutionRole``).

    """

    role: str
    statements: tuple[Statement, ...]
    managed_policies: tuple[str, ...]


def grants_of(template: Mapping[str, Any], function: str, values: Mapping[str, str]) -> Grants:
    """Read the grants of the function with this logical id.

    Args:
        template: The template as JSON, before or after deployment.
        function: Logical id of an ``AWS::Lambda::Function``.
        values: What ``Ref`` gives by logical id or pseudo parameter, what ``Fn::GetAtt`` gives by ``id.Attribute``,
            and imports by ``import:NAME``.

    Raises:
        Unresolved: A value is missing.

    """
    resources: Mapping[str, Any] = template["Resources"]
    role: str = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    attached = resources[role]["Properties"].get("ManagedPolicyArns", [])
    own = {arn["Ref"] for arn in attached if isinstance(arn, Mapping) and "Ref" in arn and arn["Ref"] in resources}
    documents = [
        *(policy["PolicyDocument"] for policy in resources[role]["Properties"].get("Policies", [])),
        *(resources[name]["Properties"]["PolicyDocument"] for name in _policies_of(resources, role, own)),
    ]
    resolved = [resolve(document, values) for document in documents]
    foreign = [arn for arn in attached if not (isinstance(arn, Mapping) and arn.get("Ref") in own)]
    return Grants(
        role=role,
        statements=tuple(one for document in resolved for one in _statements(document)),
        managed_policies=tuple(str(resolve(arn, values)).partition(":policy/")[2] for arn in foreign),
    )


def resolve(node: Any, values: Mapping[str, str]) -> Any:
    """Replace every intrinsic function below a node by its value.

    Raises:
        Unresolved: A value is missing, or the function is not among those below.

    """
    if isinstance(node, list):
        return [resolve(one, values) for one in node]
    if not isinstance(node, Mapping):
        return node
    if len(node) == 1:
        [(name, argument)] = node.items()
        if name in _INTRINSICS:
            return _INTRINSICS[name](argument, values)
        if name.startswith("Fn::"):
            raise Unresolved(name)
    return {key: resolve(value, values) for key, value in node.items()}


def _policies_of(resources: Mapping[str, Any], role: str, attached: Iterable[str]) -> Iterator[str]:
    """Policies that name the role, and managed policies of the template that the role names."""
    for name, resource in resources.items():
        is_policy = resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
        if is_policy and ({"Ref": role} in resource["Properties"].get("Roles", []) or name in attached):
            yield name


def _statements(document: Mapping[str, Any]) -> list[Statement]:
    statements = document["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _value(name: str, values: Mapping[str, str]) -> str:
    try:
        return values[name]
    except KeyError:
        raise Unresolved(name) from None


def _get_att(argument: Any, values: Mapping[str, str]) -> str:
    return _value(argument if isinstance(argument, str) else ".".join(argument), values)


def _sub(argument: Any, values: Mapping[str, str]) -> str:
    text, local = (argument, {}) if isinstance(argument, str) else argument
    known = {**values, **resolve(local, values)}
    return _SUB.sub(lambda found: _value(found[1], known), text).replace("${!", "${")


def _join(argument: Any, values: Mapping[str, str]) -> str:
    separator, parts = argument
    return str(separator).join(resolve(parts, values))


def _select(argument: Any, values: Mapping[str, str]) -> str:
    index, parts = argument
    chosen: str = resolve(parts, values)[int(index)]
    return chosen


def _split(argument: Any, values: Mapping[str, str]) -> list[str]:
    separator, text = argument
    return str(resolve(text, values)).split(separator)


def _import(argument: Any, values: Mapping[str, str]) -> str:
    return _value(f"import:{resolve(argument, values)}", values)


_INTRINSICS: Mapping[str, Callable[[Any, Mapping[str, str]], Any]] = {
    "Ref": _value,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::ImportValue": _import,
}

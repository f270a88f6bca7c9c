"""Find things in a template."""

import json
from typing import Any

from tests.infrastructure.projects import Template


def resources(template: Template, kind: str) -> list[dict[str, Any]]:
    """The properties of every resource of a type."""
    return [found.get("Properties", {}) for found in template["Resources"].values() if found["Type"] == kind]


def resource(template: Template, kind: str) -> dict[str, Any]:
    """The properties of the only resource of a type."""
    (found,) = resources(template, kind)
    return found


def named(template: Template, kind: str, part: str) -> dict[str, Any]:
    """The whole resource of a type whose logical id holds ``part``."""
    (found,) = [found for name, found in template["Resources"].items() if found["Type"] == kind and part in name]
    return dict(found)


def text(value: Any) -> str:
    """A string with references in it, each as ``<what is referred to>``."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(map(text, parts))
        case {"Fn::Sub": str(template)}:
            return template.replace("${", "<").replace("}", ">")
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Ref": str(name)} | {"Fn::ImportValue": str(name)}:
            return f"<{name}>"
    raise AssertionError(f"not a string: {value}")


def declaration(serving: Template) -> dict[str, Any]:
    """What the stack hands to Custom::EndpointConfig."""
    declared: dict[str, Any] = json.loads(text(resource(serving, "Custom::EndpointConfig")["Declaration"]))
    return declared


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    """The statements of the policy of a role, by a part of its logical id; resources as texts."""
    policy = named(template, "AWS::IAM::Policy", f"{role}DefaultPolicy")["Properties"]["PolicyDocument"]
    return [statement_of(statement) for statement in policy["Statement"]]


def statement_of(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement with lists of actions and of resources as texts."""
    action, target = statement["Action"], statement["Resource"]
    return {
        **statement,
        "Action": [action] if isinstance(action, str) else action,
        "Resource": list(map(text, target)) if isinstance(target, list) else [text(target)],
    }


def granted(template: Template, role: str) -> dict[str, list[str]]:
    """Each allowed action of a role with its resources, of all statements that allow it."""
    allowed: dict[str, list[str]] = {}
    for statement in statements(template, role):
        for action in statement["Action"]:
            if statement["Effect"] == "Allow":
                allowed.setdefault(action, []).extend(statement["Resource"])
    return allowed

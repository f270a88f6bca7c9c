"""What does a template ask for, and in which order can it be made?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local_cloud.cloudformation.parameters import given_or_default, parameter_values
from local_cloud.cloudformation.resource import ResourceType
from local_cloud.cloudformation.template import NO_VALUE, Scope, TemplateError, condition, parse, references
from local_cloud.context import ACCOUNT, REGION

Types = Callable[[str], ResourceType | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A template with its parameters and conditions worked out.

    Attributes:
        template: As parsed.
        parameters: Their texts, before lists are split and names looked up.
        scope: Resolves everything but references to resources.
        declarations: The resources whose condition holds, by logical id.
        dependencies: The logical ids each of them waits for.

    """

    template: dict[str, Any]
    parameters: dict[str, str]
    scope: Scope
    declarations: dict[str, dict[str, Any]]
    dependencies: dict[str, set[str]]

    def sorter(self) -> TopologicalSorter[str]:
        """The resources in an order in which each comes after what it refers to."""
        return TopologicalSorter(self.dependencies)


def plan(body: str, given: Mapping[str, str], *, stack_id: str, types: Types, stored: Callable[[str], str]) -> Plan:
    """Work out ``body``.

    Raises TemplateError when it is malformed, names unknown types or references, breaks its own rules, or is circular.
    """
    template = parse(body)
    declared = template.get("Parameters", {})
    texts = given_or_default(declared, given)
    values = parameter_values(declared, texts, stored=stored)
    scope = Scope(
        {**_pseudo_parameters(stack_id), **values},
        template.get("Mappings", {}),
        template.get("Conditions", {}),
    )
    _check_rules(template.get("Rules", {}), scope)
    declarations = {
        logical_id: declaration
        for logical_id, declaration in template["Resources"].items()
        if "Condition" not in declaration or condition(declaration["Condition"], scope)
    }
    _check_types(declarations, types)
    dependencies = {name: _dependencies(name, template, declarations) for name in declarations}
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        raise TemplateError(f"Circular dependency between resources: {error.args[1]}") from error
    return Plan(template, texts, scope, declarations, dependencies)


def with_resources(
    scope: Scope,
    *,
    reference: Callable[[str], Any],
    attribute: Callable[[str, str], Any],
    imported: Callable[[str], str],
) -> Scope:
    """``scope``, now able to answer for resources and other stacks too."""
    return replace(scope, reference=reference, attribute=attribute, imported=imported)


def _pseudo_parameters(stack_id: str) -> dict[str, Any]:
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::NoValue": NO_VALUE,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack_id.split("/")[1],
        "AWS::URLSuffix": "amazonaws.com",
    }


def _check_rules(rules: Mapping[str, Any], scope: Scope) -> None:
    for rule in rules.values():
        if "RuleCondition" in rule and not condition(rule["RuleCondition"], scope):
            continue
        for assertion in rule["Assertions"]:
            if not condition(assertion["Assert"], scope):
                raise TemplateError(f"Template validation error: {assertion.get('AssertDescription', rule)}")


def _check_types(declarations: Mapping[str, Any], types: Types) -> None:
    unknown = [f"{d['Type']} ({name})" for name, d in declarations.items() if types(d["Type"]) is None]
    if unknown:
        raise TemplateError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]. "
            "The local cloud skips nothing: a type it lacks is added in local_cloud/cloudformation/types/"
        )


def _dependencies(name: str, template: Mapping[str, Any], declarations: Mapping[str, dict[str, Any]]) -> set[str]:
    declaration = declarations[name]
    explicit = declaration.get("DependsOn", [])
    named = {explicit} if isinstance(explicit, str) else set(explicit)
    referred = set(references(declaration.get("Properties", {})))
    known = {*template["Resources"], *template.get("Parameters", {})}
    if unknown := sorted(n for n in named | referred if n not in known and not n.startswith("AWS::")):
        raise TemplateError(f"Template format error: Unresolved resource dependencies {unknown} in {name}")
    return (named | referred) & declarations.keys()

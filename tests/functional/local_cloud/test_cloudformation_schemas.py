"""Our types against AWS's own schemas, which cfn-lint ships: what names them, what replaces them, what they have."""

from collections.abc import Mapping
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from local_cloud.cloudformation.types import REGISTRY
from local_cloud.context import REGION

WITH_A_SCHEMA = sorted(REGISTRY.keys() - {"AWS::CDK::Metadata"})

# "Update requires: Replacement" there, although the schema is silent.
ONLY_IN_THE_USER_GUIDE = {"AWS::DynamoDB::Table": {"LocalSecondaryIndexes"}}


def a_schema(kind: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return schema


def names(schema: Mapping[str, Any], *keys: str) -> set[str]:
    paths = [path.removeprefix("/properties/") for key in keys for path in schema.get(key, [])]
    return {path for path in paths if "/" not in path}


@pytest.mark.parametrize("kind", WITH_A_SCHEMA)
def test_a_type_is_replaced_by_the_properties_that_aws_replaces_it_for(kind: str) -> None:
    schema = a_schema(kind)

    always = names(schema, "createOnlyProperties")
    sometimes = names(schema, "conditionalCreateOnlyProperties") | ONLY_IN_THE_USER_GUIDE.get(kind, set())

    assert always <= REGISTRY[kind].replaced_by <= always | sometimes


@pytest.mark.parametrize("kind", WITH_A_SCHEMA)
def test_a_type_names_and_ignores_only_properties_that_exist(kind: str) -> None:
    known = REGISTRY[kind]

    mentioned = {*known.ignored, *known.replaced_by, *([known.name_property] if known.name_property else [])}

    assert mentioned <= a_schema(kind)["properties"].keys()

import json
from pathlib import Path

import pytest

from sluice.api import control_openapi, openapi, problem_types
from sluice.api.problem_types import ALL_TYPES, ProblemType

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENTS = {"openapi.json": openapi.document, "admin-openapi.json": control_openapi.document}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_openapi_document_is_what_the_api_promises(name: str) -> None:
    assert json.loads((DOCS / name).read_text()) == DOCUMENTS[name](), "run `make openapi` and look at the difference"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_operation_promises_its_problems(name: str) -> None:
    operations = [operation for path in DOCUMENTS[name]()["paths"].values() for operation in path.values()]

    assert all("application/problem+json" in operation["responses"]["default"]["content"] for operation in operations)
    assert not any("422" in operation["responses"] for operation in operations)


def test_every_kind_of_problem_is_listed_once() -> None:
    declared = [value for value in vars(problem_types).values() if isinstance(value, ProblemType)]

    assert sorted(declared, key=lambda t: t.name) == sorted(ALL_TYPES, key=lambda t: t.name)
    assert len({problem.name for problem in ALL_TYPES}) == len(ALL_TYPES)

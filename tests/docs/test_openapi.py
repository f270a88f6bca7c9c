import json
from pathlib import Path

from sluice.api import problem_types
from sluice.api.openapi import document
from sluice.api.problem_types import ALL_TYPES, ProblemType

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_openapi_document_is_what_the_api_promises() -> None:
    assert json.loads(COMMITTED.read_text()) == document(), "run `make openapi` and look at the difference"


def test_every_operation_promises_its_problems() -> None:
    operations = [operation for path in document()["paths"].values() for operation in path.values()]

    assert all("application/problem+json" in operation["responses"]["default"]["content"] for operation in operations)
    assert not any("422" in operation["responses"] for operation in operations)


def test_every_kind_of_problem_is_listed_once() -> None:
    declared = [value for value in vars(problem_types).values() if isinstance(value, ProblemType)]

    assert sorted(declared, key=lambda t: t.name) == sorted(ALL_TYPES, key=lambda t: t.name)
    assert len({problem.name for problem in ALL_TYPES}) == len(ALL_TYPES)

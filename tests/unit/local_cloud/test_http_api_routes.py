import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_cloud.front_door.routes import Match, RouteTable

#: The example of the API Gateway developer guide, "Create routes for HTTP APIs".
GUIDE = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"]


@pytest.mark.parametrize(
    ("method", "path", "route_key", "parameters"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1", {}),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}", {"id": "2"}),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}", {"proxy": "cat/1"}),
        ("POST", "/test/5", "ANY /{proxy+}", {"proxy": "test/5"}),
        ("POST", "/pets/dog/1", "ANY /{proxy+}", {"proxy": "pets/dog/1"}),
        ("GET", "/", "$default", {}),
    ],
)
def test_the_most_specific_route_answers(method: str, path: str, route_key: str, parameters: dict[str, str]) -> None:
    assert RouteTable(GUIDE).match(method, path) == Match(route_key, parameters)


def test_a_named_method_wins_over_any() -> None:
    table = RouteTable(["ANY /x", "GET /x"])

    assert table.match("GET", "/x") == Match("GET /x", {})
    assert table.match("PUT", "/x") == Match("ANY /x", {})


def test_without_a_default_an_unknown_path_has_no_route() -> None:
    table = RouteTable(["GET /v2/models/{name}/versions/{version}"])

    assert table.match("GET", "/v2/models/flights/versions/") is None
    assert table.match("GET", "/v2/models/flights") is None
    assert table.match("POST", "/v2/models/flights/versions/1") is None
    assert table.match("GET", "/v2/models/f:x/versions/1") == Match(
        "GET /v2/models/{name}/versions/{version}", {"name": "f:x", "version": "1"}
    )


def test_characters_of_regular_expressions_are_only_themselves() -> None:
    table = RouteTable(["GET /a.b/(c)"])

    assert table.match("GET", "/a.b/(c)") is not None
    assert table.match("GET", "/axb/(c)") is None


@settings(max_examples=100, deadline=None)
@given(path=st.text(alphabet="ab/{}+%\n:", max_size=12))
def test_a_literal_path_beats_every_variable(path: str) -> None:
    literal = "/" + path.replace("{", "").replace("}", "")
    table = RouteTable(["ANY /{proxy+}", "ANY /{one}/{two}", f"ANY {literal}", "$default"])

    found = table.match("GET", literal)

    assert found == Match(f"ANY {literal}", {})

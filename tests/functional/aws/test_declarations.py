import pytest

from tests.functional.release_world import MODEL, World


def test_a_declaration_is_what_was_deployed_last(world: World) -> None:
    declarations = world.services().declarations

    declared = declarations.get(MODEL)

    assert declared is not None
    assert (declared.endpoint, declared.plan) == ("sluice-flights", world.stack.plan)
    assert declarations.get("churn") is None


def test_what_could_not_be_read_is_not_written(world: World) -> None:
    declarations = world.services().declarations

    with pytest.raises(KeyError, match="endpoint"):
        declarations.put("churn", {})

    assert declarations.get("churn") is None


def test_a_declaration_goes_with_its_model(world: World) -> None:
    declarations = world.services().declarations

    declarations.delete(MODEL)
    declarations.delete(MODEL)

    assert declarations.get(MODEL) is None

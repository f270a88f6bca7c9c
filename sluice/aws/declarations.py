"""What each deployment declares of its models' releases: ``pk = MODEL#<model>``, ``sk = DECLARATION``."""

from collections.abc import Mapping
from typing import Any, Self

from sluice.aws import table as state
from sluice.domain.declared_release import DeclaredRelease

_DECLARATION = "DECLARATION"


class Declarations:
    """Reads and writes declarations; a deployment's replaces the one before."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> Self:
        """In the environment's region."""
        return cls(state.patient_client(), table=table)

    def get(self, model: str) -> DeclaredRelease | None:
        """What was deployed last, or None."""
        key = state.key(f"MODEL#{model}", _DECLARATION)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return DeclaredRelease.from_dict(model, state.read(item)) if item else None

    def put(self, model: str, form: Mapping[str, Any]) -> None:
        """Write the JSON form of a declaration. Raises what ``DeclaredRelease.from_dict`` raises."""
        DeclaredRelease.from_dict(model, form)
        key = state.key(f"MODEL#{model}", _DECLARATION)
        self._client.put_item(TableName=self._table, Item={**key, "document": state.document(form)})

    def delete(self, model: str) -> None:
        """Remove a model's declaration, if there is one."""
        self._client.delete_item(TableName=self._table, Key=state.key(f"MODEL#{model}", _DECLARATION))

"""What is each version's drift compared with? Its reference.json, compressed: ``MODEL#<model> / REFERENCE#<version>``.

An item and no object of S3: a version without one is told from one that may not be read by a plain "no such item".
"""

import zlib
from typing import Any, Self

from sluice.aws import table as state
from sluice.domain.errors import InvalidReference

LARGEST = 390_000  # bytes; an item holds 400 KB, keys and names included


class References:
    """Reads and writes the texts of references."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> Self:
        """In the environment's region."""
        return cls(state.patient_client(), table=table)

    def get(self, model: str, version: str) -> bytes | None:
        """The reference.json of a version, or None."""
        found = self._client.get_item(TableName=self._table, Key=_key(model, version)).get("Item")
        return zlib.decompress(found["reference"]["B"]) if found else None

    def put(self, model: str, version: str, content: bytes) -> None:
        """Write the reference.json of a version, over what is there. Raises InvalidReference when it is too large."""
        packed = zlib.compress(content, 9)
        if len(packed) > LARGEST:
            raise InvalidReference(
                f"the reference of version {version} of {model} has {len(packed):,} bytes, compressed; {LARGEST:,} can "
                "be kept: build it with fewer categories"
            )
        self._client.put_item(TableName=self._table, Item={**_key(model, version), "reference": {"B": packed}})


def _key(model: str, version: str) -> dict[str, dict[str, str]]:
    return state.key(f"MODEL#{model}", f"REFERENCE#{version}")

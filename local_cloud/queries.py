"""How does a query of DynamoDB read one partition, and not the whole table?

moto sorts all items of a table for each query of a few: half a second with ten thousand items. A partition is a
dictionary of its own in moto's table, and only that is shown to the query.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.dynamodb.models.table import Table

from local_cloud.functions.replaced import replaced


@contextmanager
def install_queries() -> Iterator[None]:
    """Queries of tables see one partition; those of an index see all items, as in moto. The backend's lock is held."""
    original = Table.query
    asked = inspect.signature(original)

    def query(table: Any, *words: Any, **named: Any) -> Any:
        told = asked.bind(table, *words, **named).arguments
        if told.get("index_name") is not None or not table.has_range_key:
            return original(table, *words, **named)
        partition = list(table.items[told["hash_key"]].values()) if told["hash_key"] in table.items else []
        table.all_items = lambda: partition
        try:
            return original(table, *words, **named)
        finally:
            del table.all_items

    with replaced(Table, "query", query):
        yield

"""Which labels were given for many predictions? Read in batches by prediction id, which needs no index.

``pk = PREDICTION#<prediction id>, sk = FEEDBACK#<goal>`` (``sluice.aws.predictions``). A hundred keys a call, as they
are without consistency: half a read unit each, whether or not there is a label.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple, Self

from botocore.config import Config

from sluice.aws.attribute import as_float, as_moment
from sluice.aws.client import connect
from sluice.aws.item_store import ItemStore, in_groups
from sluice.aws.predictions import label_key, prediction_id_of
from sluice.domain.json_text import read_json

_AT_ONCE = 4  # calls: DynamoDB takes some milliseconds, in which another batch can be read
_GROUP = 100
_OK = 200


class Given(NamedTuple):
    """A label as it was given.

    Attributes:
        value: What was said.
        at: When it came to be; aware.
        received_at: When it was received; aware.

    """

    value: float
    at: datetime
    received_at: datetime


class GivenLabels:
    """Reads labels. Every method may raise StoreUnavailable."""

    def __init__(self, client: Any, *, table: str, sleep: Callable[[float], None]) -> None:
        client.meta.events.register_first("before-parse.dynamodb.BatchGetItem", _read_quickly)
        self._items = ItemStore(client, table=table, sleep=sleep)

    @classmethod
    def connect(cls, table: str) -> Self:
        """Five attempts of 5 s each: nobody waits."""
        config = Config(
            connect_timeout=5,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 5},
            parameter_validation=False,  # of 200 texts a call, all ours
        )
        return cls(connect("dynamodb", config), table=table, sleep=time.sleep)

    def of(self, prediction_ids: Sequence[str], name: str) -> dict[str, Given]:
        """The labels of that name, by prediction."""
        groups = in_groups(dict.fromkeys(prediction_ids), _GROUP)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(pair for found in pool.map(lambda group: self._some(group, name), groups) for pair in found)

    def _some(self, prediction_ids: Sequence[str], name: str) -> list[tuple[str, Given]]:
        keys = [label_key(each, name) for each in prediction_ids]
        return [
            (
                prediction_id_of(item),
                Given(as_float(item, "value"), as_moment(item, "at"), as_moment(item, "received_at")),
            )
            for item in self._items.get_many(keys, consistent=False)
        ]


def _read_quickly(*, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Have an answer read by orjson, in a tenth of the time: botocore looks at every attribute of every item.

    An event of botocore's: what is put into ``customized_response_dict`` is a part of the answer. Binary attributes
    would stay base64; labels have none.
    """
    if response_dict["status_code"] == _OK:
        customized_response_dict.update(read_json(response_dict["body"]))
        response_dict["body"] = b"{}"

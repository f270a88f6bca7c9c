"""Who may change a model's endpoint right now? One writer a model: ``pk = MODEL#<model>``, ``sk = LEASE``.

When a lease ends is compared in the condition of the write, never left to DynamoDB's time to live, which may be days
late. Every lease has a number of its own, the fence: what a holder writes names it, so that one who was held up writes
nothing any more.
"""

from datetime import datetime
from typing import Any, Self

from sluice.aws import table as state

_LEASE = "LEASE"
_FREE = "attribute_not_exists(pk) OR held_until <= :now OR holder = :holder"


def lease_key(model: str) -> dict[str, dict[str, str]]:
    """The item of a model's lease."""
    return state.key(f"MODEL#{model}", _LEASE)


class Lease:
    """The leases of all models."""

    def __init__(self, client: Any, *, table: str) -> None:
        self._client = client
        self._table = table

    @classmethod
    def connect(cls, table: str) -> Self:
        """In the environment's region."""
        return cls(state.patient_client(), table=table)

    def acquire(self, model: str, holder: str, *, now: datetime, seconds: float) -> int | None:
        """The fence of a lease that lasts so many seconds, or None while somebody else holds one.

        A holder who asks twice gets it twice: the answer to its first call may have been lost.
        """
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=lease_key(model),
                UpdateExpression="SET holder = :holder, held_until = :until ADD fence :one",
                ConditionExpression=_FREE,
                ExpressionAttributeValues={
                    ":holder": {"S": holder},
                    ":now": {"N": f"{now.timestamp():.3f}"},
                    ":until": {"N": f"{now.timestamp() + seconds:.3f}"},
                    ":one": state.number(1),
                },
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return int(answer["Attributes"]["fence"]["N"])

    def release(self, model: str, fence: int) -> None:
        """Give a lease back, unless it is somebody else's by now."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=lease_key(model),
                UpdateExpression="SET held_until = :over",
                ConditionExpression="fence = :fence",
                ExpressionAttributeValues={":over": state.number(0), ":fence": state.number(fence)},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

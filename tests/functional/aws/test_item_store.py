"""What the state table is asked again, and what is given up."""

from typing import Any

import pytest
from botocore.config import Config
from botocore.stub import Stubber

from sluice.aws.attribute import key
from sluice.aws.client import connect
from sluice.aws.item_store import ItemStore
from sluice.domain.errors import StoreUnavailable

ONE = {"Put": {"Item": key("a", "b")}}


class Scripted:
    """An item store whose table answers as scripted.

    Attributes:
        items: The store.
        slept: The pauses it made.
        table: Takes the script.

    """

    def __init__(self) -> None:
        client = connect("dynamodb", Config())
        self.slept: list[float] = []
        self.items = ItemStore(client, table="state", sleep=self.slept.append)
        self.table = Stubber(client)
        self.table.activate()

    def cancels(self, *codes: str) -> None:
        reasons = [{"Code": code} for code in codes]
        self.table.add_client_error(
            "transact_write_items",
            "TransactionCanceledException",
            modeled_fields={"CancellationReasons": reasons},
        )


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_meets_another_or_a_full_table_is_tried_again(code: str) -> None:
    scripted = Scripted()
    scripted.cancels(code, "None")
    scripted.table.add_response("transact_write_items", {})

    assert scripted.items.transact([ONE, ONE]) == frozenset()
    assert scripted.slept == [0.02]


def test_a_transaction_whose_condition_does_not_hold_is_not_tried_again() -> None:
    scripted = Scripted()
    scripted.cancels("None", "ConditionalCheckFailed")

    assert scripted.items.transact([ONE, ONE]) == frozenset({1})
    assert scripted.slept == []


@pytest.mark.parametrize(("code", "tries"), [("TransactionConflict", 7), ("ValidationError", 1)])
def test_a_transaction_is_given_up_at_once_or_when_others_do_not_stop(code: str, tries: int) -> None:
    scripted = Scripted()
    for _ in range(tries):
        scripted.cancels(code)

    with pytest.raises(StoreUnavailable, match=code):
        scripted.items.transact([ONE])
    assert len(scripted.slept) == tries - 1
    scripted.table.assert_no_pending_responses()


def test_what_a_batch_left_out_is_written_again() -> None:
    scripted = Scripted()
    first, second = ({"PutRequest": {"Item": key("a", str(number))}} for number in range(2))
    scripted.table.add_response(
        "batch_write_item",
        {"UnprocessedItems": {"state": [second]}},
        {"RequestItems": {"state": [first, second]}},
    )
    scripted.table.add_response("batch_write_item", {}, {"RequestItems": {"state": [second]}})

    scripted.items.put_many([key("a", "0"), key("a", "1")])

    scripted.table.assert_no_pending_responses()
    assert scripted.slept == [0.02]


def test_a_table_that_does_not_keep_up_is_given_up() -> None:
    scripted = Scripted()
    left: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {"state": {"Keys": [key("a", "b")]}}}
    for _ in range(7):
        scripted.table.add_response("batch_get_item", left)

    with pytest.raises(StoreUnavailable, match="does not keep up"):
        list(scripted.items.get_many([key("a", "b")]))


def test_what_aws_says_names_no_account_to_callers() -> None:
    scripted = Scripted()
    scripted.table.add_client_error("put_item", "AccessDeniedException", "arn:aws:iam::123456789012:role/secret")

    with pytest.raises(StoreUnavailable) as caught:
        scripted.items.put_new(key("a", "b"))
    assert str(caught.value) == "writing failed: AccessDeniedException"

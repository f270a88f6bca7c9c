import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from sluice.aws.references import References
from sluice.domain.drift.model_reference import text_of
from sluice.domain.drift.reference_form import read_reference
from sluice.domain.drift.sliced import Slice, SlicedReference
from sluice.domain.errors import InvalidReference
from sluice.service.find_reference import ReferenceBook
from sluice.service.keep_reference import NewReference, keep_reference, without_values
from tests.builders import a_store
from tests.drift_builders import a_reference
from tests.functional.deployed import a_client

TEXT = json.dumps(a_reference().to_dict()).encode()


@pytest.fixture
def references() -> Iterator[References]:
    with mock_aws():
        client = a_client("dynamodb")
        a_store(client)
        yield References(client, table="state")


def test_what_is_not_sensitive_is_kept_byte_by_byte(references: References) -> None:
    keep_reference(NewReference("flights", "1", TEXT), references)

    assert references.get("flights", "1") == TEXT
    assert without_values(TEXT, {"another"}) == TEXT


def test_the_values_of_a_sensitive_input_are_not_kept(references: References) -> None:
    keep_reference(NewReference("flights", "1", TEXT), references, sensitive={"carrier"})

    kept = references.get("flights", "1")
    assert kept is not None
    assert b"B6" in TEXT
    assert b"B6" not in kept
    assert read_reference(kept).summary.rows == 10_000


def test_slices_by_a_sensitive_column_are_not_kept(references: References) -> None:
    whole = a_reference()
    sliced = text_of(SlicedReference(whole, {Slice("town", "Rome"): whole.summary})).encode()

    keep_reference(NewReference("flights", "1", sliced), references, sensitive={"town"})

    kept = references.get("flights", "1")
    assert b"Rome" in sliced
    assert kept is not None
    assert b"Rome" not in kept


def test_one_that_cannot_be_used_is_refused(references: References) -> None:
    with pytest.raises(InvalidReference, match=r"version 2 of flights: reference\.json"):
        keep_reference(NewReference("flights", "2", b"{}"), references)

    assert references.get("flights", "2") is None


def test_what_was_kept_before_an_input_became_sensitive_is_not_looked_at(references: References) -> None:
    references.put("flights", "1", TEXT)

    found = ReferenceBook(references, lambda: 0.0, {"flights": {"carrier"}}).get("flights", "1")

    assert found is not None
    assert "B6" not in json.dumps(found.to_dict())

import struct

import pytest

from sluice.domain.batch import Batch, TensorData
from sluice.domain.instances import parse_instances
from sluice.domain.replay.inputs import elements, inputs_by_row
from sluice.domain.signature import Datatype, TensorSpec
from tests.builders import a_signature

TEMP = TensorSpec("temp", Datatype.FP32, (-1, 1), optional=True)
CARRIER = TensorSpec("carrier", Datatype.BYTES, (-1, 1), optional=True)
PAIR = TensorSpec("pair", Datatype.INT64, (-1, 2))


def test_inputs_are_as_people_write_them() -> None:
    batch = parse_instances(
        a_signature(TEMP, CARRIER, PAIR),
        {"instances": [{"temp": 1.5, "carrier": "UA", "pair": [1, 2]}, {"pair": [3, 4]}]},
    )

    assert inputs_by_row(batch) == [
        {"temp": 1.5, "carrier": "UA", "pair": [1, 2]},
        {"temp": None, "carrier": None, "pair": [3, 4]},
    ]


def test_tensors_sent_as_bytes_are_read() -> None:
    temp = TensorData(TEMP, (2, 1), memoryview(struct.pack("<2f", 1.5, float("nan"))))

    assert inputs_by_row(Batch(2, (temp,))) == [{"temp": 1.5}, {"temp": None}]


def test_what_has_no_rows_is_the_same_for_all() -> None:
    threshold = TensorData(TensorSpec("threshold", Datatype.FP32, ()), (), [0.5])
    temp = TensorData(TEMP, (2, 1), [1.5, 2.5])

    assert inputs_by_row(Batch(2, (temp, threshold))) == [
        {"temp": 1.5, "threshold": 0.5},
        {"temp": 2.5, "threshold": 0.5},
    ]


@pytest.mark.parametrize(
    ("datatype", "blob", "found"),
    [
        (Datatype.BOOL, b"\1\0", [True, False]),
        (Datatype.INT16, b"\1\0\xff\xff", [1, -1]),
        (Datatype.UINT8, b"\xff", [255]),
        (Datatype.FP16, struct.pack("<e", 0.5), [0.5]),
        (Datatype.BYTES, b"\2\0\0\0UA\1\0\0\0\xff", ["UA", "�"]),
    ],
)
def test_elements_are_read_from_a_tensors_bytes(datatype: Datatype, blob: bytes, found: list[object]) -> None:
    assert elements(datatype, memoryview(blob)) == found


def test_half_an_element_is_refused() -> None:
    with pytest.raises(ValueError, match="3 bytes are no whole number of INT16 elements"):
        elements(Datatype.INT16, memoryview(b"abc"))

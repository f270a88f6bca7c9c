"""Are the committed request bodies those the code makes, and do both protocols say the same?"""

import json
from pathlib import Path

from examples.flights import data, samples
from examples.flights.features import signature
from sluice.domain.instances import parse_instances
from sluice.domain.open_inference import parse_infer_request


def test_the_committed_bodies_are_those_of_the_command(split: data.Split, tmp_path: Path) -> None:
    samples.write(split.live, tmp_path)

    made = {file.name: file.read_text() for file in tmp_path.iterdir()}

    assert made == {file.name: file.read_text() for file in samples.FOLDER.iterdir()}


def test_both_bodies_are_the_same_two_flights() -> None:
    v1, v2 = (json.loads((samples.FOLDER / name).read_text()) for name in ("v1.json", "v2.json"))

    by_row, by_tensor = parse_instances(signature("1"), v1), parse_infer_request(signature("1"), v2)

    assert by_row.rows == by_tensor.rows == 2
    assert repr(by_row) == repr(by_tensor)  # repr: a missing value is nan, which equals nothing


def test_the_second_flight_shows_how_to_say_unknown() -> None:
    rows = json.loads((samples.FOLDER / "v1.json").read_text())["instances"]

    assert None not in rows[0].values()
    assert None in rows[1].values()

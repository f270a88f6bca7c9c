import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sluice.aws.state import RoutingStore
from sluice.cli.status import ModelStatus, read_status
from sluice.cli.target import Target, TargetName
from sluice.settings.source import parse
from tests.builders import a_routing, a_signature, a_store

SETTINGS = """
models:
  flights:
    variants:
      champion: {artifact: v1, weight: 90}
      challenger: {artifact: v2, weight: 10}
"""
TARGET = Target(TargetName.AWS, "http://127.0.0.1:1", "state", {})


@pytest.fixture
def store() -> Iterator[RoutingStore]:
    with mock_aws():
        yield a_store(boto3.client("dynamodb"))


def declare(folder: Path, **versions: str) -> Path:
    """A sluice.yaml of two variants, whose artifacts say these versions."""
    for artifact, version in versions.items():
        (folder / artifact).mkdir()
        signature = {**a_signature().to_dict(), "version": version}
        (folder / artifact / "signature.json").write_text(json.dumps(signature), encoding="utf-8")
    return folder / "sluice.yaml"


def status(config: Path) -> ModelStatus:
    (found,) = read_status(parse(SETTINGS, config), TARGET, config)
    return found


def test_a_missing_endpoint_is_said_with_what_callers_see(store: RoutingStore, tmp_path: Path) -> None:
    store.put(a_routing(champion=90, challenger=10))

    found = status(declare(tmp_path, v1="1", v2="2"))

    assert found.endpoint_status == "missing"
    assert found.notes == ["the endpoint is missing: predictions are answered 503; deploy again"]
    assert [(each.variant, each.endpoint_weight) for each in found.variants] == [
        ("champion", None),
        ("challenger", None),
    ]


def test_a_slot_whose_live_version_is_not_the_declared_one_is_noted(store: RoutingStore, tmp_path: Path) -> None:
    store.put(a_routing(champion=90, challenger=10))

    found = status(declare(tmp_path, v1="1", v2="3"))

    assert "challenger: declared 3, live 2: releases decide; a deploy does not change it" in found.notes
    assert not any(note.startswith("champion:") for note in found.notes)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_artifacts_that_are_not_here_or_cannot_be_read_are_no_matter(
    store: RoutingStore, tmp_path: Path, content: str | None
) -> None:
    store.put(a_routing(champion=90, challenger=10))
    if content is not None:
        (tmp_path / "v2").mkdir()
        (tmp_path / "v2/signature.json").write_text(content, encoding="utf-8")

    found = status(tmp_path / "sluice.yaml")

    assert not any("declared" in note for note in found.notes)


@pytest.mark.usefixtures("store")
def test_a_model_that_was_never_deployed_has_no_versions_to_compare(tmp_path: Path) -> None:
    found = status(declare(tmp_path, v1="1", v2="2"))

    assert found.notes == ["no routing table: the model has not been deployed"]
    assert found.variants == []

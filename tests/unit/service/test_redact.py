"""Two functions count a file, in any order and again and again; whoever is last takes sensitive inputs out of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from sluice.aws.captures import REDACTED, CapturedFile, Captures
from sluice.aws.file_steps import FileSteps
from sluice.domain.drift.wire import decode
from sluice.domain.feedback.rules import RuleBook
from sluice.domain.redaction.line import redacted_line
from sluice.domain.redaction.rules import Sensitive, Step
from sluice.service import index_predictions as index
from sluice.service import summarise
from sluice.service.find_reference import ReferenceBook
from sluice.service.redact import Done, Redaction, redact_when_done
from sluice.service.settle_feedback import Ledger
from tests.drift_builders import CARRIERS
from tests.feedback_builders import RULES, T0
from tests.monitoring_builders import HOUR, World, answers, exchange, hour, requests, traffic

SENSITIVE = Sensitive(frozenset({"temp", "carrier"}), frozenset({Step.INDEXED, Step.SUMMARISED}))


class Deployment:
    """Both functions of a model whose ``temp`` and ``carrier`` are sensitive."""

    def __init__(self, world: World, sensitive: Sensitive = SENSITIVE) -> None:
        self.world = world
        items = world.windows._items
        self.captures = Captures(world.s3)
        self.redaction = Redaction(self.captures, FileSteps(items), {"flights": sensitive})
        book = ReferenceBook(world.references, lambda: 0.0, {"flights": sensitive.inputs})
        reference = book.get("flights", "1")
        assert reference is not None
        self.binning = reference.binning
        self.counting = replace(world.intake, references=book, redaction=self.redaction)
        ledger = Ledger.of(items, RuleBook({"flights": RULES}), lambda _: None)
        letters = world.intake.dead_letters
        assert letters is not None
        self.indexing = index.Intake(self.captures, letters, world.intake.models, ledger, self.redaction)

    def summarise(self, file: CapturedFile) -> summarise.Summarised:
        return summarise.summarise_file(file, self.counting, now=T0)

    def index(self, file: CapturedFile) -> index.Indexed:
        return index.index_predictions(file, self.indexing, now=T0)

    def rows(self) -> int:
        found = self.world.windows.between("flights", "1", self.binning.id, first=hour(9), last=hour(9))
        return sum(decode(each.summary, self.binning).rows for each in found)

    def exposures(self) -> int:
        items: list[dict[str, Any]] = self.world.dynamodb.scan(TableName="state")["Items"]
        return sum(int(item["exposures"]["N"]) for item in items if "exposures" in item)

    def content(self, file: CapturedFile) -> str:
        body: bytes = self.world.s3.get_object(Bucket="data", Key=file.key)["Body"].read()
        return body.decode()

    def is_raw(self, file: CapturedFile) -> bool:
        return any(f'"{carrier}' in self.content(file).replace("\\", "") for carrier in CARRIERS)


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment(World())


def test_a_file_is_redacted_when_both_have_counted_it(deployment: Deployment) -> None:
    file = deployment.world.put_file(traffic(50, seed=1), name="one")
    raw = [deployment.is_raw(file)]

    deployment.summarise(file)
    raw.append(deployment.is_raw(file))
    deployment.index(file)
    raw.append(deployment.is_raw(file))

    assert raw == [True, True, False]
    assert (deployment.rows(), deployment.exposures()) == (50, 1)


def test_the_redacted_file_is_announced_like_a_new_one_and_counted_by_nobody(deployment: Deployment) -> None:
    file = deployment.world.put_file(traffic(50, seed=1))
    deployment.index(file)
    deployment.summarise(file)
    redacted = deployment.content(file)

    again = deployment.summarise(file)
    deployment.index(file)

    assert again.rows == 50
    assert (deployment.rows(), deployment.exposures()) == (50, 1)
    assert deployment.content(file) == redacted


def test_a_redacted_file_may_be_counted_first_by_other_bins(deployment: Deployment) -> None:
    """A reference that comes later finds in it what it would have found before."""
    file = deployment.world.put_file(traffic(50, seed=1))
    deployment.redaction.captures.rewrite(
        file, deployment.captures.open(file).etag, lambda line: redacted_line(line, SENSITIVE.inputs)
    )

    deployment.summarise(file)

    (stored,) = deployment.world.windows.between("flights", "1", deployment.binning.id, first=hour(9), last=hour(9))
    other = Deployment(deployment.world)
    raw = other.world.put_file(traffic(50, seed=1, at=T0 + HOUR), name="raw")
    other.summarise(raw)
    (expected,) = other.world.windows.between("flights", "1", other.binning.id, first=hour(10), last=hour(10))
    assert stored.summary == expected.summary


def test_lines_that_cannot_be_read_are_put_aside_once_and_nothing_of_them_is_shown(deployment: Deployment) -> None:
    secret = json.loads(exchange(requests(1, seed=1), answers(1, seed=1)))
    secret["captureData"]["endpointInput"]["data"] = '{"inputs": [{"name": "temp", "datatype": "1970-01-01"'
    wrong_type = json.loads(json.dumps(secret))
    tensor = {"name": "temp", "datatype": "1970-01-01", "shape": [1], "data": ["1970-01-01"]}
    wrong_type["captureData"]["endpointInput"]["data"] = json.dumps({"inputs": [tensor]})
    file = deployment.world.put_file("1970-01-01 is no JSON", json.dumps(secret), json.dumps(wrong_type))

    deployment.summarise(file)
    deployment.index(file)
    after = deployment.summarise(file)
    deployment.index(file)

    letters = deployment.world.buried()
    assert sorted(letter["reason"] for letter in letters) == ["1 lines cannot be read", "3 lines cannot be counted"]
    assert "1970" not in json.dumps(letters)
    assert after.poisoned == 3
    assert "1970" not in deployment.content(file)


def test_a_model_without_sensitive_inputs_is_left_alone(deployment: Deployment) -> None:
    file = deployment.world.put_file(traffic(5, seed=1))
    done = Done(file, "etag", "another", Step.INDEXED)

    assert redact_when_done(done, deployment.redaction, now=T0) is False
    assert deployment.is_raw(file)


def test_where_nothing_is_watched_the_index_is_last(deployment: Deployment) -> None:
    alone = Deployment(deployment.world, replace(SENSITIVE, after=frozenset({Step.INDEXED})))
    file = alone.world.put_file(traffic(5, seed=1))

    alone.index(file)

    assert not alone.is_raw(file)


def test_what_is_put_there_meanwhile_is_not_overwritten(deployment: Deployment) -> None:
    file = deployment.world.put_file(traffic(5, seed=1))
    etag = deployment.captures.open(file).etag
    deployment.world.put_file(traffic(7, seed=2))

    assert deployment.captures.rewrite(file, etag, lambda _: b"") is False
    assert deployment.is_raw(file)


def test_of_two_that_rewrite_at_once_one_does(deployment: Deployment) -> None:
    file = deployment.world.put_file(traffic(5, seed=1))
    etag = deployment.captures.open(file).etag
    other = Captures(deployment.world.s3)

    def change(line: bytes) -> bytes:
        """While one reads, the other one is done with it."""
        other.rewrite(file, etag, lambda _: b"the other's")
        return line

    assert deployment.captures.rewrite(file, etag, change) is False
    assert deployment.content(file) == "the other's\n"


def test_a_file_that_is_gone_needs_no_redaction(deployment: Deployment) -> None:
    assert deployment.captures.rewrite(CapturedFile("data", "gone"), "etag", lambda line: line) is False


class Refusing:
    """S3 that may be read and not written."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions

    def get_object(self, **wanted: Any) -> Any:
        return self._client.get_object(**wanted)

    def put_object(self, **_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")


def test_a_refused_write_comes_again_until_it_is_allowed(deployment: Deployment) -> None:
    """The notification stays in its queue; what is counted stays counted once."""
    file = deployment.world.put_file(traffic(5, seed=1))
    deployment.index(file)
    refusing = Captures(Refusing(deployment.world.s3))
    broken = replace(deployment.counting, redaction=replace(deployment.redaction, captures=refusing))
    with pytest.raises(ClientError):
        summarise.summarise_file(file, broken, now=T0)

    deployment.summarise(file)

    assert not deployment.is_raw(file)
    assert deployment.rows() == 5


def test_the_mark_of_a_redacted_file_is_the_etag_of_what_was_captured(deployment: Deployment) -> None:
    file = deployment.world.put_file(traffic(5, seed=1))
    etag = deployment.captures.open(file).etag

    deployment.index(file)
    deployment.summarise(file)

    found = deployment.world.s3.head_object(Bucket="data", Key=file.key)
    content = deployment.captures.open(file)
    assert found["Metadata"] == {REDACTED: etag}
    assert found["ETag"].strip('"') != etag
    assert (content.etag, content.is_redacted) == (etag, True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(Step), max_size=6))
def test_in_any_order_and_however_often_a_file_is_counted_once_and_in_the_end_redacted(order: list[Step]) -> None:
    with mock_aws():
        deployment = Deployment(World())
        file = deployment.world.put_file(traffic(5, seed=1))
        work = {Step.INDEXED: deployment.index, Step.SUMMARISED: deployment.summarise}
        seen: set[Step] = set()
        for step in order:
            work[step](file)
            seen.add(step)
            assert deployment.is_raw(file) == (seen != set(Step))
        for step in Step:
            work[step](file)

        assert (deployment.rows(), deployment.exposures()) == (5, 1)
        assert not deployment.is_raw(file)

from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from sluice.aws.item_store import ItemStore
from sluice.aws.rewards import Rewards
from sluice.aws.rollouts import Rollouts
from sluice.domain.errors import StaleWrite
from sluice.domain.rollout.decision import Entry, EntryKind
from sluice.domain.rollout.rollout import Command, Verb
from sluice.service.command_rollout import command_rollout
from sluice.service.explain_rollout import explain_rollout
from tests.builders import a_store
from tests.unit.cli.rollouts import PROGRESSING, T0, a_rollout


@pytest.fixture
def rollouts() -> Iterator[Rollouts]:
    with mock_aws():
        client = boto3.client("dynamodb")
        a_store(client)
        yield Rollouts(client, table="state")


def test_sentences_tell_where_it_is_and_who_decided_so(rollouts: Rollouts) -> None:
    shifted = Entry(EntryKind.SHIFTED, "controller", "the shadow was well", T0)
    rollout = rollouts.put(a_rollout(**PROGRESSING, settled_at=T0), shifted)

    items = ItemStore(boto3.client("dynamodb"), table="state", sleep=lambda _: None)
    now = T0 + timedelta(minutes=2)
    said = " ".join(explain_rollout(rollout, rollouts=rollouts, rewards=Rewards(items), now=now))

    assert "stage 2 of 3 of the plan canary" in said
    assert "Because controller decided at 10:15 UTC: the shadow was well." in said
    assert "2 minutes of at least 5 minutes are over" in said


def test_a_command_about_another_revision_is_not_taken(rollouts: Rollouts) -> None:
    rollout = rollouts.put(a_rollout(**PROGRESSING))
    command = Command(Verb.ABORT, "ada", "wrong labels", T0)

    with pytest.raises(StaleWrite, match="it is revision 1 now, not 0"):
        command_rollout("flights", rollout.id, command, rollouts=rollouts, now=T0, revision=0)
    obeyed = command_rollout("flights", rollout.id, command, rollouts=rollouts, now=T0, revision=1)

    assert obeyed.command == command

"""Whose access key is this, what is its secret, and what do the owner's policies say?

Read from moto's own records of IAM and STS, in this process.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from local_cloud.context import ACCOUNT, CloudContext
from local_cloud.front_door.sigv4 import BadSignature
from local_cloud.iam.policy import Statement

PARTITION = "aws"
_EVERYTHING: tuple[Statement, ...] = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)


@dataclass(frozen=True, slots=True)
class Principal:
    """The owner of an access key.

    Attributes:
        session_token: What a temporary key must be presented with.
        statements: Identity policies, inline, attached and through groups.
        session_statements: What the session was narrowed to, if it was.

    """

    access_key_id: str
    secret: str
    session_token: str | None
    arn: str
    user_id: str
    statements: tuple[Statement, ...]
    session_statements: tuple[Statement, ...] | None = None


def find_principal(access_key_id: str, context: CloudContext, *, now: datetime) -> Principal:
    """The owner of an active key; the account's root for the cloud's own key.

    Raises:
        BadSignature: Nobody owns the key, or it is inactive or expired, or its role is gone.

    """
    if access_key_id == context.access_key_id:
        root = f"arn:aws:iam::{ACCOUNT}:root"
        return Principal(access_key_id, context.secret_access_key, None, root, ACCOUNT, _EVERYTHING)
    for session in list(sts_backends[ACCOUNT][PARTITION].assumed_roles):
        if session.access_key_id == access_key_id:
            return _of_session(session, now)
    return _of_user(access_key_id)


def _of_user(access_key_id: str) -> Principal:
    iam = iam_backends[ACCOUNT][PARTITION]
    for user in list(iam.users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key_id and key.status == "Active":
                groups = iam.get_groups_for_user(user.name)
                statements = tuple(one for owner in (user, *groups) for one in _policies(owner))
                return Principal(access_key_id, key.secret_access_key, None, user.arn, user.id, statements)
    raise BadSignature(f"nobody owns the access key {access_key_id}")


def _of_session(session: Any, now: datetime) -> Principal:
    if session.expiration.replace(tzinfo=UTC) <= now:
        raise BadSignature("the session has expired")
    name = session.role_arn.rpartition("/")[2]
    roles = list(iam_backends[ACCOUNT][PARTITION].roles.values())
    role = next((role for role in roles if role.name == name), None)
    if role is None:
        raise BadSignature(f"the role {name} is gone")
    return Principal(
        access_key_id=session.access_key_id,
        secret=session.secret_access_key,
        session_token=session.session_token,
        arn=session.arn,
        user_id=session.user_id,
        statements=tuple(_policies(role)),
        session_statements=tuple(_statements(session.policy)) if session.policy else None,
    )


def _policies(owner: Any) -> Iterator[Statement]:
    """The statements of a user's, group's or role's inline and attached policies."""
    attached = [one for policy in owner.managed_policies.values() for one in policy.versions if one.is_default]
    for document in [*owner.policies.values(), *(version.document for version in attached)]:
        yield from _statements(document)


def _statements(document: Any) -> list[Statement]:
    read = json.loads(document) if isinstance(document, str) else document
    statements = read["Statement"]
    return statements if isinstance(statements, list) else [statements]

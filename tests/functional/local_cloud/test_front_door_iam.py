import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_cloud.context import ACCOUNT, REGION
from tests.functional.local_cloud.front_door_builders import Answered, Knocker, a_front_door, a_moto_server

TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})
PREDICT = "/v1/models/flights:predict"
BODY = b'{"instances":[[1]]}'


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knocker]:
    with a_moto_server(tmp_path_factory.mktemp("cloud")) as context, a_front_door(context) as knocker:
        knocker.a_stage()
        knocker.a_route("ANY /v1/{proxy+}", AuthorizationType="AWS_IAM")
        knocker.a_route("ANY /admin/{proxy+}", AuthorizationType="AWS_IAM")
        yield knocker


@pytest.fixture
def knocker(shared: Knocker) -> Knocker:
    shared.events.clear()
    return shared


@pytest.fixture
def user(knocker: Knocker) -> Iterator[Credentials]:
    """May predict, but not administrate."""
    iam = knocker.context.client("iam")
    iam.create_user(UserName="caller")
    document = allow(f"{arn_of(knocker)}/$default/POST/v1/*")
    iam.put_user_policy(UserName="caller", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    iam.delete_access_key(UserName="caller", AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName="caller", PolicyName="p")
    iam.delete_user(UserName="caller")


def arn_of(knocker: Knocker) -> str:
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{knocker.api_id}"


def allow(resource: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def signed_headers(knocker: Knocker, credentials: Credentials, path: str = PREDICT) -> dict[str, str]:
    request = AWSRequest("POST", knocker.door.url + path, data=BODY, headers={"content-type": "application/json"})
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    return dict(request.headers.items())


def knock(knocker: Knocker, credentials: Credentials, path: str = PREDICT) -> Answered:
    return knocker.send("POST", path, BODY, signed_headers(knocker, credentials, path))


def is_forbidden(answer: Answered) -> bool:
    return (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_a_signed_request_of_a_user_passes_and_says_who_calls(knocker: Knocker, user: Credentials) -> None:
    answer = knock(knocker, user, f"{PREDICT}?b=%20x&a=1")

    [(_, event)] = knocker.events
    caller = event["requestContext"]["authorizer"]["iam"]
    assert answer.status == 200
    assert caller["accessKey"] == user.access_key
    assert caller["accountId"] == ACCOUNT
    assert caller["userArn"] == f"arn:aws:iam::{ACCOUNT}:user/caller"


def test_the_users_policy_decides_on_method_and_path(knocker: Knocker, user: Credentials) -> None:
    assert knock(knocker, user).status == 200
    assert is_forbidden(knock(knocker, user, "/admin/v1/rollouts"))


def test_a_deny_in_an_attached_policy_of_a_group_wins(knocker: Knocker, user: Credentials) -> None:
    iam = knocker.context.client("iam")
    iam.create_group(GroupName="barred")
    policy = iam.create_policy(PolicyName="deny", PolicyDocument=allow("*", "Deny"))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="barred", PolicyArn=policy)
    before = knock(knocker, user)

    iam.add_user_to_group(GroupName="barred", UserName="caller")

    assert before.status == 200
    assert is_forbidden(knock(knocker, user))
    iam.remove_user_from_group(GroupName="barred", UserName="caller")
    iam.detach_group_policy(GroupName="barred", PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)
    iam.delete_group(GroupName="barred")


def test_unsigned_tampered_and_unknown_requests_are_forbidden(knocker: Knocker, user: Credentials) -> None:
    headers = signed_headers(knocker, user)

    assert is_forbidden(knocker.call("POST", PREDICT, BODY))
    assert is_forbidden(knocker.send("POST", PREDICT, BODY + b" ", headers))
    assert is_forbidden(knocker.send("PUT", PREDICT, BODY, headers))
    assert is_forbidden(knocker.send("POST", f"{PREDICT}?a=1", BODY, headers))
    assert is_forbidden(knock(knocker, Credentials(user.access_key, "wrong")))
    assert is_forbidden(knock(knocker, Credentials("AKIAUNKNOWN", str(user.secret_key))))
    assert is_forbidden(knocker.call("POST", PREDICT, BODY, authorization="Bearer abc"))
    assert knocker.events == []


def test_an_old_signature_and_an_inactive_key_are_forbidden(knocker: Knocker, user: Credentials) -> None:
    iam = knocker.context.client("iam")
    request = AWSRequest("POST", knocker.door.url + PREDICT, data=BODY, headers={"host": knocker.door.url[7:]})
    signer = SigV4Auth(user, "execute-api", REGION)
    request.context["timestamp"] = (datetime.now(UTC) - timedelta(minutes=6)).strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    signer._inject_signature_to_request(request, signature)

    assert is_forbidden(knocker.send("POST", PREDICT, BODY, dict(request.headers.items())))

    iam.update_access_key(UserName="caller", AccessKeyId=user.access_key, Status="Inactive")

    assert is_forbidden(knock(knocker, user))


def a_session(knocker: Knocker, role: str, **options: Any) -> Mapping[str, Any]:
    sts = knocker.context.client("sts")
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    credentials: Mapping[str, Any] = sts.assume_role(RoleArn=arn, RoleSessionName="me", **options)["Credentials"]
    return credentials


def test_an_assumed_role_needs_its_session_token_and_its_session_policy(knocker: Knocker) -> None:
    iam = knocker.context.client("iam")
    iam.create_role(RoleName="operator", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="operator", PolicyName="p", PolicyDocument=allow(f"{arn_of(knocker)}/*"))
    whole = a_session(knocker, "operator")
    narrow = a_session(knocker, "operator", Policy=allow(f"{arn_of(knocker)}/*/*/admin/*"))
    key, secret, token = whole["AccessKeyId"], whole["SecretAccessKey"], whole["SessionToken"]

    assert knock(knocker, Credentials(key, secret, token)).status == 200
    arn = knocker.events[0][1]["requestContext"]["authorizer"]["iam"]["userArn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/me"
    assert is_forbidden(knock(knocker, Credentials(key, secret)))
    assert is_forbidden(knock(knocker, Credentials(key, secret, token + "x")))
    narrowed = Credentials(narrow["AccessKeyId"], narrow["SecretAccessKey"], narrow["SessionToken"])
    assert is_forbidden(knock(knocker, narrowed))
    assert knock(knocker, narrowed, "/admin/v1/rollouts").status == 200
    iam.delete_role_policy(RoleName="operator", PolicyName="p")
    iam.delete_role(RoleName="operator")
    assert is_forbidden(knock(knocker, Credentials(key, secret, token)))


def test_the_clouds_own_key_is_the_accounts_root(knocker: Knocker) -> None:
    root = Credentials(knocker.context.access_key_id, knocker.context.secret_access_key)

    assert knock(knocker, root, "/admin/v1/rollouts").status == 200
    caller = knocker.events[0][1]["requestContext"]["authorizer"]["iam"]
    assert caller["userArn"] == f"arn:aws:iam::{ACCOUNT}:root"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_a_request_signed_by_curl_passes(knocker: Knocker, user: Credentials, tmp_path: Path) -> None:
    command = ["curl", "--silent", "--show-error", "--max-time", "10", "--aws-sigv4", f"aws:amz:{REGION}:execute-api"]
    command += ["--user", f"{user.access_key}:{user.secret_key}", "--write-out", "%{http_code}"]
    command += ["--output", str(tmp_path / "answer"), "--header", "content-type: application/json"]

    done = subprocess.run(
        [*command, "--data-binary", BODY.decode(), f"{knocker.door.url}/v1/feedback"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "200"
    assert knocker.events[0][1]["rawPath"] == "/v1/feedback"


def test_a_signature_is_checked_in_little_time(knocker: Knocker, user: Credentials) -> None:
    """A loose bound: it is a millisecond on a busy laptop, and an accidental call to a server would cost ten."""
    knock(knocker, user)
    started = time.process_time()

    statuses = {knock(knocker, user).status for _ in range(50)}

    assert statuses == {200}
    assert (time.process_time() - started) / 50 < 0.01

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.functional.local_cloud.front_door_builders import (
    AnIssuer,
    Answered,
    Knocker,
    a_front_door,
    a_moto_server,
    eventually,
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[AnIssuer]:
    issuer = AnIssuer()
    yield issuer
    issuer.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, issuer: AnIssuer) -> Iterator[Knocker]:
    with a_moto_server(tmp_path_factory.mktemp("cloud")) as context, a_front_door(context) as knocker:
        knocker.a_stage()
        authorizer = an_authorizer(knocker, issuer.url)
        knocker.a_route("GET /open")
        knocker.a_route("GET /token", AuthorizationType="JWT", AuthorizerId=authorizer)
        knocker.a_route(
            "GET /scoped", AuthorizationType="JWT", AuthorizerId=authorizer, AuthorizationScopes=["predict", "admin"]
        )
        yield knocker


@pytest.fixture
def knocker(shared: Knocker) -> Knocker:
    shared.events.clear()
    return shared


def an_authorizer(knocker: Knocker, issuer: str, source: str = "$request.header.Authorization") -> str:
    authorizer: str = knocker.gateway.create_authorizer(
        ApiId=knocker.api_id,
        AuthorizerType="JWT",
        IdentitySource=[source],
        JwtConfiguration={"Issuer": issuer, "Audience": ["sluice", "sluice-cli"]},
        Name="oidc",
    )["AuthorizerId"]
    return authorizer


def knock(knocker: Knocker, token: str, path: str = "/token") -> Answered:
    return knocker.call("GET", path, authorization=f"Bearer {token}")


def description(answer: Answered) -> str:
    """Why a token was refused, which must be a 401 in API Gateway's words."""
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    return answer.headers["www-authenticate"].partition('error_description="')[2].rstrip('"')


def test_a_good_token_passes_and_its_claims_reach_the_function_as_text(knocker: Knocker, issuer: AnIssuer) -> None:
    token = issuer.token(groups=["a", "b"], level=3, admin=True, scope="predict")

    answer = knock(knocker, token)

    [(_, event)] = knocker.events
    authorizer = event["requestContext"]["authorizer"]["jwt"]
    assert answer.status == 200
    assert authorizer["scopes"] is None
    claims = authorizer["claims"]
    assert (claims["sub"], claims["groups"], claims["level"], claims["admin"]) == ("user-1", "[a b]", "3", "true")
    assert claims["exp"].isdigit()


def test_the_word_bearer_may_be_missing_and_a_client_id_may_stand_for_the_audience(
    knocker: Knocker, issuer: AnIssuer
) -> None:
    token = issuer.token(without=("aud",), client_id="sluice-cli")

    assert knocker.call("GET", "/token", authorization=token).status == 200
    assert knocker.call("GET", "/open").status == 200


def test_a_missing_token_is_asked_for(knocker: Knocker) -> None:
    answer = knocker.call("GET", "/token")

    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"] == "Bearer"
    assert knocker.events == []


def seconds_ahead(seconds: int) -> Callable[[], int]:
    """A time of the moment at which the token is made: a test may run half an hour after it was collected."""
    return lambda: int(time.time()) + seconds


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": seconds_ahead(-60)}, "the token has expired"),
        ({"nbf": seconds_ahead(600)}, "the token is not valid yet"),
        ({"iat": seconds_ahead(600)}, "the token is not valid yet"),
        ({"iss": "https://somebody-else.example"}, "the token does not have a valid issuer"),
        ({"aud": "another-service"}, "the token does not have a valid audience"),
        ({"aud": "another-service", "client_id": "sluice"}, "the token does not have a valid audience"),
        ({"aud": []}, "the token does not have a valid audience"),
        ({"exp": "tomorrow"}, "the token is not valid"),
        ({"key": "no-such-key"}, "unable to find the key of the token"),
        ({"without": ("exp",)}, "the token is not valid"),
        ({"without": ("iss",)}, "the token is not valid"),
        ({"without": ("aud",)}, "the token does not have a valid audience"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    knocker: Knocker, issuer: AnIssuer, claims: dict[str, Any], why: str
) -> None:
    claims = {name: value() if callable(value) else value for name, value in claims.items()}

    answer = knock(knocker, issuer.token(**claims))

    assert description(answer) == why
    assert knocker.events == []


def test_a_token_signed_by_another_key_of_the_same_name_is_refused(knocker: Knocker, issuer: AnIssuer) -> None:
    forger = rsa.generate_private_key(65537, 2048)
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})

    forged = jwt.encode(claims, forger, algorithm="RS256", headers={"kid": "first"})

    assert description(knock(knocker, forged)) == "signature verification failed"


def test_a_token_whose_claims_were_changed_is_refused(knocker: Knocker, issuer: AnIssuer) -> None:
    head, payload, signature = issuer.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "root"}).encode()).rstrip(b"=").decode()

    assert description(knock(knocker, f"{head}.{changed}.{signature}")) == "signature verification failed"


def unsigned(issuer: AnIssuer) -> str:
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": "first"})


def signed_with_the_public_key_as_secret(issuer: AnIssuer) -> str:
    """The old confusion of RS256 with HS256; written by hand because PyJWT refuses to make it."""
    header = b64url({"alg": "HS256", "kid": "first", "typ": "JWT"})
    payload = b64url(jwt.decode(issuer.token(), options={"verify_signature": False}))
    public = issuer.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hmac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = base64.urlsafe_b64encode(hmac.sign(f"{header}.{payload}".encode(), public)).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


def signed_with_an_elliptic_curve(issuer: AnIssuer) -> str:
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": "first"})


def b64url(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("forge", [unsigned, signed_with_the_public_key_as_secret, signed_with_an_elliptic_curve])
def test_only_rsa_signatures_count(knocker: Knocker, issuer: AnIssuer, forge: Callable[[AnIssuer], str]) -> None:
    answer = knock(knocker, forge(issuer))

    assert description(answer) == "the token is signed with an algorithm that is not supported"


@pytest.mark.parametrize("token", ["x", "a.b.c", "...", "é", "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_what_is_no_token_is_refused(knocker: Knocker, token: str) -> None:
    answer = knocker.send("GET", "/token", b"", {"authorization": f"Bearer {token}".encode().decode("latin-1")})

    assert answer.status == 401
    assert knocker.events == []


def test_a_route_with_scopes_wants_one_of_them(knocker: Knocker, issuer: AnIssuer) -> None:
    good = knock(knocker, issuer.token(scope="openid predict"), "/scoped")
    as_list = knock(knocker, issuer.token(scp=["admin"]), "/scoped")
    lacking = knock(knocker, issuer.token(scope="openid"), "/scoped")

    assert good.status == as_list.status == 200
    assert knocker.events[0][1]["requestContext"]["authorizer"]["jwt"]["scopes"] == ["predict"]
    assert (lacking.status, lacking.json) == (403, {"message": "Forbidden"})
    assert 'error="insufficient_scope"' in lacking.headers["www-authenticate"]


def test_keys_are_fetched_once_and_again_when_they_were_rotated(shared: Knocker) -> None:
    issuer = AnIssuer()
    with a_front_door(shared.context) as knocker:
        knocker.a_stage()
        knocker.a_route("$default", AuthorizationType="JWT", AuthorizerId=an_authorizer(knocker, issuer.url))
        old = issuer.token()
        statuses = {knock(knocker, old, "/").status for _ in range(5)}
        fetched = issuer.requests

        issuer.rotate("second")

        assert statuses == {200}
        assert fetched == 2
        assert eventually(lambda: knock(knocker, issuer.token(), "/").status == 200)
        assert description(knock(knocker, old, "/")) == "unable to find the key of the token"
    issuer.stop()


def test_a_token_may_come_in_the_query_and_an_issuer_may_be_away(shared: Knocker) -> None:
    issuer = AnIssuer()
    with a_front_door(shared.context) as knocker:
        knocker.a_stage()
        authorizer = an_authorizer(knocker, issuer.url, "$request.querystring.token")
        knocker.a_route("$default", AuthorizationType="JWT", AuthorizerId=authorizer)
        token = issuer.token()
        issuer.stop()

        answer = knocker.call("GET", f"/?token={token}")

        assert description(answer) == "OIDC discovery endpoint communication error"

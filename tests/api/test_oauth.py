"""The token endpoint, as OAuth 2.0 clients use and misuse it."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import orjson
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc.jws import extract_compact

from api.node_ids import encode_id
from tests.api.client import Client, until
from tests.api.house import LIVING_SECONDS, ApiHouse

CREATE = """
mutation ($input: ApiClientCreateInput!) {
  apiClientCreate(input: $input) {
    __typename
    ... on ApiClientCreated { secret client { id clientId name scopes secrets { hint expiresAt } } }
    ... on IllegalState { state }
    ... on UserError { code path }
  }
}
"""
ROTATE = """
mutation ($input: ApiClientSecretRotateInput!) {
  apiClientSecretRotate(input: $input) {
    __typename ... on ApiClientSecretRotated { secret client { secrets { hint } } } ... on UserError { code path }
  }
}
"""
REVOKE = """
mutation ($input: ApiClientRevokeInput!) {
  apiClientRevoke(input: $input) {
    __typename ... on ApiClientRevoked { client { revokedAt secrets { hint } } } ... on UserError { code path }
  }
}
"""
CLIENTS = "{ viewer { apiClients { nodes { name lastUsedAt revokedAt } } } }"


@pytest.fixture
async def owner(house: ApiHouse, http: httpx.AsyncClient) -> Client:
    """A hotelier with a verified address."""
    client = await Client(http, house.url).sign_up("HOTELIER")
    await house.database.execute("UPDATE auth.account SET email_verified_at = now() WHERE email = $1", client.email)
    return client


async def create(owner: Client, *scopes: str) -> dict[str, Any]:
    return await owner.mutate(CREATE, {"name": "Channel manager", "scopes": scopes or ("READ_HOTELS", "READ_BOOKINGS")})


async def ask(
    owner: Client, form: dict[str, str], *, auth: tuple[str, str] | None = None, **headers: str
) -> httpx.Response:
    basic = {"auth": auth} if auth else {}
    return await owner.http.post(f"{owner.url}/oauth/token", data=form, headers=headers, **basic)  # type: ignore[arg-type]


def credentials(made: dict[str, Any]) -> tuple[str, str]:
    return made["client"]["clientId"], made["secret"]


GRANT = {"grant_type": "client_credentials"}


async def test_a_client_gets_a_token_and_reads_its_hoteliers_houses(owner: Client) -> None:
    made = await create(owner)
    token = (await ask(owner, GRANT | {"scope": "read:hotels"}, auth=credentials(made))).json()
    assert (token["token_type"], token["scope"]) == ("Bearer", "read:hotels")
    assert 0 < token["expires_in"] <= LIVING_SECONDS
    machine = Client(owner.http, owner.url, token=token["access_token"])
    seen = await machine.data("{ viewer { email hotels { nodes { id } } } }")
    assert seen == {"viewer": {"email": owner.email, "hotels": {"nodes": []}}}
    (listed,) = (await owner.data(CLIENTS))["viewer"]["apiClients"]["nodes"]
    assert (listed["name"], listed["revokedAt"]) == ("Channel manager", None)
    assert listed["lastUsedAt"] is not None


async def test_credentials_may_stand_in_the_body_and_no_answer_is_kept(owner: Client) -> None:
    client_id, secret = credentials(await create(owner))
    answer = await ask(owner, GRANT | {"client_id": client_id, "client_secret": secret})
    assert answer.status_code == 200
    assert answer.json()["scope"] == "read:bookings read:hotels"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


async def test_wrong_credentials_are_401_and_say_how_to_authenticate(owner: Client) -> None:
    client_id, secret = credentials(await create(owner))
    for auth in ((client_id, "wrong"), (str(uuid.uuid4()), secret), ("nobody", "x")):
        answer = await ask(owner, GRANT, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert (await ask(owner, GRANT)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        (GRANT | {"scope": "read:everything"}, "invalid_scope"),
        (GRANT | {"scope": "write:bookings"}, "invalid_scope"),
        (GRANT | {"client_id": "x", "client_secret": "y"}, "invalid_request"),
        (GRANT | {"scope": "read:hotels\x00"}, "invalid_request"),
    ],
)
async def test_what_is_asked_wrongly_is_refused_in_the_standards_words(
    owner: Client, form: dict[str, str], error: str
) -> None:
    answer = await ask(owner, form, auth=credentials(await create(owner)))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=client_credentials&grant_type=password", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"a" * 20_000, "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_no_form_is_an_invalid_request(owner: Client, body: bytes, media_type: str) -> None:
    answer = await owner.http.post(f"{owner.url}/oauth/token", content=body, headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await owner.http.get(f"{owner.url}/oauth/token")).status_code == 405


async def test_the_metadata_is_what_the_standard_asks_for(house: ApiHouse, nobody: Client) -> None:
    told = (await nobody.http.get(f"{house.url}/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == orjson.loads(extract_compact(house.hotelier.token.encode()).payload)["iss"]
    assert told["token_endpoint"] == f"{house.url}/oauth/token"
    over_tls = {
        name: value.replace("http://", "https://") if isinstance(value, str) else value for name, value in told.items()
    }
    metadata = AuthorizationServerMetadata(over_tls)
    metadata.validate_issuer()
    metadata.validate_token_endpoint()
    metadata.validate_jwks_uri()
    metadata.validate_scopes_supported()
    metadata.validate_grant_types_supported()
    metadata.validate_token_endpoint_auth_methods_supported()
    assert (await nobody.http.get(told["jwks_uri"])).json()["keys"]


async def test_both_secrets_work_while_they_overlap(owner: Client) -> None:
    made = await create(owner)
    rotated = await owner.mutate(ROTATE, {"clientId": made["client"]["id"]})
    assert len(rotated["client"]["secrets"]) == 2
    client_id, old = credentials(made)
    for secret in (old, rotated["secret"]):
        assert (await ask(owner, GRANT, auth=(client_id, secret))).status_code == 200
    newest = await owner.mutate(ROTATE, {"clientId": made["client"]["id"], "overlapHours": 0})
    assert (await ask(owner, GRANT, auth=(client_id, old))).status_code == 401
    assert (await ask(owner, GRANT, auth=(client_id, newest["secret"]))).status_code == 200
    answer = await owner.mutate(ROTATE, {"clientId": made["client"]["id"], "overlapHours": 169})
    assert (answer["__typename"], answer["path"]) == ("InvalidInput", ["overlapHours"])


async def test_a_revoked_client_is_out_with_its_tokens(house: ApiHouse, owner: Client) -> None:
    made = await create(owner)
    token = (await ask(owner, GRANT, auth=credentials(made))).json()["access_token"]
    machine = Client(owner.http, owner.url, token=token)
    assert (await machine.data("{ viewer { email } }"))["viewer"]["email"] == owner.email
    revoked = await owner.mutate(REVOKE, {"clientId": made["client"]["id"]})
    assert revoked["client"]["secrets"] == []
    assert (await ask(owner, GRANT, auth=credentials(made))).status_code == 401

    async def refused() -> bool:
        return (await machine.post("{ viewer { email } }")).status_code == 401

    await until(refused)


async def test_clients_are_for_hoteliers_whose_address_is_verified(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client, nobody: Client
) -> None:
    unverified = await Client(http, house.url).sign_up("HOTELIER")
    answer = await create(unverified)
    assert (answer["__typename"], answer["state"]) == ("IllegalState", "UNVERIFIED")
    for client, code in ((guest, "PERMISSION_DENIED"), (nobody, "UNAUTHENTICATED")):
        answer = await create(client)
        assert (answer["__typename"], answer["code"]) == ("NotPermitted", code)
    assert (await guest.data(CLIENTS))["viewer"]["apiClients"]["nodes"] == []


async def test_a_strangers_client_does_not_exist(house: ApiHouse, http: httpx.AsyncClient, owner: Client) -> None:
    made = await create(owner)
    stranger = await Client(http, house.url).sign_up("HOTELIER")
    for mutation in (ROTATE, REVOKE):
        answer = await stranger.mutate(mutation, {"clientId": made["client"]["id"]})
        assert (answer["__typename"], answer["path"]) == ("NotFound", ["clientId"])
    elsewhere = {"clientId": encode_id("Hotel", str(uuid.uuid4()))}
    assert (await owner.mutate(REVOKE, elsewhere))["__typename"] == "NotFound"
    assert (await ask(owner, GRANT, auth=credentials(made))).status_code == 200

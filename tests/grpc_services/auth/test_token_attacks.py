"""Forged and stale access tokens, against the verifier that every service uses, over a real channel."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from typing import Any

import grpc
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from contracts.auth.v1 import auth_pb2
from grpc_services.auth.signing_keys import SigningKeys
from runtime.channels import call
from runtime.errors import ServiceError, Unauthenticated
from runtime.identity import ALGORITHM, Role, TokenVerifier
from tests.grpc_services.auth.people import Stub, refused


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else orjson.dumps(part)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def good_claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": "https://innkeeper.example",
        "aud": "innkeeper-services",
        "sub": str(uuid.uuid4()),
        "role": "ADMIN",
        "sid": "",
        "iat": now - 5,
        "exp": now + 300,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(key: OKPKey, claims: dict[str, Any], kid: str | None = None) -> str:
    header = {"alg": ALGORITHM, "kid": kid or key.kid}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def without_algorithm(key: OKPKey) -> str:
    return f"{encoded({'alg': 'none', 'kid': key.kid})}.{encoded(good_claims())}."


def hmac_with(secret: bytes, key: OKPKey) -> str:
    body = f"{encoded({'alg': 'HS256', 'kid': key.kid})}.{encoded(good_claims())}"
    return f"{body}.{encoded(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def with_role_tampered(key: OKPKey) -> str:
    head, _, signature = signed(key, good_claims(role="GUEST")).split(".")
    return f"{head}.{encoded(good_claims(role='ADMIN'))}.{signature}"


def with_own_key_in_the_header(key: OKPKey) -> str:
    own = OKPKey.generate_key("Ed25519")
    header = {"alg": ALGORITHM, "kid": key.kid, "jwk": own.as_dict(private=False)}
    return jwt.encode(header, good_claims(), own, algorithms=[ALGORITHM])


ATTACKS: dict[str, Callable[[OKPKey], str]] = {
    "no algorithm": without_algorithm,
    "HMAC with the public key as PEM": lambda key: hmac_with(key.as_pem(private=False), key),
    "HMAC with the public key's bytes": lambda key: hmac_with(key.as_bytes(private=False), key),
    "role tampered": with_role_tampered,
    "own key in the header": with_own_key_in_the_header,
    "another key under our key id": lambda key: signed(OKPKey.generate_key("Ed25519"), good_claims(), key.kid),
    "unknown key id": lambda key: signed(key, good_claims(), "unknown"),
    "wrong audience": lambda key: signed(key, good_claims(aud="another-platform")),
    "no audience": lambda key: signed(key, good_claims(aud=None)),
    "wrong issuer": lambda key: signed(key, good_claims(iss="somebody")),
    "expired": lambda key: signed(key, good_claims(exp=int(time.time()) - 1)),
    "never expires": lambda key: signed(key, good_claims(exp=None)),
    "no subject": lambda key: signed(key, good_claims(sub=None)),
    "unknown role": lambda key: signed(key, good_claims(role="OWNER")),
    "signature cut off": lambda key: signed(key, good_claims()).rpartition(".")[0] + ".",
    "not a token": lambda _key: "a.b.c",
    "header is no object": lambda _key: f"{encoded([1])}.{encoded({})}.x",
}


class CountingFetch:
    """Fetches the key set over the channel and counts."""

    def __init__(self, auth: Stub) -> None:
        self.auth = auth
        self.count = 0

    async def __call__(self) -> str:
        self.count += 1
        return (await call(self.auth.GetJwks, auth_pb2.GetJwksRequest(), token="")).jwks_json

    def verifier(self) -> TokenVerifier:
        return TokenVerifier(self, issuer="https://innkeeper.example", audience="innkeeper-services")


async def test_a_token_with_every_claim_in_order_is_accepted(auth: Stub, signing_keys: SigningKeys) -> None:
    caller = await CountingFetch(auth).verifier().verify(signed(signing_keys.current, good_claims()))
    assert caller.role is Role.ADMIN


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_bad_token_is_refused_by_verifier_and_service(
    auth: Stub, signing_keys: SigningKeys, attack: str
) -> None:
    token = ATTACKS[attack](signing_keys.current)
    with pytest.raises(Unauthenticated):
        await CountingFetch(auth).verifier().verify(token)
    with pytest.raises(ServiceError) as failure:
        await call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=token)
    assert refused(failure) == ("UNAUTHENTICATED", grpc.StatusCode.UNAUTHENTICATED, ())


async def test_unknown_key_ids_cause_one_fetch_only(auth: Stub, signing_keys: SigningKeys) -> None:
    fetch = CountingFetch(auth)
    verifier = fetch.verifier()
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(signed(signing_keys.current, good_claims(), f"unknown-{number}"))
    assert fetch.count == 1


async def test_the_key_set_has_no_private_part(auth: Stub) -> None:
    keys = orjson.loads((await call(auth.GetJwks, auth_pb2.GetJwksRequest(), token="")).jwks_json)["keys"]
    assert keys
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "Ed25519")

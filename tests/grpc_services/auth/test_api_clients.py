"""Hoteliers' own systems: made, rotated, revoked, and let in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from contracts.access.v1 import access_pb2
from contracts.auth.v1 import api_client_pb2, api_client_pb2_grpc, auth_pb2
from contracts.events.v1 import events_pb2
from runtime.channels import call, open_token_verifier
from runtime.database import Database
from runtime.identity import Role, Scope
from tests.grpc_services.auth.people import Stub
from tests.house import SignedIn, caller_section, refused, register_account, service_token
from tests.parts import Parts

Clients: TypeAlias = "api_client_pb2_grpc.ApiClientServiceAsyncStub"
READ, WRITE = access_pb2.SCOPE_READ_BOOKINGS, access_pb2.SCOPE_WRITE_INVENTORY


@dataclass
class Desk:
    clients: Clients
    owner: SignedIn
    system: str  # token of the gateway

    async def create(self, *scopes: access_pb2.Scope.ValueType) -> api_client_pb2.ApiClientWithSecret:
        request = api_client_pb2.CreateApiClientRequest(name="Channel manager", scopes=scopes or (READ, WRITE))
        return await call(self.clients.CreateApiClient, request, token=self.owner.token)

    async def rotate(self, client_id: str, seconds: int) -> api_client_pb2.ApiClientWithSecret:
        request = api_client_pb2.RotateApiClientSecretRequest(client_id=client_id, overlap_seconds=seconds)
        return await call(self.clients.RotateApiClientSecret, request, token=self.owner.token)

    async def revoke(self, client_id: str) -> api_client_pb2.ApiClient:
        request = api_client_pb2.RevokeApiClientRequest(client_id=client_id)
        return await call(self.clients.RevokeApiClient, request, token=self.owner.token)

    async def enter(self, made: api_client_pb2.ApiClientWithSecret) -> api_client_pb2.ApiClient:
        request = api_client_pb2.AuthenticateApiClientRequest(client_id=made.client.id, client_secret=made.secret)
        return await call(self.clients.AuthenticateApiClient, request, token=self.system)

    async def token(self, client_id: str, *scopes: access_pb2.Scope.ValueType) -> api_client_pb2.ApiClientToken:
        request = api_client_pb2.IssueApiClientTokenRequest(client_id=client_id, scopes=scopes)
        return await call(self.clients.IssueApiClientToken, request, token=self.system)


async def verified_hotelier(auth_address: str, database: Database) -> SignedIn:
    owner = await register_account(auth_address, Role.HOTELIER)
    async with database.transaction() as connection:
        await connection.execute("UPDATE account SET email_verified_at = now() WHERE id = $1", owner.account_id)
    return owner


@pytest.fixture
async def desk(clients: Clients, auth_address: str, auth_database: Database) -> Desk:
    owner = await verified_hotelier(auth_address, auth_database)
    return Desk(clients, owner, await service_token(auth_address))


async def test_a_client_comes_in_its_hoteliers_name_within_its_scopes(
    desk: Desk, parts: Parts, auth_address: str
) -> None:
    made = await desk.create()
    assert made.client.scopes == [READ, WRITE]
    assert made.secret.startswith("ink_")
    assert (await desk.enter(made)).id == made.client.id
    issued = await desk.token(made.client.id, READ)
    async with open_token_verifier(caller_section(parts, auth_address)) as verifier:
        caller = await verifier.verify(issued.access_token)
    assert (caller.role, caller.account_id, caller.client_id) == (
        Role.HOTELIER,
        desk.owner.account_id,
        made.client.id,
    )
    assert caller.scopes == frozenset({Scope.READ_BOOKINGS})
    assert caller.session_id == ""
    listed = await call(desk.clients.ListApiClients, api_client_pb2.ListApiClientsRequest(), token=desk.owner.token)
    assert [found.HasField("last_used_at") for found in listed.clients] == [True]


async def test_no_token_has_more_than_its_clients_scopes(desk: Desk) -> None:
    made = await desk.create(READ)
    assert (await desk.token(made.client.id)).scopes == [READ]
    assert (await desk.token(made.client.id, READ, WRITE)).scopes == [READ]


async def test_secrets_are_told_once_and_stored_hashed(desk: Desk, auth_database: Database) -> None:
    made = await desk.create()
    listed = await call(desk.clients.ListApiClients, api_client_pb2.ListApiClientsRequest(), token=desk.owner.token)
    assert made.secret not in str(listed)
    assert listed.clients[0].secrets[0].hint == made.secret[-4:]
    async with auth_database.reading() as connection:
        row = await connection.fetchval(
            "SELECT string_agg(s::text, '') FROM api_client_secret AS s WHERE client_id = $1",
            uuid.UUID(made.client.id),
        )
    assert made.secret not in row


async def test_after_a_rotation_both_secrets_work_until_the_overlap_is_over(desk: Desk) -> None:
    first = await desk.create()
    second = await desk.rotate(first.client.id, 3600)
    assert [secret.HasField("expires_at") for secret in second.client.secrets] == [False, True]
    for made in (first, second):
        await desk.enter(made)
    third = await desk.rotate(first.client.id, 0)
    for made in (first, second):
        assert (await refused(desk.enter(made))).code == "NOT_FOUND"
    await desk.enter(third)


async def test_a_revoked_client_is_out_for_good_and_it_is_told(desk: Desk, auth_database: Database) -> None:
    made = await desk.create()
    for _ in range(2):
        assert (await desk.revoke(made.client.id)).HasField("revoked_at")
    assert (await refused(desk.enter(made))).code == "NOT_FOUND"
    assert (await refused(desk.token(made.client.id))).code == "NOT_FOUND"
    assert (await refused(desk.rotate(made.client.id, 0))).code == "ILLEGAL_STATE"
    async with auth_database.reading() as connection:
        rows = await connection.fetch(
            "SELECT envelope FROM outbox_event WHERE aggregate_id = $1", str(desk.owner.account_id)
        )
    (envelope,) = [events_pb2.Envelope.FromString(row["envelope"]) for row in rows]
    assert events_pb2.ApiClientRevoked.FromString(envelope.payload).client_id == made.client.id


async def test_wrong_credentials_are_refused_alike(desk: Desk) -> None:
    made, other = await desk.create(), await desk.create()
    other.secret = made.secret
    unknown = api_client_pb2.ApiClientWithSecret(secret=made.secret)
    unknown.client.id = str(uuid.uuid4())
    nonsense = api_client_pb2.ApiClientWithSecret(secret="x")
    nonsense.client.id = "not an id"
    refusals = [await refused(desk.enter(bad)) for bad in (other, unknown, nonsense)]
    assert {(refusal.code, refusal.message) for refusal in refusals} == {
        ("NOT_FOUND", "There is no such client, or this is not its secret.")
    }


async def test_a_strangers_client_is_not_found_and_works_on(
    desk: Desk, auth_address: str, auth_database: Database
) -> None:
    made = await desk.create()
    stranger = Desk(desk.clients, await verified_hotelier(auth_address, auth_database), desk.system)
    assert (await refused(stranger.revoke(made.client.id))).code == "NOT_FOUND"
    assert (await refused(stranger.rotate(made.client.id, 0))).code == "NOT_FOUND"
    await desk.enter(made)


async def test_only_a_verified_hotelier_has_clients(desk: Desk, auth: Stub, auth_address: str) -> None:
    unverified = await register_account(auth_address, Role.HOTELIER)
    assert (await refused(Desk(desk.clients, unverified, "").create())).code == "ILLEGAL_STATE"
    guest = await register_account(auth_address, Role.GUEST)
    assert (await refused(Desk(desk.clients, guest, "").create())).code == "PERMISSION_DENIED"
    made = await desk.create()
    machine = SignedIn(desk.owner.account_id, "", (await desk.token(made.client.id)).access_token)
    assert (await refused(Desk(desk.clients, machine, "").create())).code == "PERMISSION_DENIED"
    own = call(auth.GetAccount, auth_pb2.GetAccountRequest(), token=machine.token)
    assert (await refused(own)).code == "PERMISSION_DENIED"
    listed = await call(desk.clients.ListApiClients, api_client_pb2.ListApiClientsRequest(), token=desk.owner.token)
    assert [found.id for found in listed.clients] == [made.client.id]


@pytest.mark.parametrize(
    ("changes", "path"),
    [({"name": ""}, "name"), ({"name": "x" * 81}, "name"), ({"scopes": []}, "scopes"), ({"scopes": [0]}, "scopes")],
)
async def test_a_bad_client_is_refused_by_its_field(desk: Desk, changes: dict[str, object], path: str) -> None:
    request = api_client_pb2.CreateApiClientRequest(**{"name": "Good", "scopes": [READ], **changes})  # type: ignore[arg-type]
    refusal = await refused(call(desk.clients.CreateApiClient, request, token=desk.owner.token))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,))


async def test_only_the_gateway_lets_clients_in(desk: Desk) -> None:
    made = await desk.create()
    person = Desk(desk.clients, desk.owner, desk.owner.token)
    assert (await refused(person.enter(made))).code == "PERMISSION_DENIED"
    assert (await refused(person.token(made.client.id))).code == "PERMISSION_DENIED"

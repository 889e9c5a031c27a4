"""Our own processes: their tokens, and the contacts that only they may read."""

from __future__ import annotations

import uuid
from contextlib import AsyncExitStack

import grpc
import pytest

from contracts.auth.v1 import auth_pb2, auth_pb2_grpc
from grpc_services.auth.service import auth_service
from runtime.channels import ServiceIdentity, call, open_channel, open_token_verifier
from runtime.errors import ServiceError
from runtime.identity import Role
from runtime.settings import ServiceClientSection
from tests.grpc_services.auth.people import Stub, refused
from tests.house import auth_settings, caller_section, client_fields, register_account, service_token
from tests.parts import Parts


async def test_a_process_gets_a_system_token_and_keeps_it(auth: Stub, parts: Parts, auth_address: str) -> None:
    identity = ServiceIdentity(auth, ServiceClientSection.model_validate(client_fields("gateway")))
    token = await identity.token()
    assert await identity.token() == token
    async with open_token_verifier(caller_section(parts, auth_address)) as verifier:
        caller = await verifier.verify(token)
    assert (caller.role, caller.account_id, caller.session_id) == (Role.SYSTEM, uuid.UUID(int=0), "")


class Impatient(ServiceIdentity):
    _FRESH_SECONDS = 0.0


async def test_a_token_is_renewed_early_and_goes_on_while_auth_is_away(parts: Parts) -> None:
    section = ServiceClientSection.model_validate(client_fields("gateway"))
    async with AsyncExitStack() as stack:
        async with auth_service(auth_settings(parts)) as server:
            channel = await stack.enter_async_context(open_channel(server.address, auth_pb2.DESCRIPTOR))
            identity = Impatient(auth_pb2_grpc.AuthServiceStub(channel), section)
            first = await identity.token()
            second = await identity.token()
        assert first != second
        assert await identity.token() == second


@pytest.mark.parametrize(("client", "secret"), [("gateway", "wrong"), ("gateway", ""), ("nobody", ""), ("", "")])
async def test_an_unknown_client_or_secret_gets_no_token(auth: Stub, client: str, secret: str) -> None:
    with pytest.raises(ServiceError) as failure:
        await call(
            auth.IssueServiceToken,
            auth_pb2.IssueServiceTokenRequest(client_id=client, client_secret=secret),
            token="",
        )
    assert refused(failure) == ("INVALID_CLIENT", grpc.StatusCode.UNAUTHENTICATED, ())


async def test_a_process_reads_contacts_and_the_gone_are_left_out(auth: Stub, auth_address: str) -> None:
    person = await register_account(auth_address, Role.GUEST, "Jonathan Harker", locale="ru")
    request = auth_pb2.GetContactsRequest(account_ids=[str(person.account_id), str(uuid.uuid4())])
    answer = await call(auth.GetContacts, request, token=await service_token(auth_address))
    assert list(answer.contacts) == [
        auth_pb2.Contact(account_id=str(person.account_id), email=person.email, name="Jonathan Harker", locale="ru")
    ]


async def test_people_may_not_read_contacts_not_even_their_own(auth: Stub, auth_address: str) -> None:
    person = await register_account(auth_address, Role.HOTELIER)
    request = auth_pb2.GetContactsRequest(account_ids=[str(person.account_id)])
    for token, code in ((person.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        with pytest.raises(ServiceError) as failure:
            await call(auth.GetContacts, request, token=token)
        assert failure.value.code == code


async def test_too_many_contacts_at_once_are_refused(auth: Stub, auth_address: str) -> None:
    request = auth_pb2.GetContactsRequest(account_ids=[str(uuid.UUID(int=n)) for n in range(501)])
    with pytest.raises(ServiceError) as failure:
        await call(auth.GetContacts, request, token=await service_token(auth_address))
    assert refused(failure)[2] == ("accountIds",)

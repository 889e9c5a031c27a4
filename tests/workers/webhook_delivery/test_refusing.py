"""What is never done: sending inside, and letting others see or change an endpoint."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from contracts.notification.v1 import webhook_pb2
from runtime.channels import call
from runtime.identity import Role
from runtime.outbound_http import OutboundHttp, open_outbound_http
from tests.house import refused, register_account
from tests.workers.webhook_delivery.office import ALL, Office


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.1.2.3",),
        ("172.31.0.9",),
        ("192.168.0.2",),
        ("169.254.169.254",),
        ("100.64.7.7",),
        ("0.0.0.1",),
        ("::1",),
        ("fe80::1",),
        ("fd00::5",),
        ("::ffff:10.0.0.1",),
        ("64:ff9b::7f00:1",),
        ("2002:7f00:1::",),
        ("93.184.216.34", "127.0.0.1"),
    ],
)
async def test_no_name_leads_inside(office: Office, addresses: Sequence[str]) -> None:
    """Whatever a hotelier's name server answers, at whichever moment, nothing is sent to such an address."""
    endpoint = await office.endpoint("https://pms.example.com/hooks")
    await office.tell(office.confirmed())

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    strict: OutboundHttp
    async with open_outbound_http(allow_private_addresses=False, resolve=resolve) as strict:
        assert await office.deliver(endpoint, outbound=strict) == 1
    (delivery,) = await office.log(endpoint)
    (attempt,) = delivery.attempts
    assert (attempt.status_code, attempt.failure) == (0, "This host is not on the public internet.")
    assert office.receiver.taken == []


async def test_others_neither_see_nor_change_an_endpoint(office: Office, auth_address: str) -> None:
    endpoint = await office.endpoint()
    await office.tell(office.confirmed())
    (delivery,) = await office.log(endpoint)
    identifier = endpoint.endpoint.id
    stranger = await register_account(auth_address, Role.HOTELIER)
    guest = await register_account(auth_address, Role.GUEST)
    for person, code in ((stranger.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        refusals = [
            await refused(asked)
            for asked in (
                call(
                    office.webhooks.UpdateWebhookEndpoint,
                    webhook_pb2.UpdateWebhookEndpointRequest(
                        id=identifier, expected_version=1, url="https://evil.example/x", events=ALL, active=True
                    ),
                    token=person,
                ),
                call(
                    office.webhooks.DeleteWebhookEndpoint,
                    webhook_pb2.DeleteWebhookEndpointRequest(id=identifier),
                    token=person,
                ),
                call(
                    office.webhooks.RotateWebhookSecret,
                    webhook_pb2.RotateWebhookSecretRequest(id=identifier),
                    token=person,
                ),
                call(
                    office.webhooks.PingWebhookEndpoint,
                    webhook_pb2.PingWebhookEndpointRequest(id=identifier),
                    token=person,
                ),
                call(
                    office.webhooks.RedeliverWebhook,
                    webhook_pb2.RedeliverWebhookRequest(delivery_id=delivery.id),
                    token=person,
                ),
                call(
                    office.webhooks.ListWebhookDeliveries,
                    webhook_pb2.ListWebhookDeliveriesRequest(endpoint_id=identifier),
                    token=person,
                ),
            )
        ]
        assert {refusal.code for refusal in refusals} == {code}
    own = webhook_pb2.ListWebhookEndpointsRequest()
    assert not (await call(office.webhooks.ListWebhookEndpoints, own, token=stranger.token)).endpoints
    assert await office.look(endpoint) == endpoint.endpoint
    assert await office.log(endpoint) == [delivery]
    event = webhook_pb2.RecordWebhookEventRequest(envelope=office.confirmed().SerializeToString())
    secret_call = call(office.webhooks.RecordWebhookEvent, event, token=office.hotelier.token)
    assert (await refused(secret_call)).code == "PERMISSION_DENIED"


async def test_a_change_made_on_an_older_version_is_refused(office: Office) -> None:
    endpoint = await office.endpoint()
    request = webhook_pb2.UpdateWebhookEndpointRequest(
        id=endpoint.endpoint.id, expected_version=9, url=office.receiver.url, events=ALL, active=False
    )
    refusal = await refused(call(office.webhooks.UpdateWebhookEndpoint, request, token=office.hotelier.token))
    assert refusal.code == "VERSION_CONFLICT"
    assert await office.look(endpoint) == endpoint.endpoint

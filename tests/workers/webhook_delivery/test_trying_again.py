"""Receivers that fail, are gone or silent, and workers that die."""

from __future__ import annotations

import asyncio

import orjson

from contracts.notification.v1 import notification_pb2, webhook_pb2
from grpc_services.notification.webhook_rules import MOST_ATTEMPTS
from runtime.channels import call
from runtime.identifiers import encode_id
from tests.grpc_services.notification.inbox import claim, inbox
from tests.house import refused
from tests.parts import free_port
from tests.workers.webhook_delivery.office import Office
from workers.webhook_delivery import sweep_due_webhooks


async def test_a_failing_receiver_is_tried_again_with_the_same_id_and_body_until_it_takes_it(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receiver.statuses.extend([500, 302, 503])
    office.receiver.location = office.receiver.url.replace("innkeeper", "elsewhere")
    await office.tell(office.confirmed())
    assert await office.deliver(endpoint) == 1
    assert await office.deliver(endpoint) == 0  # not before its time
    assert (await office.look(endpoint)).HasField("failing_since")
    for _ in range(3):
        office.clock.forward(minutes=3)
        await sweep_due_webhooks(office.context)
        assert await office.deliver(endpoint) == 1
    assert len({(one.event_id, one.raw) for one in office.receiver.taken}) == 1
    assert office.receiver.elsewhere == []  # redirects are not followed
    (delivery,) = await office.log(endpoint)
    assert [one.status_code for one in delivery.attempts] == [500, 302, 503, 204]
    assert not (await office.look(endpoint)).HasField("failing_since")


async def test_410_switches_the_endpoint_off_and_its_hotelier_is_told(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receiver.statuses.append(410)
    await office.tell(office.confirmed())
    await office.deliver(endpoint)
    found = await office.look(endpoint)
    assert (found.active, found.disabled_reason) == (False, "GONE")
    assert await office.tell(office.confirmed()) == []
    (told,) = (await inbox(office.notifications, office.hotelier.token)).notifications
    assert (told.kind, told.title) == (
        "WebhookEndpointDisabled",
        "Your webhook endpoint at 127.0.0.1 was switched off",
    )
    assert "410" in told.body
    due = await call(
        office.notifications.ListDueDeliveries,
        notification_pb2.ListDueDeliveriesRequest(first=100),
        token=office.system,
    )
    mails = [await claim(office.notifications, office.system, one) for one in due.delivery_ids]
    (mail,) = [one for one in mails if one is not None and one.kind == "WebhookEndpointDisabled"]
    assert (mail.subject, mail.to_name, mail.unsubscribe_url) == (told.title, "Henri Hôtelier", "")
    switched_off = (await office.changes())[0]
    assert (switched_off.action, switched_off.actor_id, switched_off.actor_role) == ("DISABLED", "", "SYSTEM")
    assert orjson.loads(switched_off.after_json) == {"active": False, "disabled_reason": "GONE"}
    ping = webhook_pb2.PingWebhookEndpointRequest(id=endpoint.endpoint.id)
    assert (await refused(call(office.webhooks.PingWebhookEndpoint, ping, token=office.hotelier.token))).code == (
        "ILLEGAL_STATE"
    )
    switched_on = webhook_pb2.UpdateWebhookEndpointRequest(
        id=found.id, expected_version=found.version, url=found.url, events=found.events, active=True
    )
    again = await call(office.webhooks.UpdateWebhookEndpoint, switched_on, token=office.hotelier.token)
    assert (again.active, again.disabled_reason) == (True, "")


async def test_who_takes_nothing_for_days_is_switched_off(office: Office) -> None:
    endpoint = await office.endpoint(f"http://127.0.0.1:{free_port()}/nobody")
    await office.tell(office.confirmed())
    for _ in range(MOST_ATTEMPTS):
        assert await office.deliver(endpoint) == 1
        office.clock.forward(days=1)
    (delivery,) = await office.log(endpoint)
    assert delivery.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_FAILED
    assert {(one.status_code, one.failure) for one in delivery.attempts} == {(0, "The host cannot be connected to.")}
    assert (await office.look(endpoint)).disabled_reason == "FAILING"
    assert len((await inbox(office.notifications, office.hotelier.token)).notifications) == 1


async def test_what_was_delivered_is_sent_again_on_request(office: Office) -> None:
    endpoint = await office.endpoint()
    await office.tell(office.confirmed())
    (waiting,) = await office.log(endpoint)
    again = webhook_pb2.RedeliverWebhookRequest(delivery_id=waiting.id)
    early = await refused(call(office.webhooks.RedeliverWebhook, again, token=office.hotelier.token))
    assert early.code == "ILLEGAL_STATE"
    await office.deliver(endpoint)
    await call(office.webhooks.RedeliverWebhook, again, token=office.hotelier.token)
    await office.deliver(endpoint)
    assert len({(one.event_id, one.raw) for one in office.receiver.taken}) == 1
    assert len((await office.log(endpoint))[0].attempts) == len(office.receiver.taken) == 2


async def test_of_two_workers_one_sends(office: Office) -> None:
    endpoint = await office.endpoint()
    events = [office.confirmed() for _ in range(4)]
    for event in events:
        await office.tell(event)
    await asyncio.gather(*(office.deliver(endpoint) for _ in range(3)))
    assert [one.event_id for one in office.receiver.taken] == [encode_id("WebhookEvent", one.id) for one in events]


async def test_a_worker_that_died_is_followed_by_another_when_its_lease_has_run_out(office: Office) -> None:
    endpoint = await office.endpoint()
    await office.tell(office.confirmed())
    request = webhook_pb2.ClaimWebhookRequest(endpoint_id=endpoint.endpoint.id)
    lost = (await call(office.webhooks.ClaimWebhook, request, token=office.system)).webhook
    assert await office.deliver(endpoint) == 0
    office.clock.forward(minutes=1)
    assert await office.deliver(endpoint) == 1
    late = webhook_pb2.FinishWebhookRequest(delivery_id=lost.delivery_id, claim=lost.claim, status_code=500)
    finished = await call(office.webhooks.FinishWebhook, late, token=office.system)
    assert finished.state == webhook_pb2.WEBHOOK_DELIVERY_STATE_DELIVERED  # it is only logged

"""Who changed what of an endpoint: written down and told, seen by its hotelier only."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import webhook_pb2
from runtime.channels import call
from runtime.database import Database
from runtime.identity import Role
from tests.house import refused, register_account
from tests.workers.webhook_delivery.office import ALL, Office


async def test_every_change_of_an_endpoint_is_written_down_and_told_and_outlives_it(
    office: Office, notification_database: Database, auth_address: str
) -> None:
    created = await office.endpoint(description="PMS")
    found = created.endpoint
    another = await office.endpoint()

    async def update(version: int, *, active: bool, events: Sequence[str]) -> webhook_pb2.WebhookEndpoint:
        request = webhook_pb2.UpdateWebhookEndpointRequest(
            id=found.id, expected_version=version, url=found.url, events=events, active=active, description="PMS"
        )
        return await call(office.webhooks.UpdateWebhookEndpoint, request, token=office.hotelier.token)

    await update(1, active=True, events=["booking.held"])
    await update(2, active=False, events=["booking.held"])
    await update(3, active=True, events=["booking.held"])
    rotate = webhook_pb2.RotateWebhookSecretRequest(id=found.id)
    rotated = await call(office.webhooks.RotateWebhookSecret, rotate, token=office.hotelier.token)
    delete = webhook_pb2.DeleteWebhookEndpointRequest(id=found.id)
    await call(office.webhooks.DeleteWebhookEndpoint, delete, token=office.hotelier.token)

    changes = await office.changes(endpoint_id=found.id)
    actions = ["DELETED", "SECRET_ROTATED", "ENABLED", "DISABLED", "UPDATED", "CREATED"]
    assert [one.action for one in changes] == actions
    assert {(one.actor_id, one.actor_role) for one in changes} == {(str(office.hotelier.account_id), "HOTELIER")}
    assert all(one.request_id for one in changes)
    deleted, rotation, _, off, events, first = changes
    assert orjson.loads(events.before_json) == {"events": sorted(ALL)}
    assert orjson.loads(events.after_json) == {"events": ["booking.held"]}
    assert (orjson.loads(off.before_json), orjson.loads(off.after_json)) == ({"active": True}, {"active": False})
    assert (rotation.before_json, rotation.after_json) == ("{}", "{}")
    assert first.before_json == "" == deleted.after_json
    assert orjson.loads(first.after_json)["description"] == orjson.loads(deleted.before_json)["description"] == "PMS"
    written = "".join(one.before_json + one.after_json for one in changes)
    assert not any(secret.secret.removeprefix("whsec_") in written for secret in (created, rotated))
    assert "secret" not in written

    assert [one.endpoint_id for one in await office.changes(first=2)] == [found.id, found.id]
    assert [one.action for one in await office.changes(endpoint_id=another.endpoint.id)] == ["CREATED"]
    async with notification_database.reading() as connection:
        rows = await connection.fetch(
            "SELECT envelope FROM notification.outbox_event WHERE aggregate_id = $1 ORDER BY position", found.id
        )
    envelopes = [events_pb2.Envelope.FromString(row["envelope"]) for row in rows]
    told = [events_pb2.WebhookEndpointChanged.FromString(one.payload).action for one in envelopes]
    assert told == actions[::-1]

    stranger = await register_account(auth_address, Role.HOTELIER)
    assert await office.changes(stranger.token, endpoint_id=found.id) == []
    guest = await register_account(auth_address, Role.GUEST)
    assert (await refused(office.changes(guest.token))).code == "PERMISSION_DENIED"

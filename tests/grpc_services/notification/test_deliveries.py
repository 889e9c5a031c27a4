"""An e-mail is claimed by one worker, tried again in good time, and given up in the end."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import pytest

from contracts.notification.v1 import notification_pb2
from grpc_services.notification.rules import MOST_ATTEMPTS
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.database import Database
from runtime.errors import ServiceError
from runtime.identity import Role
from tests.grpc_services.notification.events import confirmed
from tests.grpc_services.notification.inbox import Stub, claim, delivery_row, tell
from tests.house import SignedIn, register_account


@pytest.fixture
async def delivery_id(notifications: Stub, system: str, guest: SignedIn) -> str:
    (identifier,) = await tell(notifications, system, confirmed(guest.account_id))
    return identifier


async def finish(
    stub: Stub, token: str, delivery_id: str, **outcome: bool | str
) -> notification_pb2.FinishDeliveryResponse:
    request = notification_pb2.FinishDeliveryRequest(delivery_id=delivery_id)
    for field, value in outcome.items():
        setattr(request, field, value)
    return await call(stub.FinishDelivery, request, token=token)


async def due(stub: Stub, token: str) -> set[str]:
    answer = await call(stub.ListDueDeliveries, notification_pb2.ListDueDeliveriesRequest(first=100), token=token)
    return set(answer.delivery_ids)


async def bring_forward(database: Database, delivery_id: str) -> None:
    """Lets the pause, or the lease, be over for so long that other tests' mails are not due before this one."""
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE delivery SET next_attempt_at = CASE WHEN state = 'PENDING' THEN now() - interval '1 day' END,"
            " leased_until = CASE WHEN state = 'SENDING' THEN now() - interval '1 day' END WHERE id = $1",
            uuid.UUID(delivery_id),
        )


async def test_a_claimed_mail_is_whole_and_addressed(
    notifications: Stub, system: str, guest: SignedIn, delivery_id: str
) -> None:
    mail = await claim(notifications, system, delivery_id)
    assert mail is not None
    assert (mail.to_address, mail.to_name, mail.locale) == (guest.email, "Mina Harker", "en")
    assert mail.request_id == "req-notification-1"
    assert mail.message_id.endswith("@innkeeper.example>")
    assert "INK-7Q2F9K" in mail.subject


async def test_of_parallel_claims_one_gets_the_mail(notifications: Stub, system: str, delivery_id: str) -> None:
    claimed = await asyncio.gather(*(claim(notifications, system, delivery_id) for _ in range(8)))
    assert sum(mail is not None for mail in claimed) == 1
    assert delivery_id not in await due(notifications, system)


async def test_a_sent_mail_is_done_with(
    notifications: Stub, notification_database: Database, system: str, delivery_id: str
) -> None:
    await claim(notifications, system, delivery_id)
    for _ in range(2):
        answer = await finish(notifications, system, delivery_id, sent=True)
        assert not answer.HasField("next_attempt_at")
    late = await finish(notifications, system, delivery_id, failure="a slower worker's failure")
    assert not late.HasField("next_attempt_at")
    assert (await delivery_row(notification_database, delivery_id))["state"] == "SENT"
    assert await claim(notifications, system, delivery_id) is None


async def test_a_failed_mail_is_tried_again_after_longer_and_longer_pauses(
    notifications: Stub, notification_database: Database, system: str, delivery_id: str
) -> None:
    message_ids = set()
    pauses = (10, 60, 600, 3600, 6 * 3600)
    for pause in pauses:
        mail = await claim(notifications, system, delivery_id)
        assert mail is not None
        message_ids.add(mail.message_id)
        answer = await finish(notifications, system, delivery_id, failure="SMTP 451")
        row = await delivery_row(notification_database, delivery_id)
        assert (row["state"], row["last_failure"]) == ("PENDING", "SMTP 451")
        assert from_timestamp(answer.next_attempt_at) == row["next_attempt_at"]
        assert isinstance(row["pause"], dt.timedelta)
        assert pause - 5 < row["pause"].total_seconds() <= pause
        repeated = await finish(notifications, system, delivery_id, failure="SMTP 451")
        assert repeated == answer
        assert await claim(notifications, system, delivery_id) is None
        await bring_forward(notification_database, delivery_id)
    await claim(notifications, system, delivery_id)
    last = await finish(notifications, system, delivery_id, failure="SMTP 451")
    row = await delivery_row(notification_database, delivery_id)
    assert not last.HasField("next_attempt_at")
    assert (row["state"], row["attempts"]) == ("FAILED", len(pauses) + 1)
    assert len(message_ids) == 1


async def test_a_permanent_refusal_ends_it_at_once(
    notifications: Stub, notification_database: Database, system: str, delivery_id: str
) -> None:
    await claim(notifications, system, delivery_id)
    answer = await finish(notifications, system, delivery_id, failure="SMTP 550", permanent=True)
    assert not answer.HasField("next_attempt_at")
    assert (await delivery_row(notification_database, delivery_id))["state"] == "FAILED"


async def test_a_worker_that_died_loses_its_lease_and_the_mail_is_due_again(
    notifications: Stub, notification_database: Database, system: str, delivery_id: str
) -> None:
    await claim(notifications, system, delivery_id)
    await bring_forward(notification_database, delivery_id)
    assert delivery_id in await due(notifications, system)
    assert await claim(notifications, system, delivery_id) is not None


async def test_a_mail_that_kills_every_worker_is_given_up(
    notifications: Stub, notification_database: Database, system: str, delivery_id: str
) -> None:
    for _ in range(MOST_ATTEMPTS):
        assert await claim(notifications, system, delivery_id) is not None
        await bring_forward(notification_database, delivery_id)
    assert await claim(notifications, system, delivery_id) is None
    assert (await delivery_row(notification_database, delivery_id))["state"] == "FAILED"
    assert delivery_id not in await due(notifications, system)


async def test_a_mail_to_an_account_that_is_gone_is_given_up(
    notifications: Stub, notification_database: Database, system: str
) -> None:
    (delivery_id,) = await tell(notifications, system, confirmed(uuid.uuid4()))
    assert await claim(notifications, system, delivery_id) is None
    row = await delivery_row(notification_database, delivery_id)
    assert (row["state"], row["last_failure"]) == ("FAILED", "the account is gone")


async def test_no_address_is_stored_even_if_a_reason_names_one(
    notifications: Stub, notification_database: Database, system: str, guest: SignedIn, delivery_id: str
) -> None:
    await claim(notifications, system, delivery_id)
    await finish(notifications, system, delivery_id, failure=f"<{guest.email}> unknown " + "x" * 500)
    async with notification_database.reading() as connection:
        stored = await connection.fetchval(
            "SELECT string_agg(d::text || n::text, '') FROM delivery d JOIN notification n ON n.id = d.notification_id"
        )
    assert "(address) unknown" in stored
    assert guest.email not in stored


async def test_an_unknown_delivery_is_not_found(notifications: Stub, system: str) -> None:
    for attempt in (claim(notifications, system, str(uuid.uuid4())), finish(notifications, system, str(uuid.uuid4()))):
        with pytest.raises(ServiceError) as failure:
            await attempt
        assert failure.value.code == "NOT_FOUND"


@pytest.mark.parametrize("role", [Role.GUEST, Role.HOTELIER])
async def test_people_have_no_hand_in_deliveries(
    notifications: Stub, notification_database: Database, auth_address: str, delivery_id: str, role: Role
) -> None:
    person = await register_account(auth_address, role)
    before = await delivery_row(notification_database, delivery_id)
    for token, code in ((person.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        for attempt in (
            claim(notifications, token, delivery_id),
            finish(notifications, token, delivery_id, sent=True),
            due(notifications, token),
        ):
            with pytest.raises(ServiceError) as failure:
                await attempt
            assert failure.value.code == code
    after = await delivery_row(notification_database, delivery_id)
    assert (after["state"], after["attempts"]) == (before["state"], before["attempts"])

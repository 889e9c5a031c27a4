"""A mail is handed to the mail server whole and once; what the server refuses is put off or given up."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from arq.constants import default_queue_name
from arq.worker import Worker
from redis.asyncio import Redis

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2, notification_pb2_grpc
from runtime.channels import call, open_channel
from runtime.database import Database
from runtime.job_queue import deserialize_job, redis_settings, serialize_job
from tests.grpc_services.notification.events import confirmed, envelope, snapshot
from tests.grpc_services.notification.inbox import delivery_row, tell
from tests.house import SignedIn
from tests.parts import free_port
from tests.workers.email_delivery.post_office import PostOffice
from workers.email_delivery import compose, deliver_email, sweep_due_deliveries, wake_delivery


async def test_a_mail_arrives_whole(
    office: PostOffice, notification_database: Database, reader: SignedIn, delivery_id: str
) -> None:
    assert await deliver_email(office.context(), delivery_id) == "sent"
    (mail,) = office.server.taken
    assert mail["To"].addresses[0].addr_spec == reader.email
    assert mail["To"].addresses[0].display_name == "Amélie Poulain"
    assert mail["From"].addresses[0].addr_spec == "no-reply@innkeeper.example"
    assert mail["Subject"] == "Votre réservation INK-7Q2F9K est confirmée"
    assert mail["X-Innkeeper-Request-Id"] == "req-notification-1"
    assert mail["Message-ID"].endswith("@innkeeper.example>")
    assert (mail["Content-Language"], mail["Auto-Submitted"]) == ("fr", "auto-generated")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Bonjour Amélie Poulain," in text.get_content()
    assert "Hôtel Étoile" in html.get_content()
    assert (await delivery_row(notification_database, delivery_id))["state"] == "SENT"


async def test_a_mail_is_sent_once_however_often_its_job_runs(office: PostOffice, delivery_id: str) -> None:
    outcomes = await asyncio.gather(*(deliver_email(office.context(), delivery_id) for _ in range(5)))
    assert sorted(outcomes) == ["nothing to send"] * 4 + ["sent"]
    assert len(office.server.taken) == 1


@pytest.mark.parametrize(
    ("recipient_answer", "data_answer", "state", "reason"),
    [
        ("550 5.1.1 <ADDRESS> unknown", "250 OK", "FAILED", "SMTP 550"),
        ("250 OK", "554 5.7.1 not from you", "FAILED", "SMTP 554"),
        ("451 4.3.0 try later", "250 OK", "PENDING", "SMTP 451"),
        ("250 OK", "452 4.3.1 no room", "PENDING", "SMTP 452"),
    ],
)
async def test_a_refusal_is_final_and_a_delay_is_not(
    office: PostOffice,
    notification_database: Database,
    delivery_id: str,
    recipient_answer: str,
    data_answer: str,
    state: str,
    reason: str,
) -> None:
    office.server.recipient_answer, office.server.data_answer = recipient_answer, data_answer
    await deliver_email(office.context(), delivery_id)
    row = await delivery_row(notification_database, delivery_id)
    assert (row["state"], row["last_failure"]) == (state, reason)
    assert office.server.taken == []


async def test_a_mail_put_off_goes_out_later_under_the_same_message_id(
    office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    nobody_there = office.settings.model_copy(update={"smtp_port": free_port()})
    assert await deliver_email(office.context(settings=nobody_there), delivery_id) == "failed"
    assert (await delivery_row(notification_database, delivery_id))["state"] == "PENDING"
    async with notification_database.transaction() as connection:
        promised = await connection.fetchval(
            "UPDATE delivery SET next_attempt_at = now() WHERE id = $1 RETURNING message_id", uuid.UUID(delivery_id)
        )
    assert await deliver_email(office.context(), delivery_id) == "sent"
    assert [mail["Message-ID"] for mail in office.server.taken] == [promised]


async def test_a_failed_sign_in_at_the_mail_server_is_not_the_mails_fault(
    office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    with_password = office.settings.model_copy(update={"smtp_username": "innkeeper"})
    assert await deliver_email(office.context(settings=with_password), delivery_id) == "failed"
    assert (await delivery_row(notification_database, delivery_id))["state"] == "PENDING"


async def test_what_can_be_switched_off_says_so_to_mail_programs(office: PostOffice, reader: SignedIn) -> None:
    offer = envelope(events_pb2.BookingOffered(booking=snapshot(reader.account_id)))
    for event in (offer, confirmed(reader.account_id)):
        (delivery,) = await tell(office.notifications, office.system, event)
        assert await deliver_email(office.context(), delivery) == "sent"
    optional, agreed = office.server.taken
    assert optional["List-Unsubscribe"].strip().startswith("<https://innkeeper.example/unsubscribe/")
    assert optional["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert agreed["List-Unsubscribe"] is None


async def test_while_the_service_is_away_a_job_ends_quietly(office: PostOffice) -> None:
    async with open_channel(f"127.0.0.1:{free_port()}", notification_pb2.DESCRIPTOR) as channel:
        stub = notification_pb2_grpc.NotificationServiceStub(channel)
        assert await deliver_email(office.context(notifications=stub), str(uuid.uuid4())) == "put off"


# arq 0.28 closes its own pool by a name that redis has deprecated
@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
async def test_the_sweeper_wakes_what_is_due_and_a_worker_sends_it(
    office: PostOffice, notification_database: Database, delivery_id: str
) -> None:
    async with Redis.from_url(office.settings.redis_url.get_secret_value()) as valkey:
        await valkey.delete(default_queue_name)  # what other tests left to try again would be waited for
    assert await sweep_due_deliveries(office.context()) >= 1
    await wake_delivery(office.jobs, delivery_id)  # already waiting: not enqueued twice
    worker = Worker(
        functions=[deliver_email],
        redis_settings=redis_settings(office.settings),
        ctx=office.context(),
        burst=True,
        handle_signals=False,
        keep_result=0,
        job_serializer=serialize_job,
        job_deserializer=deserialize_job,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
    assert (await delivery_row(notification_database, delivery_id))["state"] == "SENT"
    request = notification_pb2.ListDueDeliveriesRequest(first=100)
    due = await call(office.notifications.ListDueDeliveries, request, token=office.system)
    assert delivery_id not in due.delivery_ids


@pytest.mark.parametrize("answer", ["250 OK", "550 5.1.1 <ADDRESS> unknown"])
async def test_no_address_and_no_name_reaches_the_log(
    office: PostOffice, reader: SignedIn, delivery_id: str, capfd: pytest.CaptureFixture[str], answer: str
) -> None:
    office.server.recipient_answer = answer
    await deliver_email(office.context(), delivery_id)
    written = "".join(capfd.readouterr())
    assert "email.attempted" in written
    assert reader.email not in written
    assert "Poulain" not in written


def test_foreign_domains_are_written_in_ascii() -> None:
    email = notification_pb2.EmailMessage(to_address="jo@bücher.example", to_name="Jo", subject="s")
    mail = compose("Innkeeper <no-reply@innkeeper.example>", email)
    assert mail["To"].addresses[0].addr_spec == "jo@xn--bcher-kva.example"

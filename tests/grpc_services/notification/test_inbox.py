"""What a person reads, and that nobody reads or marks what was told to another."""

from __future__ import annotations

import uuid

import pytest

from contracts.events.v1 import events_pb2
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.errors import ServiceError
from runtime.identity import Role
from tests.grpc_services.notification.events import confirmed, envelope, snapshot
from tests.grpc_services.notification.inbox import Stub, inbox, tell, unread
from tests.house import SignedIn, register_account


async def mark(stub: Stub, token: str, *ids: str, every: bool = False) -> notification_pb2.MarkReadResponse:
    return await call(stub.MarkRead, notification_pb2.MarkReadRequest(ids=ids, all=every), token=token)


async def test_the_inbox_is_paged_newest_first(notifications: Stub, system: str, guest: SignedIn) -> None:
    bookings = []
    for _ in range(5):
        event = confirmed(guest.account_id)
        bookings.append(events_pb2.BookingConfirmed.FromString(event.payload).booking.booking_id)
        await tell(notifications, system, event)
    read: list[str] = []
    after, pages = "", 0
    while pages == 0 or after:
        page = await inbox(notifications, guest.token, first=2, after=after)
        assert len(page.notifications) == len(page.cursors)
        read += [told.booking_id for told in page.notifications]
        after = page.cursors[-1] if page.has_next_page else ""
        pages += 1
    assert (read, pages) == (bookings[::-1], 3)


async def test_the_inbox_speaks_the_readers_language(notifications: Stub, system: str, auth_address: str) -> None:
    titles = {}
    for locale in ("en", "fr", "ru"):
        reader = await register_account(auth_address, Role.GUEST, locale=locale)
        await tell(notifications, system, envelope(events_pb2.BookingHeld(booking=snapshot(reader.account_id))))
        (told,) = (await inbox(notifications, reader.token)).notifications
        assert told.kind == "BookingHeld"
        titles[locale] = told.title
        if locale == "en":
            assert told.body == (
                "We are holding your stay at Hôtel Étoile (3 nights from Friday, May 14, 2027). Please pay €1,234.56"
                " before May 1, 2027, 4:05\N{NARROW NO-BREAK SPACE}PM GMT+02:00, or it will be released."
            )
    assert titles == {
        "en": "Booking INK-7Q2F9K: please pay to keep it",
        "fr": "Réservation INK-7Q2F9K\N{NO-BREAK SPACE}: en attente de votre paiement",
        "ru": "Бронирование INK-7Q2F9K: ожидает оплаты",
    }


async def test_what_was_read_is_no_longer_counted_nor_listed_as_unread(
    notifications: Stub, system: str, guest: SignedIn
) -> None:
    for _ in range(3):
        await tell(notifications, system, confirmed(guest.account_id))
    newest = (await inbox(notifications, guest.token)).notifications[0]
    assert await unread(notifications, guest.token) == 3
    assert await mark(notifications, guest.token, newest.id) == notification_pb2.MarkReadResponse(marked=1, unread=2)
    assert await mark(notifications, guest.token, newest.id) == notification_pb2.MarkReadResponse(marked=0, unread=2)
    left = await inbox(notifications, guest.token, unread_only=True)
    assert newest.id not in {told.id for told in left.notifications}
    everything = await inbox(notifications, guest.token)
    assert [told.HasField("read_at") for told in everything.notifications] == [True, False, False]
    assert await mark(notifications, guest.token, every=True) == notification_pb2.MarkReadResponse(marked=2, unread=0)


async def test_what_was_told_to_another_is_invisible_and_cannot_be_marked(
    notifications: Stub, system: str, guest: SignedIn, hotelier: SignedIn
) -> None:
    await tell(notifications, system, confirmed(guest.account_id))
    await tell(notifications, system, confirmed(hotelier.account_id))
    (foreign,) = (await inbox(notifications, guest.token)).notifications
    (own,) = (await inbox(notifications, hotelier.token)).notifications
    assert foreign.id != own.id
    with pytest.raises(ServiceError) as failure:
        await mark(notifications, hotelier.token, own.id, foreign.id)
    assert (failure.value.code, failure.value.path) == ("NOT_FOUND", ("ids",))
    await mark(notifications, hotelier.token, every=True)
    assert await unread(notifications, guest.token) == 1
    assert not (await inbox(notifications, guest.token)).notifications[0].HasField("read_at")


async def test_a_refused_marking_marks_nothing(notifications: Stub, system: str, guest: SignedIn) -> None:
    await tell(notifications, system, confirmed(guest.account_id))
    (own,) = (await inbox(notifications, guest.token)).notifications
    for ids, code in (
        ([own.id, str(uuid.uuid4())], "NOT_FOUND"),
        ([own.id, "not-an-id"], "INVALID_INPUT"),
        ([], "INVALID_INPUT"),
        ([own.id] * 201, "INVALID_INPUT"),
    ):
        with pytest.raises(ServiceError) as failure:
            await mark(notifications, guest.token, *ids)
        assert (failure.value.code, failure.value.path) == (code, ("ids",))
    assert await unread(notifications, guest.token) == 1


async def test_an_inbox_belongs_to_a_person(notifications: Stub, system: str) -> None:
    for token, code in ((system, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        for attempt in (
            inbox(notifications, token),
            unread(notifications, token),
            mark(notifications, token, every=True),
        ):
            with pytest.raises(ServiceError) as failure:
                await attempt
            assert failure.value.code == code


@pytest.mark.parametrize(("field", "value"), [("first", 101), ("first", -1), ("after", "x"), ("after", "WyJ4Il0")])
async def test_a_page_that_cannot_be_is_refused(
    notifications: Stub, guest: SignedIn, field: str, value: object
) -> None:
    with pytest.raises(ServiceError) as failure:
        await inbox(notifications, guest.token, **{field: value})
    assert (failure.value.code, failure.value.path) == ("INVALID_INPUT", (field,))

"""Notes for the hotel's eyes only."""

from __future__ import annotations

from contracts.booking.v1 import booking_pb2
from runtime.channels import call
from runtime.identity import Role
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.booking.front_desk import front_desk
from tests.house import SignedIn, refused, register_account


async def test_notes_are_kept_newest_first_and_once_a_key(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner)
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))
    first = await front.note(booking, "  Wants a cot.\nCalled twice. ", key="one")
    assert (first.text, first.author_id) == ("Wants a cot.\nCalled twice.", str(owner.account_id))
    assert await front.note(booking, "  Wants a cot.\nCalled twice. ", key="one") == first
    second = await front.note(booking, "Is a friend of the house.")
    assert [note.id for note in (await front.notes(booking)).notes] == [second.id, first.id]
    page = await front.notes(booking, first=1)
    assert page.has_next_page
    assert [note.id for note in (await front.notes(booking, after=page.cursors[0])).notes] == [first.id]


async def test_guests_never_see_notes_nor_that_there_are_any(desk: Desk, owner: SignedIn, guest: SignedIn) -> None:
    front = await front_desk(desk, owner)
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))

    async def seen() -> tuple[bytes, bytes]:
        shown = await call(
            desk.bookings.GetBookings, booking_pb2.GetBookingsRequest(ids=[booking.id]), token=guest.token
        )
        line = await call(
            desk.bookings.ListTimeline, booking_pb2.ListTimelineRequest(booking_id=booking.id), token=guest.token
        )
        return shown.SerializeToString(deterministic=True), line.SerializeToString(deterministic=True)

    before = await seen()
    await front.note(booking, "Difficult.")
    assert await seen() == before


async def test_nobody_else_reads_or_writes_notes(
    desk: Desk, owner: SignedIn, guest: SignedIn, auth_address: str
) -> None:
    front = await front_desk(desk, owner)
    booking = await desk.booked(front.house, guest, front.house.room(plan=1))
    await front.note(booking, "Difficult.")
    another = await register_account(auth_address, Role.HOTELIER)
    before = await desk.everything()
    for token, code in ((another.token, "NOT_FOUND"), (guest.token, "PERMISSION_DENIED"), ("", "UNAUTHENTICATED")):
        assert (await refused(front.notes(booking, token=token))).code == code
        assert (await refused(front.note(booking, "Hello", token=token))).code == code
    for text in ("", "  ", "x" * 2001, "a\x07b"):
        refusal = await refused(front.note(booking, text))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("text",))
    assert await desk.everything() == before

"""Notes on bookings in the public schema: for the hotel's eyes only."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import IdempotencyConflict, InvalidInput, NotFound, NotPermitted, RefusalsAsResults
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.scalars import IdempotencyKey
from contracts.booking.v1 import front_desk_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Scope


@strawberry.type(description="What the hotel wrote down about a booking.")
class BookingNote:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    author_id: strawberry.ID = strawberry.field(description="The account that wrote it.")
    text: str = strawberry.field(description="What it says.")
    at: dt.datetime = strawberry.field(description="When.")


@strawberry.type
class BookingNotes(Node):
    """The part of Booking that only its hotelier reads."""

    @strawberry.field(description="What the hotel wrote down about it, newest first; for its hotelier only.")
    async def notes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[BookingNote]:
        response = await call(
            info.context.services.front_desk.ListNotes,
            front_desk_pb2.ListNotesRequest(
                booking_id=decode_id("Booking", self.id, path=("id",)), first=at_least_one(first), after=after or ""
            ),
        )
        return Connection(
            edges=edges([booking_note(note) for note in response.notes], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.input(description="A note for the hotel's eyes only.")
class BookingNoteAddInput:
    booking_id: strawberry.ID = strawberry.field(description="A booking of your house.")
    idempotency_key: IdempotencyKey = strawberry.field(description="Chosen anew for every note.")
    text: str = strawberry.field(description="1 to 2,000 characters.")


@strawberry.type(description="The note is written.")
class BookingNoteAdded:
    note: BookingNote = strawberry.field(description="The note.")


BookingNoteAddResult = Annotated[
    BookingNoteAdded | IdempotencyConflict | NotFound | NotPermitted | InvalidInput,
    strawberry.union("BookingNoteAddResult", description="The note, or why there is none."),
]


@strawberry.type
class BookingNoteMutations:
    @strawberry.mutation(
        description="Writes down something about a booking of your house; its guest never sees it.",
        extensions=[Demands(Permission.SIGNED_IN, machines=Scope.WRITE_BOOKINGS), RefusalsAsResults()],
    )
    async def booking_note_add(
        self,
        info: Info,
        input: Annotated[BookingNoteAddInput, strawberry.argument(description="The note.")],  # noqa: A002
    ) -> BookingNoteAddResult:
        request = front_desk_pb2.AddNoteRequest(
            booking_id=decode_id("Booking", input.booking_id, path=("bookingId",)),
            idempotency_key=input.idempotency_key,
            text=input.text,
        )
        return BookingNoteAdded(note=booking_note(await call(info.context.services.front_desk.AddNote, request)))


def booking_note(message: front_desk_pb2.Note) -> BookingNote:
    return BookingNote(
        id=strawberry.ID(encode_id("BookingNote", message.id)),
        author_id=strawberry.ID(encode_id("Account", message.author_id)),
        text=message.text,
        at=from_timestamp(message.at),
    )

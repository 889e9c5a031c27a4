"""A hotelier at the front desk: doors, lists, notes, walk-ins and blocks in a line each."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from contracts.booking.v1 import block_pb2, booking_pb2, figures_pb2, front_desk_pb2
from tests.grpc_services.booking.desk import ARRIVAL, Desk
from tests.grpc_services.booking.inventory_desk import DAY, Backoffice
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn

ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


@dataclass
class FrontDesk(Backoffice):
    """Speaks in the name of `owner`, or of whoever's token is given."""

    def _by(self, token: str | None) -> str:
        return self.owner.token if token is None else token

    async def assign(
        self,
        booking: booking_pb2.Booking,
        room_id: str,
        *,
        position: int = 0,
        from_night: dt.date | None = None,
        key: str = "",
        token: str | None = None,
    ) -> booking_pb2.Booking:
        request = front_desk_pb2.AssignRoomRequest(
            booking_id=booking.id,
            idempotency_key=key or uuid.uuid4().hex,
            position=position,
            room_id=room_id,
            from_night=from_night.isoformat() if from_night else "",
        )
        return await self.desk.call(self.desk.front_desk.AssignRoom, request, token=self._by(token))

    async def unassign(
        self, booking: booking_pb2.Booking, *, position: int = 0, token: str | None = None
    ) -> booking_pb2.Booking:
        request = front_desk_pb2.UnassignRoomRequest(
            booking_id=booking.id, idempotency_key=uuid.uuid4().hex, position=position
        )
        return await self.desk.call(self.desk.front_desk.UnassignRoom, request, token=self._by(token))

    async def plan(
        self, first_night: dt.date = ARRIVAL, nights: int = 7, *, token: str | None = None
    ) -> front_desk_pb2.RoomPlan:
        request = front_desk_pb2.GetRoomPlanRequest(
            hotel_id=str(self.house.id),
            first_night=first_night.isoformat(),
            end_night=(first_night + nights * DAY).isoformat(),
        )
        return await self.desk.call(self.desk.front_desk.GetRoomPlan, request, token=self._by(token))

    async def listed(
        self, name: str, day: dt.date = ARRIVAL, *, token: str | None = None, **page: Any
    ) -> booking_pb2.ListBookingsResponse:
        request = front_desk_pb2.ListDeskBookingsRequest(
            hotel_id=str(self.house.id),
            day=day.isoformat(),
            list=front_desk_pb2.DeskList.Value(f"DESK_LIST_{name}"),
            **page,
        )
        return await self.desk.call(self.desk.front_desk.ListDeskBookings, request, token=self._by(token))

    async def search(self, *, token: str | None = None, **fields: Any) -> booking_pb2.ListBookingsResponse:
        request = front_desk_pb2.SearchBookingsRequest(hotel_id=str(self.house.id), **fields)
        return await self.desk.call(self.desk.front_desk.SearchBookings, request, token=self._by(token))

    async def note(
        self, booking: booking_pb2.Booking, text: str, *, key: str = "", token: str | None = None
    ) -> front_desk_pb2.Note:
        request = front_desk_pb2.AddNoteRequest(
            booking_id=booking.id, idempotency_key=key or uuid.uuid4().hex, text=text
        )
        return await self.desk.call(self.desk.front_desk.AddNote, request, token=self._by(token))

    async def notes(
        self, booking: booking_pb2.Booking, *, token: str | None = None, **page: Any
    ) -> front_desk_pb2.ListNotesResponse:
        request = front_desk_pb2.ListNotesRequest(booking_id=booking.id, **page)
        return await self.desk.call(self.desk.front_desk.ListNotes, request, token=self._by(token))

    async def walk_in(
        self, quote: booking_pb2.Quote, *, key: str = "", token: str | None = None, **fields: Any
    ) -> booking_pb2.Booking:
        request = front_desk_pb2.CreateWalkInRequest(
            **{"quote_id": quote.id, "idempotency_key": key or uuid.uuid4().hex, "guest": ADA, **fields}
        )
        return await self.desk.call(self.desk.front_desk.CreateWalkIn, request, token=self._by(token))

    async def block(
        self,
        number: int = 2,
        *,
        arrival: dt.date = ARRIVAL,
        nights: int = 2,
        release: dt.date | None = None,
        key: str = "",
        token: str | None = None,
        **fields: Any,
    ) -> block_pb2.Block:
        request = block_pb2.CreateBlockRequest(
            **{
                "hotel_id": str(self.house.id),
                "idempotency_key": key or uuid.uuid4().hex,
                "name": "Wedding",
                "check_in": arrival.isoformat(),
                "check_out": (arrival + nights * DAY).isoformat(),
                "release_date": (release or arrival - 7 * DAY).isoformat(),
                "rooms": [{"room_type_id": self.room_type_id, "rooms": number}],
                **fields,
            }
        )
        return await self.desk.call(self.desk.blocks.CreateBlock, request, token=self._by(token))

    async def release(self, block: block_pb2.Block, *, token: str | None = None) -> block_pb2.Block:
        request = block_pb2.ReleaseBlockRequest(id=block.id, idempotency_key=uuid.uuid4().hex)
        return await self.desk.call(self.desk.blocks.ReleaseBlock, request, token=self._by(token))

    async def blocks(self, *, token: str | None = None, **page: Any) -> block_pb2.ListBlocksResponse:
        request = block_pb2.ListBlocksRequest(hotel_id=str(self.house.id), **page)
        return await self.desk.call(self.desk.blocks.ListBlocks, request, token=self._by(token))

    async def figures(
        self, first_night: dt.date = ARRIVAL, nights: int = 7, *, token: str | None = None, **fields: Any
    ) -> figures_pb2.Figures:
        request = figures_pb2.GetFiguresRequest(
            hotel_id=str(self.house.id),
            first_night=first_night.isoformat(),
            end_night=(first_night + nights * DAY).isoformat(),
            **{"period": figures_pb2.FIGURE_PERIOD_WHOLE, **fields},
        )
        return await self.desk.call(self.desk.figures.GetFigures, request, token=self._by(token))

    async def put_in_house(self, booking: booking_pb2.Booking) -> None:
        """As if the guest had checked in, long before the day."""
        async with self.desk.database.transaction() as connection:
            await connection.execute("UPDATE booking.booking SET state = 'CHECKED_IN' WHERE id = $1::uuid", booking.id)


async def front_desk(desk: Desk, owner: SignedIn, *kinds: Kind) -> FrontDesk:
    return FrontDesk(desk, owner, await desk.house(owner, *(kinds or (Kind(rooms=3),))))

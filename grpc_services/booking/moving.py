"""The frame of every move of a booking: one transaction under the caller's key, with the booking locked first, then
its nights, then its doors; afterwards money that goes back is sent."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from contracts.booking.v1 import booking_pb2, front_desk_pb2
from grpc_services.booking import folio, folio_queries, holds, inventory_queries, night_queries, queries, refunds
from grpc_services.booking.answers import booking_as_message
from grpc_services.booking.errors import RoomUnavailable
from grpc_services.booking.night_queries import SwapRefused
from grpc_services.booking.reading import keys
from grpc_services.booking.rules import HOLDING, State
from runtime.database import Connection, Database, Record
from runtime.errors import NotFound
from runtime.identifiers import parse_id
from runtime.identity import Caller, Role, require_account, require_role
from runtime.payment_system import PaymentSystem


@dataclass(frozen=True, slots=True)
class Move:
    """A locked booking with its rooms, and who moves it."""

    connection: Connection
    caller: Caller
    row: Record
    rooms: Sequence[Record]
    stale_seconds: int

    @property
    def state(self) -> State:
        return State(self.row["state"])

    @property
    def by_hotel(self) -> bool:
        return runs_house(self.caller, self.row)

    async def swap_nights(self, rooms: Sequence[Record]) -> None:
        """From the nights that the booking takes to those of these rooms. Raises SwapRefused."""
        changes = folio.night_changes(self.rooms, rooms)
        await night_queries.change_nights(
            self.connection, changes, held=self.state in HOLDING, stale_seconds=self.stale_seconds
        )

    async def tell(self, row: Record, kind: str, summary: str, *, changed_state: bool = True) -> None:
        await queries.write_timeline(
            self.connection, row, kind=kind, actor=self.caller.role, summary=summary, changed_state=changed_state
        )


MoveRequest = (
    booking_pb2.CancelBookingRequest
    | booking_pb2.ModifyBookingRequest
    | front_desk_pb2.CheckInRequest
    | front_desk_pb2.CheckOutRequest
    | front_desk_pb2.MarkNoShowRequest
    | front_desk_pb2.ReinstateBookingRequest
    | front_desk_pb2.AddChargeRequest
    | front_desk_pb2.RecordDeskPaymentRequest
)
Work = Callable[[Move], Awaitable[Record]]


class MovingMethods:
    """A part of BookingServicer, which gives it the database, the payment system and the clock."""

    _database: Database
    _payments: PaymentSystem
    _stale_seconds: int
    _now: Callable[[], dt.datetime]

    async def _move(
        self,
        operation: str,
        request: MoveRequest,
        work: Work,
        *,
        at_desk: bool = False,
    ) -> booking_pb2.Booking:
        """Does the work in one transaction and stores its answer under the caller's key. Nights that only overdue
        holds keep are released and asked for once more."""
        caller = require_role(Role.HOTELIER, Role.ADMIN) if at_desk else require_account()
        booking_id = parse_id(request.booking_id, path=("bookingId",))

        async def once() -> booking_pb2.Booking:
            key = {"principal": str(caller.account_id), "operation": operation, "key": request.idempotency_key}
            async with self._database.transaction() as connection:
                earlier = await keys.claim(connection, **key, request=request, answer=booking_pb2.Booking)
                if earlier is not None:
                    return earlier
                row = await queries.lock_booking(connection, booking_id)
                if row is None or not (
                    runs_house(caller, row) or (not at_desk and row["guest_account_id"] == caller.account_id)
                ):
                    raise NotFound("There is no such booking.", path=("bookingId",))
                rooms = await folio_queries.load_rooms(connection, booking_id)
                after = await work(Move(connection, caller, row, rooms, self._stale_seconds))
                answer = await booking_as_message(connection, after)
                await keys.store(connection, **key, answer=answer)
            return answer

        try:
            answer = await once()
        except SwapRefused as refusal:
            await self._release_overdue(refusal.changes)
            try:
                answer = await once()
            except SwapRefused as again:
                raise await self._unavailable(again.changes) from None
        await refunds.try_to_send(self._database, self._payments, booking_id)
        return answer

    async def _release_overdue(self, changes: folio.Nights) -> None:
        for kind, first_night, end_night, _ in _wanted(changes):
            await holds.expire_in_the_way(self._database, {str(kind): 1}, first_night, end_night)

    async def _refused(self, changes: folio.Nights) -> RoomUnavailable | None:
        """Of the first room type that cannot be had on the nights that are wanted in addition."""
        async with self._database.reading() as connection:
            for kind, first_night, end_night, rooms in _wanted(changes):
                rows = await inventory_queries.refused_nights(
                    connection, {str(kind): rooms}, first_night, end_night, stale_seconds=self._stale_seconds
                )
                nights = [
                    (row["night"], row["reason"], row["held_until"])
                    for row in rows
                    if changes.get((kind, row["night"]), 0) > 0
                ]
                if nights:
                    return RoomUnavailable(kind, nights)
        return None

    async def _unavailable(self, changes: folio.Nights) -> RoomUnavailable:
        refused = await self._refused(changes)
        if refused is not None:
            return refused
        kind, first_night, _, _ = _wanted(changes)[0]  # free again by now; the caller may try once more
        return RoomUnavailable(kind, [(first_night, "SOLD_OUT", None)])


def runs_house(caller: Caller, row: Record) -> bool:
    return caller.role is Role.ADMIN or (caller.role is Role.HOTELIER and caller.account_id == row["hotel_owner_id"])


def _wanted(changes: folio.Nights) -> list[tuple[uuid.UUID, dt.date, dt.date, int]]:
    """(room type, first night, end night, most rooms) of what is wanted in addition."""
    most: Counter[uuid.UUID] = Counter()
    nights: dict[uuid.UUID, list[dt.date]] = {}
    for (kind, night), rooms in changes.items():
        if rooms > 0:
            most[kind] = max(most[kind], rooms)
            nights.setdefault(kind, []).append(night)
    return [(kind, min(days), max(days) + dt.timedelta(days=1), most[kind]) for kind, days in nights.items()]

"""What is true when it is calm again, held against what guests were told."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from api.node_ids import decode_node_id
from grpc_services.booking import audit as booking_audit
from grpc_services.salon import audit as salon_audit
from migrations.histories import role_of
from runtime.database import Connection, open_database
from stack.secret_store import SecretStore
from stack.wiring import OUTBOX_SCHEMAS, url_of_role
from tests.chaos.guests import Witness
from tests.journeys.running_stack import RunningStack

CLEAN_WITHIN_SECONDS = 60.0

_STATES = "SELECT id::text, state FROM booking.booking WHERE id = ANY($1::uuid[])"
_UNKNOWN = (
    "SELECT count(*) AS number FROM booking.booking WHERE guest_email = ANY($1::text[]) AND NOT id = ANY($2::uuid[])"
)
_OVERSOLD = """
    WITH taken AS (
        SELECT room.room_type_id, days.day::date AS night, count(*) AS rooms
        FROM booking.booking AS b JOIN booking.booking_room AS room ON room.booking_id = b.id
        CROSS JOIN generate_series(room.first_night::timestamp, room.end_night::timestamp - interval '1 day',
                                   interval '1 day') AS days (day)
        WHERE b.state NOT IN ('EXPIRED', 'CANCELLED') AND NOT room.cancelled GROUP BY 1, 2
    )
    SELECT count(*) AS number FROM taken JOIN booking.room_type_night USING (room_type_id, night)
    WHERE rooms > capacity + oversell"""
_TWICE = """
    SELECT coalesce(sum(times - 1), 0) AS number FROM (
        SELECT count(*) AS times FROM notification.notification
        WHERE kind <> 'BookingPaymentFailed' AND booking_id = ANY($1::uuid[])
        GROUP BY account_id, booking_id, kind) AS told"""
_TOLD = "SELECT DISTINCT booking_id::text, kind FROM notification.notification WHERE booking_id = ANY($1::uuid[])"
_STORED = "SELECT count(*) AS number FROM notification.notification WHERE booking_id = ANY($1::uuid[])"


@dataclass
class Verdict:
    bookings_lost: list[str] = field(default_factory=list)
    bookings_nobody_knows: int = 0
    nights_oversold: int = 0
    notifications: int = 0
    notifications_twice: int = 0
    notifications_missing: int = 0
    discrepancies: int = 0
    events_waiting: int = 0
    seconds_until_clean: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether what takes its time has come to its end."""
        return not (self.discrepancies or self.events_waiting or self.notifications_missing)

    @property
    def faultless(self) -> bool:
        return self.clean and not (
            self.bookings_lost or self.bookings_nobody_knows or self.nights_oversold or self.notifications_twice
        )


async def judge(stack: RunningStack, witness: Witness, *, within: float = CLEAN_WITHIN_SECONDS) -> Verdict:
    """Looks again and again until everything is clean, for at most so many seconds."""
    began = time.monotonic()
    while True:
        verdict = await _look(stack, witness)
        verdict.seconds_until_clean = time.monotonic() - began
        if verdict.clean or verdict.seconds_until_clean > within:
            return verdict
        await asyncio.sleep(0.5)


async def _look(stack: RunningStack, witness: Witness) -> Verdict:
    held = {booking: decode_node_id(booking)[1] for booking in witness.held}
    ids = [uuid.UUID(identifier) for identifier in held.values()]
    verdict = Verdict()

    async def of_booking(connection: Connection) -> None:
        states = {row["id"]: row["state"] for row in await connection.fetch(_STATES, ids)}
        verdict.bookings_lost = [
            f"{identifier} is {states.get(identifier, 'gone')}"
            for booking, identifier in held.items()
            if not _as_told(states.get(identifier, ""), booking, witness)
        ]
        verdict.bookings_nobody_knows = max(
            0, await _number(connection, _UNKNOWN, list(witness.emails), ids) - witness.keys_without_answer
        )
        verdict.nights_oversold = await _number(connection, _OVERSOLD)
        verdict.discrepancies += len(await booking_audit.find_discrepancies(connection))

    async def of_salon(connection: Connection) -> None:
        verdict.discrepancies += len(await salon_audit.find_discrepancies(connection))

    async def of_notification(connection: Connection) -> None:
        told = {(row["booking_id"], row["kind"]) for row in await connection.fetch(_TOLD, ids)}
        expected = {(held[booking], "BookingConfirmed") for booking in witness.confirmed}
        expected |= {(held[booking], "BookingCancelled") for booking in witness.cancelled}
        verdict.notifications = await _number(connection, _STORED, ids)
        verdict.notifications_twice = await _number(connection, _TWICE, ids)
        verdict.notifications_missing = len(expected - told)

    await _ask(stack, "booking", of_booking)
    await _ask(stack, "salon", of_salon)
    await _ask(stack, "notification", of_notification)
    for schema in OUTBOX_SCHEMAS:

        async def of_outbox(connection: Connection, schema: str = schema) -> None:
            query = f"SELECT count(*) AS number FROM {schema}.outbox_event WHERE published_at IS NULL"  # noqa: S608
            verdict.events_waiting += await _number(connection, query)

        await _ask(stack, schema, of_outbox)
    return verdict


def _as_told(state: str, booking: str, witness: Witness) -> bool:
    if booking in witness.cancelled:
        return state == "CANCELLED"
    if booking in witness.confirmed:
        return state == "CONFIRMED"
    return state in {"HELD", "PAYMENT_PENDING", "CONFIRMED", "CANCELLED"}


async def _number(connection: Connection, query: str, *arguments: Sequence[object]) -> int:
    row = await connection.fetchrow(query, *arguments)
    assert row is not None
    return int(row["number"])


async def _ask(stack: RunningStack, service: str, look: Callable[[Connection], Awaitable[None]]) -> None:
    role = role_of(service)
    password = SecretStore(stack.directory).role_passwords()[role]
    url = url_of_role(f"postgresql://127.0.0.1:{stack.ports.postgres}/innkeeper", role, password)
    async with (
        open_database(url, pool_size=1, application_name="chaos") as database,
        database.reading() as connection,
    ):
        await look(connection)

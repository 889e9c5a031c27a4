"""The standing proof finds what is wrong: each kind of damage is planted and undone."""

from __future__ import annotations

import pytest

from grpc_services.booking.audit import Discrepancy, find_discrepancies
from tests.grpc_services.booking.desk import Desk
from tests.house import SignedIn


class _Undone(Exception):
    """Ends a transaction that shall leave nothing behind."""


@pytest.mark.parametrize(
    ("damage", "kinds"),
    [
        ("UPDATE booking.room_type_night SET held = held - 1 WHERE room_type_id = $2::uuid", ["HELD", "HELD"]),
        ("UPDATE booking.room_type_night SET sold = sold + 1 WHERE room_type_id = $2::uuid", ["SOLD", "SOLD"]),
        ("DELETE FROM booking.room_type_night WHERE room_type_id = $2::uuid", ["HELD", "HELD"]),
        ("DELETE FROM booking.booking WHERE id = $1::uuid", ["HELD", "HELD"]),
        (
            "UPDATE booking.booking SET state = 'EXPIRED', hold_expires_at = NULL WHERE id = $1::uuid",
            ["HELD", "HELD"],
        ),
        ("UPDATE booking.booking SET paid_minor_units = 5 WHERE id = $1::uuid", ["KEPT_UNPAID", "PAID"]),
        (
            "UPDATE booking.booking SET paid_minor_units = 5, refunded_minor_units = 5 WHERE id = $1::uuid",
            ["KEPT_UNPAID", "PAID", "REFUNDED"],
        ),
        (
            "UPDATE booking.booking SET state='CONFIRMED', hold_expires_at=NULL, payment_id='p' WHERE id = $1::uuid",
            ["CONFIRMED_UNPAID", "HELD", "HELD", "SOLD", "SOLD"],
        ),
        ("UPDATE booking.booking SET charges_minor_units = 5 WHERE id = $1::uuid", ["CHARGES"]),
        ("UPDATE booking.booking SET desk_paid_minor_units = 5 WHERE id = $1::uuid", ["DESK_PAID"]),
        ("UPDATE booking.booking SET total_minor_units = 5 WHERE id = $1::uuid", ["TOTAL"]),
        (
            "UPDATE booking.room_type_night SET out_of_order = 1 WHERE room_type_id = $2::uuid",
            ["OUT_OF_ORDER", "OUT_OF_ORDER"],
        ),
        ("UPDATE booking.room_type_night SET blocked = 1 WHERE room_type_id = $2::uuid", ["BLOCKED", "BLOCKED"]),
        (
            "UPDATE booking.room_type_night SET capacity = capacity + 1 WHERE room_type_id = $2::uuid",
            ["CAPACITY", "CAPACITY"],
        ),
        ("UPDATE booking.room_type SET capacity = 99 WHERE room_type_id = $2::uuid", ["CAPACITY", "CAPACITY"]),
    ],
)
async def test_damage_is_found(desk: Desk, owner: SignedIn, guest: SignedIn, damage: str, kinds: list[str]) -> None:
    house = await desk.house(owner)
    booking = await desk.booked(house, guest)
    statement = damage.replace("$2::uuid", f"'{house.room_types[0]}'").replace("$1::uuid", f"'{booking.id}'")
    found: list[Discrepancy] = []

    async def damage_and_undo() -> None:
        async with desk.database.transaction() as connection:
            assert await find_discrepancies(connection) == []
            await connection.execute(statement)
            found.extend(await find_discrepancies(connection))
            raise _Undone

    with pytest.raises(_Undone):
        await damage_and_undo()
    assert [one.kind for one in found] == kinds
    assert {one.subject for one in found} <= {booking.id, house.room_types[0]}

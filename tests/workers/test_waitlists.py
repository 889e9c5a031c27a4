"""The cron job that offers rooms that came free."""

from __future__ import annotations

import datetime as dt

from runtime.channels import open_service_identity
from runtime.identity import Role
from tests.grpc_services.booking.desk import ARRIVAL, open_desk
from tests.grpc_services.booking.test_waitlist import OFFERED, join, release, waiting_of
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import register_account, worker_settings
from tests.parts import Parts, free_port
from workers.waitlists import tend_waitlists

NIGHTS = 11


async def test_more_free_rooms_than_one_batch_are_all_offered(
    parts: Parts, auth_address: str, booking_address: str
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    holder, *waiting = [await register_account(auth_address, Role.GUEST) for _ in range(3)]
    settings = worker_settings(parts, auth_address, booking_address="", notification_address="", smtp_port=free_port())
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        open_service_identity(auth_address, settings) as identity,
    ):
        house = await desk.house(owner, Kind(rooms=2))
        await desk.booked(house, holder, house.room(), house.room(), nights=NIGHTS)
        days = [(ARRIVAL + dt.timedelta(days=number)).isoformat() for number in range(NIGHTS + 1)]
        for guest in waiting:
            for night in range(NIGHTS):
                await join(desk, house, guest, check_in=days[night], check_out=days[night + 1])
        context = {"waitlists": desk.waitlists, "identity": identity}
        assert await tend_waitlists(context) == 0
        await release(desk, house)
        assert await tend_waitlists(context) == 2 * NIGHTS
        for guest in waiting:
            assert [one.state for one in await waiting_of(desk, guest)] == [OFFERED] * NIGHTS
        assert await desk.free(house, nights=NIGHTS) == [0] * NIGHTS

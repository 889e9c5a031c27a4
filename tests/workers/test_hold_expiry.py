"""The cron job that tidies overdue holds."""

from __future__ import annotations

from runtime.channels import open_service_identity
from runtime.identity import Role
from tests.grpc_services.booking.desk import EXPIRED, open_desk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import register_account, worker_settings
from tests.parts import Parts, free_port
from workers.hold_expiry import expire_holds


async def test_more_overdue_holds_than_one_batch_are_all_released(
    parts: Parts, auth_address: str, booking_address: str
) -> None:
    owner = await register_account(auth_address, Role.HOTELIER)
    guest = await register_account(auth_address, Role.GUEST)
    settings = worker_settings(parts, auth_address, booking_address="", notification_address="", smtp_port=free_port())
    async with (
        open_desk(parts, auth_address, booking_address) as desk,
        open_service_identity(auth_address, settings) as identity,
    ):
        house = await desk.house(owner, Kind(rooms=105))
        held = [await desk.booked(house, guest) for _ in range(105)]
        await desk.run_out(*held)
        context = {"settlements": {"booking": desk.settlement}, "identity": identity}
        assert await expire_holds(context) >= 105
        assert await expire_holds(context) == 0
        assert await desk.free(house) == [105, 105]
        assert (await desk.get(held[0])).state == EXPIRED

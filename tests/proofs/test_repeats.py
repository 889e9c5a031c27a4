"""One key, forty requests: one booking, and the same answer to every one of them."""

from __future__ import annotations

import asyncio
import uuid

from api.node_ids import decode_node_id
from contracts.booking.v1 import booking_pb2
from tests.grpc_services.booking.desk import Desk
from tests.grpc_services.hotel.catalogue import Kind
from tests.house import SignedIn
from tests.proofs.figures import Tell
from tests.proofs.gateways import Gateways, book, quoted

REPEATS = 20


async def test_twenty_repeats_at_once_and_twenty_later_make_one_booking(
    gateways: Gateways, desk: Desk, owner: SignedIn, guests: list[SignedIn], full: bool, tell: Tell
) -> None:
    """Some of the later ones when its hold has long run out."""
    clients = [gateways.client(number, guests[0]) for number in range(REPEATS)]
    for _ in range(20 if full else 2):
        house = await desk.house(owner, Kind(rooms=REPEATS))
        quote, key = await quoted(clients[0], house), uuid.uuid4().hex
        answers = await asyncio.gather(*(book(client, quote, key) for client in clients))
        answers += [await book(client, quote, key) for client in clients[::2]]
        assert await desk.free(house) == [REPEATS - 1] * 2
        await desk.let_expire(booking_pb2.Booking(id=decode_node_id(answers[0]["booking"]["id"])[1]))
        answers += [await book(client, quote, key) for client in clients[1::2]]
        assert len(answers) == 2 * REPEATS
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["booking"]["state"] == "HELD"
        assert await desk.free(house) == [REPEATS] * 2
        tell(keys=1, requests=len(answers), bookings=1)

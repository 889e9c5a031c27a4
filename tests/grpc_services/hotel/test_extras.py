"""Making, editing and archiving extras, and choosing them for a stay."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.hotel.v1 import extra_pb2, extra_pb2_grpc, hotel_pb2, rate_pb2, rate_pb2_grpc
from contracts.money.v1 import money_pb2
from runtime.channels import call, open_channel
from runtime.clock import utc_now
from runtime.database import Database
from runtime.errors import ServiceError
from runtime.identifiers import new_id
from runtime.identity import Role
from tests.grpc_services.hotel.extra_desk import NIGHT, STAY, ExtraDesk, extra_message
from tests.grpc_services.hotel.hotelier import Hotelier, event_types, everything, sides
from tests.grpc_services.hotel.test_room_types import whole
from tests.house import refused, register_account, service_token

ARRIVAL = utc_now().date() + dt.timedelta(days=30)


@pytest.fixture(scope="module")
async def extras(hotel_address: str, hotelier: Hotelier) -> AsyncIterator[ExtraDesk]:
    async with open_channel(hotel_address, extra_pb2.DESCRIPTOR) as channel:
        yield ExtraDesk(extra_pb2_grpc.ExtraServiceStub(channel), hotelier.token)


def priced(
    kind: hotel_pb2.RoomType, plan: hotel_pb2.RatePlan, *chosen: tuple[str, int], **guests: Any
) -> rate_pb2.PriceStayRequest:
    """Three nights for two adults, or who else is named."""
    room = rate_pb2.RoomRequest(
        room_type_id=kind.id,
        rate_plan_id=plan.id,
        extras=[rate_pb2.ChosenExtra(extra_id=extra_id, quantity=quantity) for extra_id, quantity in chosen],
        **{"adults": 2} | guests,
    )
    return rate_pb2.PriceStayRequest(
        hotel_id=kind.hotel_id,
        check_in=ARRIVAL.isoformat(),
        check_out=(ARRIVAL + dt.timedelta(days=3)).isoformat(),
        rooms=[rate_pb2.RoomRequest(room_type_id=kind.id, rate_plan_id=plan.id, adults=1), room],
    )


async def test_a_new_extra_is_shown_with_the_house_behind_the_others(
    extras: ExtraDesk, hotelier: Hotelier, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    breakfast = await extras.create(hotel.id)
    assert breakfast == extra_message(id=breakfast.id, hotel_id=hotel.id, version=1)
    parking = await extras.create(hotel.id, name="  Parking ", description="", charge_unit=NIGHT, max_quantity=20)
    assert (parking.name, parking.max_quantity) == ("Parking", 20)
    assert list((await whole(hotelier, hotel)).extras) == [breakfast, parking]
    assert await event_types(hotel_database, hotel.id) == ["HotelChanged"] * 3
    (entry,) = await hotelier.changes(hotel, subject_id=breakfast.id)
    assert (entry.subject_kind, entry.action) == ("Extra", "created")
    assert sides(entry)[1]["price_minor_units"] == 1500


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "Break\x00fast"}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"charge_unit": 0}, "chargeUnit"),
        ({"charge_unit": 9}, "chargeUnit"),
        ({"price": money_pb2.Money(minor_units=-1)}, "priceMinorUnits"),
        ({"price": money_pb2.Money(minor_units=10_000_001)}, "priceMinorUnits"),
        ({"price": money_pb2.Money(minor_units=1, currency="USD")}, "priceMinorUnits"),
        ({"max_quantity": 0}, "maxQuantity"),
        ({"max_quantity": 21}, "maxQuantity"),
    ],
)
async def test_a_bad_field_is_named_and_changes_nothing(
    changes: dict[str, Any], path: str, extras: ExtraDesk, hotelier: Hotelier, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    extra = await extras.create(hotel.id)
    before = await everything(hotel_database, hotel.id)
    for refusal in (
        await refused(extras.create(hotel.id, **changes)),
        await refused(extras.edit(extra, **changes)),
    ):
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", (path,))
    assert await everything(hotel_database, hotel.id) == before


async def test_an_edit_writes_the_named_fields_and_the_log(extras: ExtraDesk, hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    extra = await extras.create(hotel.id)
    price = money_pb2.Money(minor_units=1800, currency="EUR")
    edited = await extras.edit(extra, price=price, max_quantity=2)
    assert edited == extra_message(id=extra.id, hotel_id=hotel.id, price=price, max_quantity=2, version=2)
    assert (await extras.edit(extra, 2, max_quantity=2)).version == 2  # nothing to do
    newest, _ = await hotelier.changes(hotel, subject_id=extra.id)
    assert sides(newest) == (
        {"price_minor_units": 1500, "max_quantity": 1},
        {"price_minor_units": 1800, "max_quantity": 2},
    )
    assert (await refused(extras.edit(extra, 2, hotel_id=hotel.id))).path == ("fields",)


async def test_of_two_edits_of_one_version_one_wins(extras: ExtraDesk, hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    extra = await extras.create(hotel.id)
    answers = await asyncio.gather(
        *(extras.edit(extra, name=f"Name {number}") for number in range(4)), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, ServiceError)]
    assert [(refusal.code, refusal.details["current_version"]) for refusal in lost] == [("VERSION_CONFLICT", "2")] * 3


async def test_an_archived_extra_is_gone_for_good(extras: ExtraDesk, hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    extra = await extras.create(hotel.id)
    archived = await extras.archive(extra)
    assert (archived.archived, archived.version) == (True, 2)
    assert list((await whole(hotelier, hotel)).extras) == []
    assert (await refused(extras.edit(extra, 2, name="Again"))).code == "ILLEGAL_STATE"
    assert (await refused(extras.archive(extra, 2))).code == "ILLEGAL_STATE"
    newest = (await hotelier.changes(hotel, subject_id=extra.id))[0]
    assert (newest.action, sides(newest)) == ("archived", ({"archived": False}, {"archived": True}))


async def test_a_house_has_at_most_a_hundred_extras(extras: ExtraDesk, hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    made = await asyncio.gather(*(extras.create(hotel.id, name=f"Extra {number}") for number in range(100)))
    refusal = await refused(extras.create(hotel.id))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("hotelId",))
    await extras.archive(made[0])
    await extras.create(hotel.id)


async def test_the_currency_of_prices_stays(extras: ExtraDesk, hotelier: Hotelier) -> None:
    hotel = await hotelier.hotel()
    await extras.create(hotel.id)
    refusal = await refused(hotelier.edit(hotel, hotel.version, currency="USD"))
    assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("currency",))


@pytest.mark.parametrize("name", ["CreateExtra", "UpdateExtra", "ArchiveExtra"])
async def test_only_its_own_hotelier_edits_the_extras_of_a_house(
    name: str, extras: ExtraDesk, hotelier: Hotelier, rival: Hotelier, auth_address: str, hotel_database: Database
) -> None:
    hotel = await hotelier.hotel()
    extra = await extras.create(hotel.id)

    def request(hotel_id: str, extra_id: str) -> Any:
        return {
            "CreateExtra": extra_pb2.CreateExtraRequest(extra=extra_message(hotel_id=hotel_id)),
            "UpdateExtra": extra_pb2.UpdateExtraRequest(
                extra=extra_pb2.Extra(id=extra_id, name="Mine now"), fields=["name"], expected_version=1
            ),
            "ArchiveExtra": extra_pb2.ArchiveExtraRequest(id=extra_id, expected_version=1),
        }[name]

    path = ("hotelId",) if name == "CreateExtra" else ("extraId",)
    method, real = getattr(extras.stub, name), request(hotel.id, extra.id)
    guest = await register_account(auth_address, Role.GUEST)
    before = await everything(hotel_database, hotel.id)
    assert (await refused(call(method, real, token=""))).code == "UNAUTHENTICATED"
    for token in (guest.token, await service_token(auth_address)):
        assert (await refused(call(method, real, token=token))).code == "PERMISSION_DENIED"
    foreign = await refused(call(method, real, token=rival.token))
    unknown = await refused(call(method, request(str(new_id()), str(new_id())), token=hotelier.token))
    assert (foreign.code, foreign.path, foreign.message) == (unknown.code, unknown.path, unknown.message)
    assert (foreign.code, foreign.path) == ("NOT_FOUND", path)
    assert (await refused(call(method, request("x", "x"), token=hotelier.token))).path == path
    assert await everything(hotel_database, hotel.id) == before


async def test_chosen_extras_are_lines_of_their_room_and_of_no_other(
    extras: ExtraDesk, hotelier: Hotelier, rates: rate_pb2_grpc.RateServiceAsyncStub
) -> None:
    hotel, kind, plan = await hotelier.published()
    breakfast = await extras.create(hotel.id)
    late = await extras.create(
        hotel.id, name="Late check-out", charge_unit=STAY, price=money_pb2.Money(minor_units=3000)
    )
    parking = await extras.create(
        hotel.id, name="Parking", charge_unit=NIGHT, price=money_pb2.Money(minor_units=1200), max_quantity=2
    )
    request = priced(kind, plan, (parking.id, 2), (breakfast.id, 1), (late.id, 1), children_ages=[1])
    stay = await call(rates.PriceStay, request, token="")
    without = await call(rates.PriceStay, priced(kind, plan, children_ages=[1]), token="")
    other, room = stay.rooms
    assert other == without.rooms[0]
    lines = [line for line in room.lines if line.kind == rate_pb2.PRICE_LINE_KIND_EXTRA]
    assert [line for line in room.lines if line not in lines] == list(without.rooms[1].lines)
    assert [(line.description, line.amount.minor_units, line.steps[0].name) for line in lines] == [
        ("Breakfast", 3 * 3 * 1500, "Breakfast, 3 guests, 3 nights"),
        ("Late check-out", 3000, "Late check-out"),
        ("Parking", 2 * 3 * 1200, "2 × Parking, 3 nights"),
    ]
    assert lines[2].extra == rate_pb2.PricedExtra(
        extra_id=parking.id,
        name="Parking",
        charge_unit=NIGHT,
        quantity=2,
        unit_price=money_pb2.Money(minor_units=1200, currency="EUR"),
    )
    assert room.total.minor_units == sum(line.amount.minor_units for line in room.lines)
    assert stay.total.minor_units - without.total.minor_units == 13_500 + 3000 + 7200
    assert list(room.request.extras) == list(request.rooms[1].extras)


async def test_what_cannot_be_chosen_is_named_by_its_place(
    extras: ExtraDesk, hotelier: Hotelier, rates: rate_pb2_grpc.RateServiceAsyncStub
) -> None:
    hotel, kind, plan = await hotelier.published()
    elsewhere = await hotelier.hotel()
    breakfast, foreign = await extras.create(hotel.id, max_quantity=2), await extras.create(elsewhere.id)
    gone = await extras.create(hotel.id)
    await extras.archive(gone)
    for chosen, place in (
        ([(breakfast.id, 1), (foreign.id, 1)], "1.extraId"),
        ([(gone.id, 1)], "0.extraId"),
        ([(str(new_id()), 1)], "0.extraId"),
        ([("x", 1)], "0.extraId"),
        ([(breakfast.id, 1), (breakfast.id, 1)], "1.extraId"),
        ([(breakfast.id, 0)], "0.quantity"),
        ([(breakfast.id, -1)], "0.quantity"),
        ([(breakfast.id, 3)], "0.quantity"),
    ):
        refusal = await refused(call(rates.PriceStay, priced(kind, plan, *chosen), token=""))
        assert (refusal.code, refusal.path) == ("INVALID_INPUT", ("rooms", "1", "extras", *place.split("."))), chosen

"""The moves of a booking over HTTP: previews ready to be drawn, cancelling, changing, and the front desk."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.client import Client, stay, until, wish
from tests.api.house import ApiHouse
from tests.grpc_services.hotel.catalogue import House

MONEY = "{ minorUnits currency }"
REFUSED = "... on UserError { code message path }"
STATES = "... on IllegalState { state allowed }"
BOOKING = f"""
  booking {{
    id state version checkOut total {MONEY} paid {MONEY} refunded {MONEY} due {MONEY} penalty {MONEY} source
    bookedRooms {{ position cancelled endNight roomTypeId guestName doors {{ number firstNight endNight }} }}
    charges {{ description amount {MONEY} }} deskPayments {{ method amount {MONEY} }}
  }}
"""
PREVIEW = f"""
query ($id: ID!, $rooms: [Int!]) {{
  cancellationPreview(bookingId: $id, roomPositions: $rooms) {{
    byHotel timeZone version penalty {MONEY} refund {MONEY}
    stages {{ begins ends hotelLocalBegins hotelLocalEnds penalty {MONEY} refund {MONEY} }}
  }}
}}
"""
CHANGE_PREVIEW = f"""
query ($id: ID!, $quote: ID!) {{
  modificationPreview(bookingId: $id, quoteId: $quote) {{
    oldTotal {MONEY} newTotal {MONEY} due {MONEY} refund {MONEY}
  }}
}}
"""
QUOTE = "mutation ($input: QuoteCreateInput!) { quoteCreate(input: $input) { __typename ... on Quote { id } } }"
BOOK = f"""
mutation ($input: BookingCreateInput!) {{
  bookingCreate(input: $input) {{ __typename ... on BookingCreated {{ {BOOKING} }} }}
}}
"""


def move(name: str, success: str, more: str = "") -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input) "
        f"{{ __typename {REFUSED} {STATES} {more} ... on {success} {{ {BOOKING} }} }} }}"
    )


CANCEL = move("bookingCancel", "BookingCancelled", f"... on RefundChanged {{ expected {MONEY} actual {MONEY} }}")
MODIFY = move("bookingModify", "BookingModified")
CHECK_IN = move("bookingCheckIn", "BookingCheckedIn")
CHECK_OUT = move("bookingCheckOut", "BookingCheckedOut", f"... on PaymentDue {{ due {MONEY} }}")
NO_SHOW = move("bookingMarkNoShow", "BookingMarkedNoShow")
REINSTATE = move("bookingReinstate", "BookingReinstated")
CHARGE = move("bookingChargeAdd", "BookingChargeAdded")
DESK_PAYMENT = move("bookingDeskPaymentRecord", "BookingDeskPaymentRecorded")


def euros(minor_units: int) -> dict[str, Any]:
    return {"minorUnits": minor_units, "currency": "EUR"}


def asked(booking: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"bookingId": booking["id"], "idempotencyKey": str(uuid.uuid4()), **more}


def a_house(house: ApiHouse) -> House:
    """One whose clock is Paris's and whose money is euros."""
    return next(
        one
        for one in house.houses.values()
        if one.asked.time_zone == "Europe/Paris" and {plan.timing for plan in one.asked.plans} >= {"AT_HOTEL"}
    )


def at_hotel(house: House) -> int:
    return next(number for number, plan in enumerate(house.asked.plans) if plan.timing == "AT_HOTEL")


async def booked(client: Client, house: House, *, ahead: int, nights: int = 2) -> dict[str, Any]:
    """A booking that is paid at the hotel, `ahead` days from today at the hotel."""
    arrival = dt.datetime.now(ZoneInfo("Europe/Paris")).date() + dt.timedelta(days=ahead)
    dates: dict[str, Any] = {
        "checkIn": arrival.isoformat(),
        "checkOut": (arrival + dt.timedelta(days=nights)).isoformat(),
    }
    quote = await client.mutate(QUOTE, stay(house, plan=at_hotel(house), **dates))
    created = await client.mutate(BOOK, wish(quote["id"], client.email))
    booking: dict[str, Any] = created["booking"]
    return booking


async def test_cancelling_shows_its_price_first_and_keeps_to_it(
    house: ApiHouse, guest: Client, stranger: Client
) -> None:
    booking = await booked(guest, a_house(house), ahead=33)
    preview = (await guest.data(PREVIEW, {"id": booking["id"]}))["cancellationPreview"]
    assert (preview["timeZone"], preview["byHotel"]) == ("Europe/Paris", False)
    stages = preview["stages"]
    assert (stages[0]["begins"], stages[-1]["ends"]) == (None, None)
    for earlier, later in itertools.pairwise(stages):
        assert earlier["ends"] == later["begins"]
        assert earlier["hotelLocalEnds"].endswith("(Europe/Paris)")
    changed = await guest.mutate(CANCEL, asked(booking, expectedRefund=euros(99)))
    assert (changed["__typename"], changed["expected"], changed["actual"]) == ("RefundChanged", euros(99), euros(0))
    foreign = await stranger.mutate(CANCEL, asked(booking, expectedRefund=euros(0)))
    assert foreign["__typename"] == "NotFound"
    wanted = asked(booking, expectedRefund=euros(0), reason="Plans changed")
    cancelled = await guest.mutate(CANCEL, wanted)
    assert cancelled["booking"]["state"] == "CANCELLED"
    assert cancelled["booking"]["penalty"] == preview["penalty"]
    assert await guest.mutate(CANCEL, wanted) == cancelled
    again = await guest.mutate(CANCEL, asked(booking, expectedRefund=euros(0)))
    assert (again["__typename"], again["state"], again["allowed"]) == ("IllegalState", "CANCELLED", [])
    refusal = await guest.refusal("query ($id: ID!) { cancellationPreview(bookingId: $id) { version } }", {"id": "x"})
    assert refusal["code"] == "INVALID_INPUT"


async def test_the_hotel_cancels_a_paid_booking_and_all_money_goes_back(
    house: ApiHouse, guest: Client, hotelier: Client
) -> None:
    own = a_house(house)
    prepaid = next(number for number, plan in enumerate(own.asked.plans) if plan.timing == "PREPAID")
    booking = await guest.book(own, ahead=34, plan=prepaid)
    await guest.pay(await guest.begin_payment(booking))
    await guest.until_confirmed(booking)
    preview = (await hotelier.data(PREVIEW, {"id": booking["id"]}))["cancellationPreview"]
    assert (preview["byHotel"], preview["penalty"]["minorUnits"]) == (True, 0)
    cancelled = await hotelier.mutate(CANCEL, asked(booking, expectedRefund=preview["refund"]))
    assert (cancelled["booking"]["state"], cancelled["booking"]["paid"]) == ("CANCELLED", preview["refund"])
    seen = f"query ($id: ID!) {{ booking(id: $id) {{ refunded {MONEY} }} }}"

    async def sent_back() -> bool:
        found = (await guest.data(seen, {"id": booking["id"]}))["booking"]
        return bool(found["refunded"] == preview["refund"])

    await until(sent_back)


async def test_a_booking_is_changed_to_a_quote_made_for_it(house: ApiHouse, guest: Client, stranger: Client) -> None:
    own = a_house(house)
    booking = await booked(guest, own, ahead=35)
    dates = {
        "checkIn": booking["checkOut"],
        "checkOut": str(dt.date.fromisoformat(booking["checkOut"]) + dt.timedelta(1)),
    }
    wanted = stay(own, plan=at_hotel(own), bookingId=booking["id"], **dates)
    quote = await guest.mutate(QUOTE, wanted)
    assert (await stranger.mutate(QUOTE, wanted))["__typename"] == "NotFound"
    preview = (await guest.data(CHANGE_PREVIEW, {"id": booking["id"], "quote": quote["id"]}))["modificationPreview"]
    assert preview["oldTotal"] == booking["total"]
    change = asked(booking, quoteId=quote["id"], expectedRefund=preview["refund"])
    changed = await guest.mutate(MODIFY, change)
    assert changed["__typename"] == "BookingModified", changed
    assert (changed["booking"]["total"], changed["booking"]["due"]) == (preview["newTotal"], preview["due"])
    assert await guest.mutate(MODIFY, change) == changed
    conflict = await guest.mutate(MODIFY, {**change, "expectedRefund": euros(1)})
    assert conflict["__typename"] == "IdempotencyConflict"


async def test_a_day_at_the_desk(house: ApiHouse, guest: Client, hotelier: Client) -> None:
    own = a_house(house)
    booking = await booked(guest, own, ahead=0)
    assert (await guest.mutate(CHECK_IN, asked(booking)))["__typename"] == "NotPermitted"
    early = await hotelier.mutate(NO_SHOW, asked(booking))
    assert (early["__typename"], early["state"]) == ("IllegalState", "CONFIRMED")
    assert (await hotelier.mutate(REINSTATE, asked(booking)))["__typename"] == "IllegalState"
    inside = await hotelier.mutate(CHECK_IN, asked(booking))
    assert inside["booking"]["state"] == "CHECKED_IN", inside
    charged = await hotelier.mutate(CHARGE, asked(booking, description="Minibar", amount=euros(700)))
    bill = charged["booking"]
    assert bill["charges"] == [{"description": "Minibar", "amount": euros(700)}]
    assert bill["due"]["minorUnits"] == booking["total"]["minorUnits"] + 700
    unpaid = await hotelier.mutate(CHECK_OUT, asked(booking))
    assert (unpaid["__typename"], unpaid["code"], unpaid["due"]) == ("PaymentDue", "PAYMENT_DUE", bill["due"])
    settled = await hotelier.mutate(DESK_PAYMENT, asked(booking, method="CARD", amount=bill["due"]))
    assert settled["booking"]["deskPayments"] == [{"method": "CARD", "amount": bill["due"]}]
    left = await hotelier.mutate(CHECK_OUT, asked(booking))
    assert (left["booking"]["state"], left["booking"]["due"]["minorUnits"]) == ("COMPLETED", 0)
    assert [one["endNight"] for one in left["booking"]["bookedRooms"]] == [
        str(dt.datetime.now(ZoneInfo("Europe/Paris")).date())
    ]

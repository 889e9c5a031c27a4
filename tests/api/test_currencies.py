"""Houses that charge without decimals, or with three: from the first price to the refund, bill and mail; and what a
guest is shown in their own currency meanwhile."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest

from api.node_ids import decode_id
from contracts.hotel.v1 import exchange_rate_pb2, exchange_rate_pb2_grpc
from runtime.channels import call, open_channel
from runtime.identity import Role
from tests.api.client import Client, today, until, wish
from tests.api.hotelier_desk import HotelierDesk, new_rate_plan, new_room_type
from tests.api.house import ApiHouse
from tests.api.salon_desk import SalonDesk
from tests.api.test_appointments import DAY, done, visit
from tests.house import refused, register_account, service_token

NBSP = "\N{NO-BREAK SPACE}"
MONEY = "{ minorUnits currency decimal formatted }"
SHOWN = "shownTotal(currency: USD) { amount { minorUnits decimal currency } rate day }"
QUOTE = (
    "mutation ($input: QuoteCreateInput!) { quoteCreate(input: $input) { __typename ... on UserError { code message } "
    f"... on Quote {{ id total {MONEY} lines {{ kind amount {{ decimal }} }} {SHOWN} }} }} }}"
)
BOOKING = (
    f"query ($id: ID!) {{ booking(id: $id) {{ reference state invoiceUrl paid {MONEY} refunded {MONEY} {SHOWN} }} }}"
)
BOOK = (
    "mutation ($input: BookingCreateInput!) { bookingCreate(input: $input) { __typename "
    "... on UserError { code message } "
    f"... on BookingCreated {{ booking {{ id total {MONEY} }} }} }} }}"
)
CANCEL = (
    "mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) "
    "{ __typename ... on UserError { code message } } }"
)
SEARCH = (
    "query ($input: HotelSearchInput!) { searchHotels(input: $input) "
    f"{{ nodes {{ hotel {{ name }} total {MONEY} {SHOWN} }} }} }}"
)
SALON_PRICES = (
    "query ($salon: ID!, $service: ID!, $day: Date!) { "
    "salon(id: $salon) { services { shownPrice(currency: USD) { amount { minorUnits decimal currency } rate day } } } "
    f"freeSlots(salonId: $salon, serviceId: $service, from: $day, to: $day) {{ startsAt {SHOWN} }} }}"
)
RATES = {"USD": "1.1", "JPY": "160", "KWD": "0.335"}


PAYOUTS = (
    "query ($id: ID!, $month: String!) { hotel(id: $id) { payouts(month: $month) { csvUrl totals { currency "
    "gross { minorUnits } commission { minorUnits } refunds { minorUnits } commissionReturned { minorUnits } "
    f"net {MONEY} }} }} }} }}"
)
LEDGER = """
    SELECT sum(e.amount_minor_units) AS all_of_it,
        sum(e.amount_minor_units) FILTER (WHERE e.account = 'PAYEE' AND e.payee_id = $2) AS of_the_house,
        array_agg(DISTINCT e.currency) AS currencies
    FROM payment.ledger_entry AS e
    JOIN payment.ledger_transaction AS t ON t.id = e.transaction_id
    JOIN payment.payment AS p ON p.id = t.payment_id
    WHERE p.booking_reference = $1
"""
TOTAL, ONE_ROOM = 49_480, 24_740  # two nights of 12,345 minor units and 25 of city tax, of two rooms and of one
COMMISSION, RETURNED = 7_422, 3_711  # 15 % of what was paid and of what went back
NET = TOTAL - COMMISSION - ONE_ROOM + RETURNED


@dataclass(frozen=True)
class Case:
    """How 49,480 minor units are written, and what they are in dollars, where a rate is known."""

    currency: str
    decimal: str
    formatted: str
    dollars: int | None = None
    rate: str = ""


CASES = (
    Case("JPY", "49480", "¥49,480", 34_018, "0.006875"),
    Case("KRW", "49480", "₩49,480"),
    Case("CHF", "494.80", f"CHF{NBSP}494.80"),
    Case("KWD", "49.480", f"KWD{NBSP}49.480", 16_247, "3.28358209"),
    Case("BHD", "49.480", f"BHD{NBSP}49.480"),
    Case("TND", "49.480", f"TND{NBSP}49.480"),
)


@pytest.fixture(scope="module")
async def rates_day(house: ApiHouse) -> dt.date:
    day = today() - dt.timedelta(days=2)
    await put(house, day, RATES)
    return day


async def put(house: ApiHouse, day: dt.date, rates: dict[str, str], *, token: str | None = None) -> int:
    request = exchange_rate_pb2.ExchangeRates(day=day.isoformat(), source="made up for tests")
    for currency, rate in rates.items():
        request.rates.add(currency=currency, rate=rate)
    async with open_channel(house.settings.hotel_address, exchange_rate_pb2.DESCRIPTOR) as channel:
        stub: exchange_rate_pb2_grpc.ExchangeRateServiceAsyncStub = exchange_rate_pb2_grpc.ExchangeRateServiceStub(
            channel
        )
        system = await service_token(house.auth_address, "operator")
        return (await call(stub.PutExchangeRates, request, token=system if token is None else token)).stored


@pytest.fixture(scope="module")
async def desk(house: ApiHouse, http: httpx.AsyncClient) -> HotelierDesk:
    return HotelierDesk(await Client(http, house.url).sign_up("HOTELIER"))


async def a_house(desk: HotelierDesk, currency: str) -> dict[str, Any]:
    """Published and sold; what a quote of two nights for one adult in each of two rooms asks for."""
    hotel = await desk.hotel(
        name=f"Currency {currency}",
        currency=currency,
        taxes={"vatBasisPoints": 1000, "cityTaxMinorUnits": 25, "cityTaxMaxNights": 7},
    )
    kind = new_room_type(hotel["id"], basePriceMinorUnits="12345", occupancyPricing={"includedAdults": 1})
    room_type = (await desk.done("roomTypeCreate", **kind))["roomType"]
    plan = new_rate_plan(
        hotel["id"],
        paymentTiming="PREPAID",
        mealPlan="ROOM_ONLY",
        adultSupplementMinorUnits=0,
        stayDiscounts=[],
        cancellationTiers=[{"hoursBeforeCheckIn": 24}, {"hoursBeforeCheckIn": 0, "penaltyPercent": 100}],
    )
    rate_plan = (await desk.done("ratePlanCreate", **plan))["ratePlan"]
    seen = await desk.sees(hotel["id"])
    assert seen is not None
    assert seen["currency"] == currency
    await desk.done("hotelPublish", hotelId=hotel["id"], expectedVersion=seen["version"])
    check_in = today() + dt.timedelta(days=40)
    return {
        "hotelId": hotel["id"],
        "checkIn": check_in.isoformat(),
        "checkOut": (check_in + dt.timedelta(days=2)).isoformat(),
        "rooms": [{"roomTypeId": room_type["id"], "ratePlanId": rate_plan["id"], "adults": 1}] * 2,
    }


async def quoted(client: Client, wanted: dict[str, Any]) -> dict[str, Any]:
    """Asked again until booking knows the doors of the new house."""
    answer: dict[str, Any] = {}

    async def known() -> bool:
        answer.update(await client.mutate(QUOTE, wanted))
        return str(answer["__typename"]) == "Quote"

    await until(known)
    return answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.currency)
async def test_money_is_exact_all_the_way_from_the_quote_to_the_payout_and_the_ledger(
    house: ApiHouse, http: httpx.AsyncClient, desk: HotelierDesk, guest: Client, rates_day: dt.date, case: Case
) -> None:
    wanted = await a_house(desk, case.currency)
    quote = await quoted(guest, wanted)
    total = {"minorUnits": TOTAL, "currency": case.currency, "decimal": case.decimal, "formatted": case.formatted}
    assert quote["total"] == total
    shown = case.dollars and {
        "amount": {"minorUnits": case.dollars, "decimal": f"{case.dollars / 100:.2f}", "currency": "USD"},
        "rate": case.rate,
        "day": rates_day.isoformat(),
    }
    assert quote["shownTotal"] == shown
    booking = (await guest.mutate(BOOK, wish(quote["id"], guest.email)))["booking"]
    checkout = await guest.begin_payment(booking)
    page = (await http.get(checkout)).text.replace("&nbsp;", NBSP)
    assert case.formatted.lstrip("¥₩") in page
    await guest.pay(checkout)
    await guest.until_confirmed(booking)
    paid = (await guest.data(BOOKING, {"id": booking["id"]}))["booking"]
    assert (paid["paid"], paid["shownTotal"]) == (total, shown)

    cancel = {
        "bookingId": booking["id"],
        "rooms": [1],
        "expectedRefund": {"minorUnits": ONE_ROOM, "currency": case.currency},
        "idempotencyKey": str(uuid.uuid4()),
    }
    assert (await guest.mutate(CANCEL, cancel))["__typename"] == "BookingCancelled"
    left = (await guest.data(BOOKING, {"id": booking["id"]}))["booking"]
    assert (left["state"], left["refunded"]["minorUnits"]) == ("CONFIRMED", ONE_ROOM)
    bill = (await http.get(left["invoiceUrl"], headers={"accept-language": "en"})).text
    assert left["refunded"]["formatted"].lstrip("¥₩") in bill.replace("&nbsp;", NBSP)

    month = f"{dt.datetime.now(dt.UTC):%Y-%m}"
    payouts = (await desk.client.data(PAYOUTS, {"id": wanted["hotelId"], "month": month}))["hotel"]["payouts"]
    (sums,) = payouts["totals"]
    names = ("gross", "commission", "refunds", "commissionReturned", "net")
    assert [sums[name]["minorUnits"] for name in names] == [TOTAL, COMMISSION, ONE_ROOM, RETURNED, NET]
    assert sums["net"]["decimal"] == str(Decimal(case.decimal) * NET / TOTAL)
    rows = list(csv.DictReader(io.StringIO((await http.get(payouts["csvUrl"])).text)))
    assert sum(Decimal(row["amount"]) for row in rows if row["kind"] != "CLOSING") == Decimal(sums["net"]["decimal"])
    ledger = await house.database.fetchrow(
        LEDGER, left["reference"], decode_id("Hotel", wanted["hotelId"], path=("hotelId",))
    )
    assert (ledger["all_of_it"], ledger["of_the_house"], ledger["currencies"]) == (0, NET, [case.currency])

    async def mailed() -> bool:
        return any(
            guest.email in mail.recipients and case.formatted in (mail.text or "")
            for mail in house.mails.newest_first()
        )

    await until(mailed)


async def test_the_rate_of_a_quote_is_frozen_and_search_takes_the_newest(
    house: ApiHouse, http: httpx.AsyncClient, rates_day: dt.date
) -> None:
    guest = await Client(http, house.url).sign_up()
    yen = house.houses["Yen House"]
    before = await guest.quote(yen)
    newer = rates_day + dt.timedelta(days=1)
    assert await put(house, newer, RATES | {"USD": "2.2"}) == len(RATES)
    assert await put(house, newer, RATES | {"USD": "2.2"}) == 0
    check_in = today() + dt.timedelta(days=30)
    stay = {"checkIn": check_in.isoformat(), "checkOut": (check_in + dt.timedelta(days=1)).isoformat()}
    found = await guest.data(SEARCH, {"input": stay | {"place": {"city": "Abroad"}, "rooms": [{"adults": 1}]}})
    offers = {offer["hotel"]["name"]: offer for offer in found["searchHotels"]["nodes"]}
    assert offers["Yen House"]["shownTotal"]["day"] in (rates_day.isoformat(), newer.isoformat())
    document = f"query ($id: ID!) {{ quote(id: $id) {{ {SHOWN} }} }}"
    shown = (await guest.data(document, {"id": before["id"]}))["quote"]["shownTotal"]
    assert (shown["day"], shown["rate"]) == (rates_day.isoformat(), "0.006875")
    after = await guest.quote(yen)
    anew = (await guest.data(document, {"id": after["id"]}))["quote"]["shownTotal"]
    assert (anew["day"], anew["rate"]) == (newer.isoformat(), "0.01375")


async def test_the_rates_of_a_day_never_change_and_only_operators_write_them(
    house: ApiHouse, rates_day: dt.date
) -> None:
    other = RATES | {"USD": "9"}
    assert (await refused(put(house, rates_day, other))).code == "ILLEGAL_STATE"
    hotelier = await register_account(house.auth_address, Role.HOTELIER)
    yesterday = rates_day - dt.timedelta(days=30)
    assert (await refused(put(house, yesterday, other, token=hotelier.token))).code == "PERMISSION_DENIED"
    assert (await refused(put(house, yesterday, other, token=""))).code == "UNAUTHENTICATED"
    for rates, path in (
        ({"USD": "0"}, ("rates", "0", "rate")),
        ({"USD": "-1"}, ("rates", "0", "rate")),
        ({"USD": "1e5"}, ("rates", "0", "rate")),
        ({"DEM": "1.9"}, ("rates", "0", "currency")),
        ({"EUR": "1"}, ("rates", "0")),
    ):
        assert (await refused(put(house, yesterday, rates))).path == path
    assert (await refused(put(house, today() + dt.timedelta(days=5), RATES))).path == ("day",)
    assert await put(house, yesterday, other) == len(other)  # so that nothing of it was stored before


async def test_codes_that_are_no_currency_in_use_are_refused(nobody: Client) -> None:
    for code in ("DEM", "XTS", "XAU", "EURO", "eur"):
        document = f'{{ quote(id: "x") {{ shownTotal(currency: "{code}") {{ rate }} }} }}'
        body = await nobody.body(document)
        assert "ISO 4217" in body["errors"][0]["message"], body


async def test_a_salons_prices_are_shown_by_the_newest_rate_and_an_appointments_by_the_rate_of_its_day(
    house: ApiHouse, http: httpx.AsyncClient, guest: Client, rates_day: dt.date
) -> None:
    salon = await SalonDesk(await Client(http, house.url).sign_up("HOTELIER")).published()  # a cut for 60.00 EUR
    newest = today()
    assert rates_day < newest
    await put(house, newest - dt.timedelta(days=1), RATES | {"USD": "2.2"})
    asked = {"salon": salon["id"], "service": salon["services"][0]["id"], "day": DAY.isoformat()}

    async def offered() -> dict[str, Any]:
        found: dict[str, Any] = await guest.data(SALON_PRICES, asked)
        return found

    seen = await offered()
    slot = seen["freeSlots"][0]
    shown = {"amount": {"minorUnits": 13_200, "decimal": "132.00", "currency": "USD"}, "rate": "2.2"}
    shown["day"] = (newest - dt.timedelta(days=1)).isoformat()
    assert slot["shownTotal"] == seen["salon"]["services"][0]["shownPrice"] == shown
    booked = await done(guest, "appointmentCreate", **visit(salon, slot["startsAt"]))
    await put(house, newest, RATES | {"USD": "3.3"})
    document = f"query ($id: ID!) {{ appointment(id: $id) {{ total {{ currency }} {SHOWN} }} }}"
    frozen = (await guest.data(document, {"id": booked["id"]}))["appointment"]
    assert (frozen["total"]["currency"], frozen["shownTotal"]) == ("EUR", shown)

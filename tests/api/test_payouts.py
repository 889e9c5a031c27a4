"""A hotelier's money over HTTP: the query, the page, and a table that spreadsheets may open without harm."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from typing import Any

import httpx

from api.payout_papers import page, table
from api.signed_links import PayoutLink, SignedLinks
from contracts.money.v1 import money_pb2
from contracts.payment.v1 import payee_pb2
from contracts.payout.v1 import payout_pb2
from runtime.clock import to_timestamp
from stack.tour_client import document
from tests.api.client import Client, today, until, wish
from tests.api.hotelier_desk import HotelierDesk, new_rate_plan, new_room_type
from tests.api.house import ApiHouse

SUMS = "currency opening { decimal } gross { decimal } commission { decimal } net { decimal } closing { formatted }"
PAYOUTS = (
    "query ($id: ID!, $month: String!) { hotel(id: $id) { payouts(month: $month) { month timeZone pageUrl csvUrl "
    f"totals {{ {SUMS} }} entries(first: 1) {{ nodes {{ kind reference amount {{ decimal }} }} "
    "pageInfo { hasNextPage endCursor } } } } }"
)


async def a_paid_booking(house: ApiHouse, http: httpx.AsyncClient) -> tuple[Client, dict[str, Any], dict[str, Any]]:
    """The hotelier, their house, and what a guest has paid there: 240.00."""
    desk = HotelierDesk(await Client(http, house.url).sign_up("HOTELIER"))
    hotel = await desk.hotel(taxes={"vatBasisPoints": 0})
    kind = (await desk.done("roomTypeCreate", **new_room_type(hotel["id"], occupancyPricing={"includedAdults": 1})))[
        "roomType"
    ]
    wanted = new_rate_plan(
        hotel["id"], paymentTiming="PREPAID", mealPlan="ROOM_ONLY", adultSupplementMinorUnits=0, stayDiscounts=[]
    )
    plan = (await desk.done("ratePlanCreate", **wanted))["ratePlan"]
    seen = await desk.sees(hotel["id"])
    assert seen is not None
    await desk.done("hotelPublish", hotelId=hotel["id"], expectedVersion=seen["version"])
    check_in = today() + dt.timedelta(days=40)
    stay = {
        "hotelId": hotel["id"],
        "checkIn": check_in.isoformat(),
        "checkOut": (check_in + dt.timedelta(days=2)).isoformat(),
        "rooms": [{"roomTypeId": kind["id"], "ratePlanId": plan["id"], "adults": 1}],
    }
    guest = await Client(http, house.url).sign_up()
    quote: dict[str, Any] = {}

    async def quoted() -> bool:
        quote.update(await guest.mutate(document("5_quote"), stay))
        return str(quote["__typename"]) == "Quote"

    await until(quoted)
    booking = (await guest.mutate(document("6_book"), wish(quote["id"], guest.email)))["booking"]
    await guest.pay(await guest.begin_payment(booking))
    await guest.until_confirmed(booking)
    return desk.client, hotel, booking


async def test_a_payment_is_in_the_statement_the_page_and_the_table(
    house: ApiHouse, http: httpx.AsyncClient, stranger: Client, nobody: Client
) -> None:
    hotelier, hotel, booking = await a_paid_booking(house, http)
    asked = {"id": hotel["id"], "month": f"{dt.datetime.now(dt.UTC):%Y-%m}"}
    stated = (await hotelier.data(PAYOUTS, asked))["hotel"]["payouts"]
    assert stated["totals"] == [
        {
            "currency": "EUR",
            "opening": {"decimal": "0.00"},
            "gross": {"decimal": "240.00"},
            "commission": {"decimal": "36.00"},
            "net": {"decimal": "204.00"},
            "closing": {"formatted": "€204.00"},
        }
    ]
    assert stated["entries"]["nodes"] == [
        {"kind": "GROSS", "reference": booking["reference"], "amount": {"decimal": "240.00"}}
    ]
    assert stated["entries"]["pageInfo"]["hasNextPage"]

    shown = await http.get(stated["pageUrl"], headers={"accept-language": "fr"})
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-store")
    for words in ("Maison du Port", "Report des mois précédents", booking["reference"], "204,00", "Commission"):
        assert words in shown.text
    answer = await http.get(stated["csvUrl"])
    assert answer.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["kind"], row["reference"], row["amount"], row["currency"]) for row in rows] == [
        ("OPENING", "", "0.00", "EUR"),
        ("GROSS", booking["reference"], "240.00", "EUR"),
        ("COMMISSION", booking["reference"], "-36.00", "EUR"),
        ("CLOSING", "", "204.00", "EUR"),
    ]

    for client, code in ((stranger, "PERMISSION_DENIED"), (nobody, "UNAUTHENTICATED")):
        refused = (await client.body(PAYOUTS, asked))["errors"][0]["extensions"]["code"]
        assert refused == code
    other = await Client(http, house.url).sign_up("HOTELIER")
    assert (await other.body(PAYOUTS, asked))["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (await hotelier.body(PAYOUTS, asked | {"month": "2027-14"}))["errors"][0]["extensions"]["code"] == (
        "INVALID_INPUT"
    )


async def test_an_address_that_we_did_not_sign_shows_nothing(house: ApiHouse, http: httpx.AsyncClient) -> None:
    link = PayoutLink("Hotel", str(uuid.uuid4()), "2027-05")
    forged = SignedLinks("another secret", house.url).address(link, "statement")
    for address in (forged, f"{house.url}/payouts/nonsense/statement.csv"):
        answer = await http.get(address)
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "private, no-store")


def a_statement() -> payout_pb2.PayoutStatement:
    def yen(amount: int) -> money_pb2.Money:
        return money_pb2.Money(minor_units=amount, currency="JPY")

    month = payee_pb2.PayeeTotals(
        currency="JPY",
        gross=yen(1_500),
        commission=yen(0),
        refunds=yen(200),
        commission_returned=yen(0),
        disputes=yen(0),
        net=yen(1_300),
    )
    return payout_pb2.PayoutStatement(
        house_name="<Inn>",
        month="2027-05",
        time_zone="Asia/Tokyo",
        since=to_timestamp(dt.datetime(2027, 4, 30, 15, tzinfo=dt.UTC)),
        totals=[payout_pb2.PayoutTotals(month=month, opening=yen(700), closing=yen(2_000))],
    )


def an_entry(reference: str) -> payee_pb2.PayeeEntry:
    return payee_pb2.PayeeEntry(
        kind=payee_pb2.PAYEE_ENTRY_KIND_REFUND,
        amount=money_pb2.Money(minor_units=-200, currency="JPY"),
        at=to_timestamp(dt.datetime(2027, 4, 30, 16, tzinfo=dt.UTC)),
        booking_reference=reference,
    )


def test_text_that_a_spreadsheet_would_run_is_quoted_and_numbers_stay_numbers() -> None:
    for reference in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'):
        (row,) = [
            row for row in csv.DictReader(io.StringIO(table(a_statement(), [an_entry(reference)]))) if row["date"]
        ]
        assert row["reference"] == f"'{reference}"
        assert (row["date"], row["amount"], row["currency"]) == ("2027-05-01T01:00:00+09:00", "-200", "JPY")


def test_a_page_speaks_the_readers_language_and_escapes_names() -> None:
    shown = page(a_statement(), [an_entry("7Q2F9KXW")], "ru")
    assert "&lt;Inn&gt;" in shown
    assert "май 2027" in shown
    assert "Остаток за прошлые месяцы" in shown
    assert "7Q2F9KXW" in shown

"""The bill and the calendar file of a booking over HTTP, and the mail that brings the file along."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from api.invoice import bill_of, language_of, page
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from tests.api.client import Client, until
from tests.api.house import ApiHouse

PAPERS = 'query ($id: ID!) { booking(id: $id) { invoiceUrl calendarUrl total { formatted(locale: "fr") } } }'
NEVER_AT_ALL = ("cache-control", "private, no-store"), ("referrer-policy", "no-referrer")


class Page(HTMLParser):
    """What a browser shows of a page, and what it would fetch for it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fetched: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in ("script", "link", "img", "iframe") or any(name in ("src", "href") for name, _ in attrs):
            self.fetched.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip() and self._inside != "style":
            self.words.append(data.strip())


def euros(minor_units: int) -> money_pb2.Money:
    return money_pb2.Money(minor_units=minor_units, currency="EUR")


def priced_room(*lines: tuple[rate_pb2.PriceLineKind.ValueType, int]) -> rate_pb2.PricedRoom:
    return rate_pb2.PricedRoom(
        room_type_name="Double",
        rate_plan_name="Flexible",
        lines=[
            rate_pb2.PriceLine(kind=kind, amount=euros(amount), night="2027-05-14" if kind == 1 else "")
            for kind, amount in lines
        ],
        total=euros(sum(amount for _, amount in lines)),
    )


ROOMS = [
    priced_room((rate_pb2.PRICE_LINE_KIND_NIGHT, 10_001), (rate_pb2.PRICE_LINE_KIND_CITY_TAX, 250)),
    priced_room((rate_pb2.PRICE_LINE_KIND_NIGHT, 20_000), (rate_pb2.PRICE_LINE_KIND_STAY_DISCOUNT, -1_000)),
]


def a_document(state: str, **changes: Any) -> booking_pb2.Document:
    fields: dict[str, Any] = {
        "reference": "7Q2F9KXW",
        "state": f"BOOKING_STATE_{state}",
        "hotel_name": "Hôtel <b>Étoile</b>",
        "guest": {"name": "Mina Harker", "email": "mina@example.org"},
        "check_in": "2027-05-14",
        "check_out": "2027-05-15",
        "time_zone": "Europe/Paris",
        "rooms": ROOMS,
        "booked_rooms": [{"position": 0, "guest_name": "Ada Lovelace"}, {"position": 1}],
        "total": euros(29_251),
    }
    stay = rate_pb2.PriceStayResponse(contained_vat_basis_points=1000, check_in_time="15:00", check_out_time="11:00")
    return booking_pb2.Document(booking=booking_pb2.Booking(**{**fields, **changes}), stay=stay)


def test_the_lines_of_a_bill_sum_to_what_is_due() -> None:
    bill = bill_of(
        a_document(
            "COMPLETED",
            paid=euros(30_000),
            refunded=euros(749),
            charges=[
                {"description": "Minibar", "amount": euros(1_850)},
                {"description": "Allowance", "amount": euros(-50)},
            ],
            desk_payments=[{"method": "DESK_PAYMENT_METHOD_CASH", "amount": euros(800)}],
        ),
        "en",
    )
    assert (bill.total, bill.balance) == (29_251 + 1_800, 1_000)
    assert [row.minor_units for row in bill.payments] == [-30_000, 749, -800]
    assert bill.contained_vat == round((10_001 + 19_000) / 11)


def test_extras_are_lines_of_their_room_and_bear_the_vat_that_prices_contain() -> None:
    kind = rate_pb2.PRICE_LINE_KIND_EXTRA
    room = priced_room((rate_pb2.PRICE_LINE_KIND_NIGHT, 11_000), (rate_pb2.PRICE_LINE_KIND_CITY_TAX, 250))
    for name, quantity, amount in (("Breakfast", 1, 3_000), ("Parking", 2, 2_400)):
        extra = rate_pb2.PricedExtra(name=name, quantity=quantity)
        room.lines.add(kind=kind, description=name, amount=euros(amount), extra=extra)
    bill = bill_of(a_document("COMPLETED", rooms=[room], booked_rooms=[{"position": 0}], total=euros(16_650)), "fr")
    (section,) = bill.sections
    assert [(row.text, row.minor_units) for row in section.rows[2:]] == [("Breakfast", 3_000), ("2 × Parking", 2_400)]
    assert (bill.total, bill.contained_vat) == (16_650, round(16_400 / 11))


def test_a_cancelled_room_leaves_only_its_charge_on_the_bill() -> None:
    cancelled = [{"position": 0}, {"position": 1, "cancelled": True}]
    bill = bill_of(a_document("CONFIRMED", booked_rooms=cancelled, total=euros(10_251 + 5_000)), "en")
    assert [[row.minor_units for row in section.rows] for section in bill.sections] == [[10_001, 250], [5_000]]
    assert bill.sections[1].rows[0].text == "Cancellation charge"


@pytest.mark.parametrize(
    ("state", "penalty", "total", "words"),
    [
        ("CANCELLED", 7_000, 7_000, "Cancellation charge"),
        ("NO_SHOW", 9_000, 9_000, "No-show charge"),
        ("EXPIRED", 0, 0, ""),
    ],
)
def test_a_stay_that_was_not_slept_costs_its_penalty(state: str, penalty: int, total: int, words: str) -> None:
    bill = bill_of(a_document(state, penalty=euros(penalty)), "en")
    assert (bill.total, bill.contained_vat) == (total, 0)
    assert [row.text for section in bill.sections for row in section.rows] == ([words] if words else [])


@pytest.mark.parametrize(
    ("language", "seen"),
    [
        ("en", ["Invoice", "Room 1: Double, Flexible · Ada Lovelace", "Night of May 14, 2027", "€292.51", "City tax"]),
        ("fr", ["Facture", "Nuit du 14 mai 2027", "292,51\N{NO-BREAK SPACE}€", "Taxe de séjour", "Reste à payer"]),
        ("ru", ["Счёт", "Ночь: 14 мая 2027\N{NARROW NO-BREAK SPACE}г.", "Туристический налог", "К оплате"]),
    ],
)
def test_a_bill_speaks_its_readers_language_and_fetches_nothing(language: str, seen: list[str]) -> None:
    shown = Page(page(a_document("COMPLETED"), language))
    assert [word for word in seen if word not in shown.words] == []
    assert "Hôtel <b>Étoile</b>" in shown.words
    assert shown.fetched == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, ru;q=0.3, en;q=0.2", "ru"),
        ("en;q=0.1, fr;q=x", "en"),
        ("de", "en"),
        ("ru;q=0", "en"),
    ],
)
def test_the_readers_language_is_the_best_one_that_we_write(header: str, language: str) -> None:
    assert language_of(header) == language


async def test_a_booking_has_a_bill_and_a_calendar_file_that_need_no_login(
    house: ApiHouse, guest: Client, http: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    booking = await guest.book(house.houses["Grand House"], plan=1)
    papers = (await guest.data(PAPERS, {"id": booking["id"]}))["booking"]
    bill = await http.get(papers["invoiceUrl"], headers={"accept-language": "fr"})
    assert bill.status_code == 200
    assert papers["total"]["formatted"] in Page(bill.text).words
    assert booking["reference"] in Page(bill.text).words
    assert (bill.headers["content-language"], bill.headers["x-robots-tag"]) == ("fr", "noindex, nofollow")
    assert bill.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    file = await http.get(papers["calendarUrl"])
    assert file.headers["content-type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(file.content).events
    assert booking["reference"] in str(event.description)
    for answer in (bill, file):
        assert [answer.headers[name] for name, _ in NEVER_AT_ALL] == [value for _, value in NEVER_AT_ALL]
    secret = papers["invoiceUrl"].split("/")[-2]
    assert secret not in "".join(capfd.readouterr())


@pytest.mark.parametrize("secret", ["nonsense", "x" * 500, "%00"])
async def test_an_unknown_address_says_nothing(house: ApiHouse, http: httpx.AsyncClient, secret: str) -> None:
    for name in ("invoice", "stay.ics"):
        answer = await http.get(f"{house.url}/documents/{secret}/{name}")
        assert (answer.status_code, answer.text) == (404, "There is no such document.\n")
        assert answer.headers["cache-control"] == "private, no-store"


async def test_a_stranger_is_not_told_the_address(house: ApiHouse, guest: Client, stranger: Client) -> None:
    booking = await guest.book(house.houses["Grand House"], plan=1)
    assert (await stranger.data(PAPERS, {"id": booking["id"]}))["booking"] is None


async def test_a_confirmation_brings_the_calendar_file_along(house: ApiHouse, guest: Client) -> None:
    booking = await guest.book(house.houses["Grand House"], plan=1)

    def confirmations() -> list[bytes]:
        return [
            house.mails.source_of(mail)
            for mail in house.mails.newest_first()
            if guest.email in mail.recipients and booking["reference"] in mail.subject
        ]

    async def mailed() -> bool:
        return bool(confirmations())

    await until(mailed)
    (attached,) = message_from_bytes(confirmations()[0], policy=default).iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("stay.ics", "text/calendar")
    (event,) = Calendar.from_ical(attached.get_content()).events
    assert booking["reference"] in str(event.description)

"""A booking's bill as a page that prints well: every amount in one column, which sums exactly to what is due."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.invoice_words import DEFAULT_LANGUAGE, WORDS, Words
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from contracts.salon.v1 import appointment_pb2
from runtime.clock import from_timestamp
from runtime.money_format import formatted_money
from runtime.shares import WHOLE

_FOLDER = Path(__file__).parent / "templates"
TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = (_FOLDER / "invoice.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"

_FINAL = frozenset({"COMPLETED", "CANCELLED", "NO_SHOW"})
_CHARGED_OTHERWISE = frozenset({"CANCELLED", "NO_SHOW", "EXPIRED"})
_FALLEN = (appointment_pb2.APPOINTMENT_STATE_CANCELLED, appointment_pb2.APPOINTMENT_STATE_NO_SHOW)
_TAXED = frozenset(
    {rate_pb2.PRICE_LINE_KIND_NIGHT, rate_pb2.PRICE_LINE_KIND_STAY_DISCOUNT, rate_pb2.PRICE_LINE_KIND_EXTRA}
)


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    minor_units: int


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Bill:
    """Sections sum to `total`; with `payments`, which are negative, to `balance`."""

    sections: Sequence[Section]
    payments: Sequence[Row]
    contained_vat: int

    @property
    def total(self) -> int:
        return sum(row.minor_units for section in self.sections for row in section.rows)

    @property
    def balance(self) -> int:
        return self.total + sum(row.minor_units for row in self.payments)


def language_of(accept_language: str) -> str:
    """The best language we write of an Accept-Language header (RFC 9110); English if there is none."""
    best, best_weight = DEFAULT_LANGUAGE, 0.0
    for part in accept_language[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().partition("-")[0].lower()
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in WORDS and weight > best_weight:
            best, best_weight = language, weight
    return best


def bill_of(document: booking_pb2.Document, language: str) -> Bill:
    booking, words = document.booking, WORDS[language]
    state = _state(booking)
    sections: list[Section] = []
    standing: list[rate_pb2.PricedRoom] = []
    if state not in _CHARGED_OTHERWISE:
        booked = {room.position: room for room in booking.booked_rooms}
        for position, room in enumerate(booking.rooms):
            now = booked.get(position)
            if now is not None and now.cancelled:
                continue
            standing.append(room)
            sections.append(Section(_room_title(position, room, now, words), _room_rows(room, words, language)))
    visited = sum(one.cost.minor_units for one in booking.visits)
    fallen = sum(one.cost.minor_units for one in booking.visits if one.state in _FALLEN)
    of_rooms = booking.penalty.minor_units - fallen
    price = {"EXPIRED": 0, "CANCELLED": of_rooms, "NO_SHOW": of_rooms}.get(state, booking.total.minor_units - visited)
    if other := price - sum(row.minor_units for section in sections for row in section.rows):
        name = words.no_show if state == "NO_SHOW" else words.cancellation
        sections.append(Section("", [Row(name, other)]))
    if visits := _visit_rows(booking, language):
        sections.append(Section(words.visits, visits))
    if booking.charges:
        sections.append(
            Section(words.charges, [Row(one.description, one.amount.minor_units) for one in booking.charges])
        )
    return Bill(sections, _payments(booking, words, language), _contained_vat(document.stay, standing))


def page(document: booking_pb2.Document, language: str) -> str:
    """The whole page, without scripts and without anything that a browser would fetch."""
    booking, stay, words = document.booking, document.stay, WORDS[language]
    bill = bill_of(document, language)
    state = _state(booking)
    locale = Locale.parse(language)

    def amount(minor_units: int) -> str:
        return formatted_money(minor_units, booking.total.currency, locale)

    rate = Fraction(stay.contained_vat_basis_points, WHOLE)
    return TEMPLATES.get_template("invoice.html").render(
        language=language,
        style=STYLE,
        words=words,
        title=words.invoice if state in _FINAL else words.provisional,
        state=words.states[state],
        issued=_day(from_timestamp(booking.updated_at).astimezone(ZoneInfo(booking.time_zone)).date(), language),
        hotel_name=booking.hotel_name,
        address=_address(stay.address, locale),
        booking=booking,
        check_in=_day(dt.date.fromisoformat(booking.check_in), language),
        check_out=_day(dt.date.fromisoformat(booking.check_out), language),
        check_in_time=_time(words.from_time, stay.check_in_time, language),
        check_out_time=_time(words.until_time, stay.check_out_time, language),
        bill=bill,
        contained_vat=words.contained_vat.format(rate=format_percent(float(rate), _percent_pattern(locale), locale)),
        amount=amount,
    )


def _room_title(position: int, room: rate_pb2.PricedRoom, now: booking_pb2.BookedRoom | None, words: Words) -> str:
    who = f" · {now.guest_name}" if now is not None and now.guest_name else ""
    return f"{words.room.format(number=position + 1)} {room.room_type_name}, {room.rate_plan_name}{who}"


def _room_rows(room: rate_pb2.PricedRoom, words: Words, language: str) -> list[Row]:
    names = {
        rate_pb2.PRICE_LINE_KIND_STAY_DISCOUNT: words.stay_discount,
        rate_pb2.PRICE_LINE_KIND_VAT: words.vat,
        rate_pb2.PRICE_LINE_KIND_CITY_TAX: words.city_tax,
    }

    def text(line: rate_pb2.PriceLine) -> str:
        if line.kind == rate_pb2.PRICE_LINE_KIND_NIGHT:
            return words.night.format(date=_day(dt.date.fromisoformat(line.night), language))
        if line.kind == rate_pb2.PRICE_LINE_KIND_EXTRA and line.extra.quantity > 1:
            return f"{line.extra.quantity} × {line.extra.name}"
        return names.get(line.kind, line.description)

    return [Row(text(line), line.amount.minor_units) for line in room.lines]


def _payments(booking: booking_pb2.Booking, words: Words, language: str) -> list[Row]:
    """Money received counts against the bill, money given back for it."""
    zone = ZoneInfo(booking.time_zone)
    rows = [
        *_some(words.paid_online, booking.paid, -1),
        *_some(words.refunded, booking.refunded, 1),
    ]
    for payment in booking.desk_payments:
        method = booking_pb2.DeskPaymentMethod.Name(payment.method).removeprefix("DESK_PAYMENT_METHOD_")
        day = _day(from_timestamp(payment.at).astimezone(zone).date(), language)
        name = words.methods[method] if payment.amount.minor_units > 0 else words.refunded
        rows.append(Row(f"{name}, {day}", -payment.amount.minor_units))
    return rows


def _visit_rows(booking: booking_pb2.Booking, language: str) -> list[Row]:
    """Of visits to salons that cost something, one a visit by what it costs by now."""
    if _state(booking) == "EXPIRED":
        return []
    rows = []
    for one in booking.visits:
        if one.cost.minor_units:
            day = _day(from_timestamp(one.starts_at).astimezone(ZoneInfo(one.quoted.time_zone)).date(), language)
            names = ", ".join(service.visited.service_name for service in one.quoted.services)
            penalty = f", {WORDS[language].cancellation}" if one.state in _FALLEN else ""
            rows.append(Row(f"{one.quoted.salon_name}, {day}: {names}{penalty}", one.cost.minor_units))
    return rows


def _some(text: str, amount: money_pb2.Money, sign: int) -> list[Row]:
    return [Row(text, sign * amount.minor_units)] if amount.minor_units else []


def _contained_vat(stay: rate_pb2.PriceStayResponse, rooms: Iterable[rate_pb2.PricedRoom]) -> int:
    """The tax within the price of nights and extras; city tax bears none."""
    rate = stay.contained_vat_basis_points
    price = sum(line.amount.minor_units for room in rooms for line in room.lines if line.kind in _TAXED)
    return round(Fraction(price * rate, WHOLE + rate))


def _state(booking: booking_pb2.Booking) -> str:
    return booking_pb2.BookingState.Name(booking.state).removeprefix("BOOKING_STATE_")


def _address(address: hotel_pb2.Address, locale: Locale) -> list[str]:
    country = locale.territories.get(address.country, address.country)
    lines = [address.street, f"{address.postal_code} {address.city}".strip(), country]
    return [line for line in lines if line]


def _percent_pattern(locale: Locale) -> str:
    """The locale's own, with two decimals where a rate has them."""
    return str(locale.percent_formats[None].pattern).replace("#,##0", "#,##0.##")


def _day(date: dt.date, language: str) -> str:
    return format_date(date, "long", locale=language)


def _time(words: str, time: str, language: str) -> str:
    return words.format(time=format_time(dt.time.fromisoformat(time), "short", locale=language)) if time else ""

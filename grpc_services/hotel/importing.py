"""Lists of houses as they come: every row is read, or skipped with a reason; nothing stops the list.

A row is a house by its name, address and postal code, so the same row is the same house whenever it comes.
Rows of our own list (registers of houses, read by our processes and admins) share one space of names; rows
that a hotelier uploads are theirs alone, so that nobody takes another's house by uploading it first.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from babel.numbers import get_territory_currencies

from contracts.hotel.v1 import hotel_import_pb2
from grpc_services.hotel import starter_catalogue
from grpc_services.hotel.listed_names import readable_name
from grpc_services.hotel.starter_catalogue import Row
from grpc_services.hotel.time_zones import zone_at

MOST_ROWS = 500
REGISTER = uuid.UUID("6f0f4f9e-4f1b-5a52-9d7e-8f6d3c1a2b4c")
UNCLAIMED = uuid.uuid5(REGISTER, "houses that nobody has claimed")
_LONGEST_TEXT = 200
_LONGEST_ADDRESS = 18
_MOST_ROOMS = 10_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Skipped(Exception):
    """Why a row makes no house, and the column at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ListedHouse:
    name: str
    stars: int
    address: str
    postal_code: str
    city: str
    country: str
    latitude: float
    longitude: float
    number_of_rooms: int
    website: str
    time_zone: str
    currency: str
    key: str
    remarks: tuple[str, ...]

    def id(self, namespace: uuid.UUID) -> uuid.UUID:
        return uuid.uuid5(namespace, self.key)


@dataclass(slots=True)
class HouseRows:
    """Rows for every table of a batch of houses."""

    hotels: list[Row] = field(default_factory=list)
    room_types: list[Row] = field(default_factory=list)
    rate_plans: list[Row] = field(default_factory=list)
    price_rules: list[Row] = field(default_factory=list)

    def add(self, listed: ListedHouse, *, hotel_id: uuid.UUID, owner_id: uuid.UUID, state: str, today: dt.date) -> None:
        self.hotels.append(
            {
                "id": hotel_id,
                "owner_id": owner_id,
                "state": state,
                "name": listed.name,
                "stars": listed.stars,
                "street": listed.address,
                "postal_code": listed.postal_code,
                "city": listed.city,
                "country": listed.country,
                "latitude": listed.latitude,
                "longitude": listed.longitude,
                "time_zone": listed.time_zone,
                "currency": listed.currency,
                "website": listed.website,
                **starter_catalogue.house_facts(listed.stars),
            }
        )
        self.room_types += starter_catalogue.room_types(hotel_id, listed.stars, listed.number_of_rooms)
        self.rate_plans += starter_catalogue.rate_plans(hotel_id, listed.stars)
        self.price_rules += starter_catalogue.price_rules(hotel_id, today)


def read_row(row: hotel_import_pb2.ImportRow) -> ListedHouse:
    """Raises Skipped for a row that makes no house."""
    remarks: list[str] = []
    name = _text(row.name, "name")
    address, postal_code, city = _text(row.address, "address"), _text(row.postal_code, "postal_code"), row.city
    if len(postal_code) > _LONGEST_ADDRESS:
        raise Skipped("postal_code", "This is not a postal code.")
    latitude = _degrees(row.latitude, "latitude", 90)
    longitude = _degrees(row.longitude, "longitude", 180)
    if latitude == 0 and longitude == 0:
        raise Skipped("latitude", "The position is not told: 0, 0 lies in the sea.")
    country = _country(row.country)
    time_zone = zone_at(country, postal_code, latitude, longitude)
    if time_zone is None:
        raise Skipped("country", "The time zone of this country is not known.")
    currency = _currency(country)
    return ListedHouse(
        name=readable_name(name),
        stars=_stars(row.stars, remarks),
        address=address,
        postal_code=postal_code,
        city=readable_name(_text(city, "city")),
        country=country,
        latitude=latitude,
        longitude=longitude,
        number_of_rooms=_number_of_rooms(row, remarks),
        website=_website(row.website, remarks),
        time_zone=time_zone,
        currency=currency,
        key=f"{row.name.strip()}|{row.address.strip()}|{row.postal_code.strip()}",
        remarks=tuple(remarks),
    )


def skipped(line: int, why: Skipped) -> hotel_import_pb2.ImportedRow:
    return hotel_import_pb2.ImportedRow(
        line=line, outcome=hotel_import_pb2.IMPORT_OUTCOME_SKIPPED, reason=why.reason, field=why.field
    )


def read_rows(
    rows: Iterable[hotel_import_pb2.ImportRow],
) -> tuple[list[tuple[int, ListedHouse]], list[hotel_import_pb2.ImportedRow]]:
    """What could be read, with its line, and what could not."""
    read: list[tuple[int, ListedHouse]] = []
    refused: list[hotel_import_pb2.ImportedRow] = []
    for row in rows:
        try:
            read.append((row.line, read_row(row)))
        except Skipped as why:
            refused.append(skipped(row.line, why))
    return read, refused


def _text(value: str, column: str) -> str:
    text = " ".join(value.split())
    if not text:
        raise Skipped(column, "This is empty.")
    if len(text) > _LONGEST_TEXT:
        raise Skipped(column, f"This is longer than {_LONGEST_TEXT} characters.")
    if _CONTROL.search(text) or "\ufffd" in text:
        raise Skipped(column, "This has characters that cannot be read.")
    return text


def _stars(value: str, remarks: list[str]) -> int:
    text = value.strip()
    if not text:
        remarks.append("No stars are told: taken as not classified.")
        return 0
    if not re.fullmatch(r"[0-5]", text):
        raise Skipped("stars", "Stars are 0 to 5.")
    return int(text)


def _degrees(value: str, column: str, limit: int) -> float:
    try:
        degrees = float(value)
    except ValueError:
        raise Skipped(column, "This is not a number of degrees.") from None
    if not abs(degrees) <= limit:  # also refuses NaN
        raise Skipped(column, f"Degrees lie between -{limit} and {limit}.")
    return degrees


def _country(value: str) -> str:
    country = value.strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise Skipped("country", "A country is two letters of ISO 3166-1.")
    return country


def _currency(country: str) -> str:
    currencies = get_territory_currencies(country)
    if starter_catalogue.CURRENCY not in currencies:
        raise Skipped("country", "Starter prices are in euros; make houses elsewhere by hand.")
    return starter_catalogue.CURRENCY


def _number_of_rooms(row: hotel_import_pb2.ImportRow, remarks: list[str]) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", row.rooms.strip()):
        raise Skipped("rooms", "This is not a number of rooms.")
    rooms = int(row.rooms)
    if not 1 <= rooms <= _MOST_ROOMS:
        raise Skipped("rooms", f"A house has 1 to {_MOST_ROOMS} rooms.")
    guests = row.guests.strip()
    if not re.fullmatch(r"[0-9]{1,6}", guests) or int(guests) == 0:
        remarks.append("The guest capacity is not told: taken from the rooms.")
    elif int(guests) < rooms:
        remarks.append(f"Fewer guests ({guests}) than rooms ({rooms}): the rooms count.")
    return rooms


def _website(value: str, remarks: list[str]) -> str:
    """With its scheme; the list writes most of them without."""
    text = value.strip()
    if text in ("", "-"):
        return ""
    address = text if re.match(r"https?://", text, re.IGNORECASE) else f"http://{text}"
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    if "." not in host or "@" in address or re.search(r"[\s\x00-\x1f<>\"]", address) or len(address) > 500:
        remarks.append("The website is not an address: left out.")
        return ""
    return address

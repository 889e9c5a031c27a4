"""The fields of a house that its hotelier writes, as columns."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.field_checks import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    checked_amenities,
    checked_photos,
    chosen_values,
)
from runtime.errors import InvalidInput
from runtime.field_checks import (
    Path,
    Values,
    check_count,
    checked_country,
    checked_currency,
    checked_degrees,
    checked_email,
    checked_languages,
    checked_line,
    checked_number,
    checked_phone,
    checked_text,
    checked_time_zone,
    checked_url,
)

MOST_LANGUAGES = 30
MOST_HOUSE_RULES = 30
LONGEST_HOUSE_RULE = 300
HIGHEST_VAT = 5000  # basis points
HIGHEST_CITY_TAX = 10_000_000  # minor units a person and night


def new_hotel(message: hotel_pb2.Hotel) -> Values:
    """Every column that a hotelier writes."""
    return written_hotel(message, list(_READERS))


def written_hotel(message: hotel_pb2.Hotel, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    return chosen_values(_READERS, message, fields)


def _address(message: hotel_pb2.Hotel) -> Values:
    address = message.address
    return {
        "street": checked_line(address.street, ("address", "street"), longest=200),
        "postal_code": checked_line(address.postal_code, ("address", "postalCode"), longest=20),
        "city": checked_line(address.city, ("address", "city"), longest=120, required=True),
        "country": checked_country(address.country, ("address", "country")),
    }


def _time(value: str, path: Path) -> dt.time:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise InvalidInput("This is not a time of day (HH:MM).", path=path)
    return dt.time.fromisoformat(value)


def _contact(message: hotel_pb2.Hotel) -> Values:
    return {
        "contact_phone": checked_phone(message.contact.phone, ("contact", "phone")),
        "contact_email": checked_email(message.contact.email, ("contact", "email")),
    }


def _house_rules(message: hotel_pb2.Hotel) -> Values:
    check_count(message.house_rules, ("houseRules",), most=MOST_HOUSE_RULES)
    return {
        "house_rules": [
            checked_line(rule, ("houseRules", str(number)), longest=LONGEST_HOUSE_RULE, required=True)
            for number, rule in enumerate(message.house_rules)
        ]
    }


def _city_tax(message: hotel_pb2.Hotel) -> Values:
    tax, path = message.city_tax_per_person_night, ("taxes", "cityTaxMinorUnits")
    return {"city_tax_minor_units": checked_number(tax.minor_units, path, least=0, most=HIGHEST_CITY_TAX)}


_READERS: dict[str, Callable[[hotel_pb2.Hotel], Values]] = {
    "name": lambda hotel: {"name": checked_line(hotel.name, ("name",), longest=LONGEST_NAME, required=True)},
    "description": lambda hotel: {
        "description": checked_text(hotel.description, ("description",), longest=LONGEST_DESCRIPTION)
    },
    "stars": lambda hotel: {"stars": checked_number(hotel.stars, ("stars",), least=0, most=5)},
    "address": _address,
    "latitude": lambda hotel: {"latitude": checked_degrees(hotel.latitude, ("position", "latitude"), 90)},
    "longitude": lambda hotel: {"longitude": checked_degrees(hotel.longitude, ("position", "longitude"), 180)},
    "time_zone": lambda hotel: {"time_zone": checked_time_zone(hotel.time_zone, ("timeZone",))},
    "currency": lambda hotel: {"currency": checked_currency(hotel.currency, ("currency",))},
    "amenities": lambda hotel: {"amenities": checked_amenities(hotel.amenities)},
    "website": lambda hotel: {"website": checked_url(hotel.website, ("website",), schemes=("http", "https"))},
    "check_in_time": lambda hotel: {"check_in_time": _time(hotel.check_in_time, ("checkInTime",))},
    "check_out_time": lambda hotel: {"check_out_time": _time(hotel.check_out_time, ("checkOutTime",))},
    "city_tax_per_person_night": _city_tax,
    "city_tax_exempt_below_age": lambda hotel: {
        "city_tax_exempt_below_age": checked_number(
            hotel.city_tax_exempt_below_age, ("taxes", "cityTaxExemptBelowAge"), least=0, most=100
        )
    },
    "city_tax_max_nights": lambda hotel: {
        "city_tax_max_nights": checked_number(
            hotel.city_tax_max_nights, ("taxes", "cityTaxMaxNights"), least=0, most=365
        )
    },
    "languages": lambda hotel: {"languages": checked_languages(hotel.languages, ("languages",), most=MOST_LANGUAGES)},
    "contact": _contact,
    "photos": lambda hotel: {"photos": checked_photos(hotel.photos)},
    "house_rules": _house_rules,
    "vat_basis_points": lambda hotel: {
        "vat_basis_points": checked_number(
            hotel.vat_basis_points, ("taxes", "vatBasisPoints"), least=0, most=HIGHEST_VAT
        )
    },
    "vat_included": lambda hotel: {"vat_included": hotel.vat_included},
}

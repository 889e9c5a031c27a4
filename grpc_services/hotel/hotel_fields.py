"""The fields of a house that its hotelier writes, as columns."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from zoneinfo import available_timezones

from babel import Locale
from email_validator import EmailNotValidError, validate_email

from contracts.hotel.v1 import hotel_pb2
from grpc_services.hotel.field_checks import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    Path,
    Values,
    check_count,
    checked_amenities,
    checked_line,
    checked_number,
    checked_photos,
    checked_text,
    checked_url,
    chosen_values,
)
from runtime.errors import InvalidInput
from runtime.money_format import CURRENCIES

MOST_LANGUAGES = 30
MOST_HOUSE_RULES = 30
LONGEST_HOUSE_RULE = 300
HIGHEST_VAT = 5000  # basis points
HIGHEST_CITY_TAX = 10_000_000  # minor units a person and night

_ENGLISH = Locale("en")
# CLDR names some that are not countries of ISO 3166-1: unions, test regions, exceptional reservations.
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
_TERRITORIES = frozenset(map(str, _ENGLISH.territories))  # continents among them, by number
COUNTRIES = frozenset(code for code in _TERRITORIES if re.fullmatch(r"[A-Z]{2}", code)) - _NO_COUNTRIES
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{3,28}[0-9]")
_ZONES = frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def new_hotel(message: hotel_pb2.Hotel) -> Values:
    """Every column that a hotelier writes."""
    return written_hotel(message, list(_READERS))


def written_hotel(message: hotel_pb2.Hotel, fields: Sequence[str]) -> Values:
    """The columns that the named fields write."""
    return chosen_values(_READERS, message, fields)


def _address(message: hotel_pb2.Hotel) -> Values:
    address = message.address
    if address.country not in COUNTRIES:
        raise InvalidInput("A country is two capital letters of ISO 3166-1.", path=("address", "country"))
    return {
        "street": checked_line(address.street, ("address", "street"), longest=200),
        "postal_code": checked_line(address.postal_code, ("address", "postalCode"), longest=20),
        "city": checked_line(address.city, ("address", "city"), longest=120, required=True),
        "country": address.country,
    }


def _degrees(value: float, path: Path, limit: int) -> float:
    if not math.isfinite(value) or abs(value) > limit:
        raise InvalidInput(f"Degrees are from -{limit} to {limit}.", path=path)
    return value


def _time_zone(message: hotel_pb2.Hotel) -> Values:
    if message.time_zone not in _ZONES:
        raise InvalidInput("This is not an IANA time zone, such as Europe/Paris.", path=("timeZone",))
    return {"time_zone": message.time_zone}


def _currency(message: hotel_pb2.Hotel) -> Values:
    if message.currency not in CURRENCIES:
        raise InvalidInput("This is not an ISO 4217 currency code.", path=("currency",))
    return {"currency": message.currency}


def _time(value: str, path: Path) -> dt.time:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise InvalidInput("This is not a time of day (HH:MM).", path=path)
    return dt.time.fromisoformat(value)


def _languages(message: hotel_pb2.Hotel) -> Values:
    check_count(message.languages, ("languages",), most=MOST_LANGUAGES)
    tags = [_language(tag, ("languages", str(number))) for number, tag in enumerate(message.languages)]
    return {"languages": list(dict.fromkeys(tags))}


def _language(tag: str, path: Path) -> str:
    """In the usual letters: pt-BR, zh-Hant."""
    found = _LANGUAGE.fullmatch(tag)
    if found is None or found[1].lower() not in _ENGLISH.languages:
        raise InvalidInput("This is not a language of BCP 47, such as en or pt-BR.", path=path)
    language, script, region = found.groups()
    parts = (language.lower(), (script or "").title(), (region or "").upper())
    return "-".join(part for part in parts if part)


def _contact(message: hotel_pb2.Hotel) -> Values:
    phone = checked_line(message.contact.phone, ("contact", "phone"), longest=30)
    if phone and not _PHONE.fullmatch(phone):
        raise InvalidInput("This is not a telephone number.", path=("contact", "phone"))
    email = checked_line(message.contact.email, ("contact", "email"), longest=254)
    if email:
        try:
            email = validate_email(email, check_deliverability=False).normalized
        except EmailNotValidError:
            raise InvalidInput("This is not an e-mail address.", path=("contact", "email")) from None
    return {"contact_phone": phone, "contact_email": email}


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
    "latitude": lambda hotel: {"latitude": _degrees(hotel.latitude, ("position", "latitude"), 90)},
    "longitude": lambda hotel: {"longitude": _degrees(hotel.longitude, ("position", "longitude"), 180)},
    "time_zone": _time_zone,
    "currency": _currency,
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
    "languages": _languages,
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

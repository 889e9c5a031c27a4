"""The fields of a salon that its hotelier writes, as columns."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.hotel.v1 import hotel_pb2
from contracts.salon.v1 import salon_pb2
from grpc_services.salon.hours_fields import checked_week
from grpc_services.salon.place_names import city_key
from runtime.errors import InvalidInput
from runtime.field_checks import (
    Path,
    Values,
    check_count,
    checked_country,
    checked_currency,
    checked_degrees,
    checked_email,
    checked_line,
    checked_number,
    checked_phone,
    checked_text,
    checked_time_zone,
    checked_url,
)

LONGEST_NAME = 120
LONGEST_DESCRIPTION = 5000
LONGEST_ALT_TEXT = 250
MOST_PHOTOS = 30
MOST_TIERS = 10
SLOT_MINUTES = (5, 10, 15, 20, 30, 60)
LONGEST_NOTICE = 30 * 24 * 60
MOST_DAYS_AHEAD = 365
_HOURS_OF_A_YEAR = 8760


def salon_values(fields: salon_pb2.SalonFields) -> Values:
    """Every column that a hotelier writes."""
    return {
        "name": checked_line(fields.name, ("name",), longest=LONGEST_NAME, required=True),
        "description": checked_text(fields.description, ("description",), longest=LONGEST_DESCRIPTION),
        **_address(fields.address),
        "latitude": checked_degrees(fields.latitude, ("position", "latitude"), 90),
        "longitude": checked_degrees(fields.longitude, ("position", "longitude"), 180),
        "time_zone": checked_time_zone(fields.time_zone, ("timeZone",)),
        "currency": checked_currency(fields.currency, ("currency",)),
        "contact_phone": checked_phone(fields.contact.phone, ("contact", "phone")),
        "contact_email": checked_email(fields.contact.email, ("contact", "email")),
        "photos": checked_photos(fields.photos, ("photos",)),
        "opening_hours": checked_week(fields.opening_hours, ("openingHours",)),
        **_terms(fields.terms),
    }


def checked_photos(photos: Sequence[hotel_pb2.Photo], path: Path) -> list[Values]:
    check_count(photos, path, most=MOST_PHOTOS)
    return [checked_photo(photo, (*path, str(number))) for number, photo in enumerate(photos)]


def checked_photo(photo: hotel_pb2.Photo, path: Path) -> Values:
    return {
        "url": checked_url(photo.url, (*path, "url"), schemes=("https",), required=True),
        "alt_text": checked_line(photo.alt_text, (*path, "altText"), longest=LONGEST_ALT_TEXT, required=True),
    }


def _address(address: hotel_pb2.Address) -> Values:
    city = checked_line(address.city, ("address", "city"), longest=120, required=True)
    return {
        "street": checked_line(address.street, ("address", "street"), longest=200),
        "postal_code": checked_line(address.postal_code, ("address", "postalCode"), longest=20),
        "city": city,
        "city_key": city_key(city),
        "country": checked_country(address.country, ("address", "country")),
    }


def _terms(terms: salon_pb2.BookingTerms) -> Values:
    if terms.slot_minutes not in SLOT_MINUTES:
        allowed = ", ".join(map(str, SLOT_MINUTES))
        raise InvalidInput(f"Starts are {allowed} minutes apart.", path=("terms", "slotMinutes"))
    return {
        "slot_minutes": terms.slot_minutes,
        "min_notice_minutes": checked_number(
            terms.min_notice_minutes, ("terms", "minNoticeMinutes"), least=0, most=LONGEST_NOTICE
        ),
        "max_days_ahead": checked_number(
            terms.max_days_ahead, ("terms", "maxDaysAhead"), least=1, most=MOST_DAYS_AHEAD
        ),
        "confirms_by_hand": terms.confirms_by_hand,
        "cancellation_tiers": _tiers(terms.cancellation_policy.tiers, ("terms", "cancellationTiers")),
    }


def _tiers(tiers: Sequence[hotel_pb2.CancellationTier], path: Path) -> list[Values]:
    check_count(tiers, path, least=1, most=MOST_TIERS)
    rows = [_tier(tier, (*path, str(number))) for number, tier in enumerate(tiers)]
    for number in range(1, len(rows)):
        before, after = rows[number - 1], rows[number]
        if after["hours_before_check_in"] >= before["hours_before_check_in"]:
            raise InvalidInput(
                "This must be less than in the entry before.", path=(*path, str(number), "hoursBeforeStart")
            )
        if after["penalty_percent"] < before["penalty_percent"]:
            raise InvalidInput("A later tier is not cheaper.", path=(*path, str(number), "penaltyPercent"))
    if rows[-1]["hours_before_check_in"]:
        raise InvalidInput(
            "The last tier holds until the start: 0 hours.", path=(*path, str(len(rows) - 1), "hoursBeforeStart")
        )
    return rows


def _tier(tier: hotel_pb2.CancellationTier, path: Path) -> Values:
    """With the names that hotels' tiers have."""
    if tier.penalty_nights:
        raise InvalidInput("An appointment has no nights.", path=(*path, "penaltyNights"))
    return {
        "hours_before_check_in": checked_number(
            tier.hours_before_check_in, (*path, "hoursBeforeStart"), least=0, most=_HOURS_OF_A_YEAR
        ),
        "penalty_percent": checked_number(tier.penalty_percent, (*path, "penaltyPercent"), least=0, most=100),
        "penalty_nights": 0,
    }

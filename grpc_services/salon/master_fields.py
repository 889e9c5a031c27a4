"""The fields of a master's profile, as columns."""

from __future__ import annotations

from contracts.salon.v1 import salon_pb2
from grpc_services.salon.salon_fields import LONGEST_NAME, checked_photo
from runtime.field_checks import Values, check_count, checked_languages, checked_line, checked_text, checked_url

LONGEST_ABOUT = 3000
LONGEST_SPECIALITY = 60
MOST_SPECIALITIES = 20
MOST_LANGUAGES = 20
MOST_LINKS = 20


def master_values(fields: salon_pb2.MasterFields) -> Values:
    """Every column that a master or their hotelier writes."""
    check_count(fields.specialities, ("specialities",), most=MOST_SPECIALITIES)
    check_count(fields.portfolio_links, ("portfolioLinks",), most=MOST_LINKS)
    specialities = [
        checked_line(text, ("specialities", str(number)), longest=LONGEST_SPECIALITY, required=True)
        for number, text in enumerate(fields.specialities)
    ]
    links = [
        checked_url(link, ("portfolioLinks", str(number)), schemes=("https",), required=True)
        for number, link in enumerate(fields.portfolio_links)
    ]
    return {
        "name": checked_line(fields.name, ("name",), longest=LONGEST_NAME, required=True),
        "title": checked_line(fields.title, ("title",), longest=LONGEST_NAME),
        "about": checked_text(fields.about, ("about",), longest=LONGEST_ABOUT),
        "specialities": list(dict.fromkeys(specialities)),
        "languages": checked_languages(fields.languages, ("languages",), most=MOST_LANGUAGES),
        "photo": checked_photo(fields.photo, ("photo",)) if fields.HasField("photo") else None,
        "portfolio_links": list(dict.fromkeys(links)),
    }

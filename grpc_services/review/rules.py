"""What a review may say, and until when it may be written and edited. No I/O."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel import Locale

from contracts.review.v1 import review_pb2
from grpc_services.review.errors import ReviewNotAllowed, Why
from grpc_services.review.visits import HOTEL, MASTER, SALON, Subject, Visit
from runtime.errors import InvalidInput

REVIEWABLE_FOR = dt.timedelta(days=180)
EDITABLE_FOR = dt.timedelta(hours=48)
LONGEST_TITLE = 120
LONGEST_TEXT = 4000
LONGEST_REPLY = 2000
LONGEST_REASON = 500
MOST_LANGUAGES = 20
STARS = range(1, 6)

ASPECTS = {
    HOTEL: ("CLEANLINESS", "COMFORT", "LOCATION", "STAFF", "VALUE"),
    SALON: ("CLEANLINESS", "LOCATION", "STAFF", "VALUE", "RESULT", "PUNCTUALITY"),
    MASTER: ("CLEANLINESS", "STAFF", "VALUE", "RESULT", "PUNCTUALITY"),
}

Path = tuple[str, ...]

_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?")
_KNOWN_LANGUAGES = frozenset(Locale("en").languages)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an author writes, in its normal form; `aspects` are stars by name."""

    overall: int
    aspects: dict[str, int]
    title: str
    text: str
    language: str


def subject_of(visit: Visit, kind: str, master_id: uuid.UUID | None) -> Subject:
    """The subject of this kind that a visit was to; raises InvalidInput for any other."""
    found = [subject for subject in visit.subjects if subject.kind == kind]
    if not found:
        raise InvalidInput("This visit was not to such a place.", path=("subjectKind",))
    if kind != MASTER:
        return found[0]
    for subject in found:
        if subject.id == master_id:
            return subject
    raise InvalidInput("This master did nothing at this visit.", path=("masterId",))


def last_day(visit: Visit) -> dt.date:
    """The last day on which a visit may be reviewed, where it took place."""
    return visit.visited_on + REVIEWABLE_FOR


def check_reviewable(visit: Visit, now: dt.datetime) -> None:
    """Raises ReviewNotAllowed."""
    if not visit.completed:
        raise ReviewNotAllowed(Why.NOT_COMPLETED)
    if now.astimezone(ZoneInfo(visit.time_zone)).date() > last_day(visit):
        raise ReviewNotAllowed(Why.TOO_LATE)


def check_editable(created_at: dt.datetime, now: dt.datetime) -> None:
    """Raises ReviewNotAllowed."""
    if now - created_at > EDITABLE_FOR:
        raise ReviewNotAllowed(Why.TOO_LATE)


def opinion(fields: review_pb2.ReviewFields, kind: str) -> Opinion:
    """What is written of a subject of this kind; raises InvalidInput."""
    return Opinion(
        overall=_stars(fields.overall, ("overall",)),
        aspects=_aspects(fields.aspects, kind),
        title=line(fields.title, ("title",), longest=LONGEST_TITLE),
        text=words(fields.text, ("text",), longest=LONGEST_TEXT),
        language=language(fields.language, ("language",)),
    )


def line(value: str, path: Path, *, longest: int, required: bool = False) -> str:
    """One line without surrounding spaces."""
    kept = value.strip()
    if required and not kept:
        raise InvalidInput("This must not be empty.", path=path)
    return _shown(kept, path, longest=longest, letters=kept)


def words(value: str, path: Path, *, longest: int) -> str:
    """Several lines, each ended by a single line feed."""
    lines = [each.rstrip() for each in value.strip().replace("\r\n", "\n").split("\n")]
    return _shown("\n".join(lines), path, longest=longest, letters="".join(lines))


def language(tag: str, path: Path) -> str:
    """In the usual letters: pt-BR, zh-Hant."""
    found = _LANGUAGE.fullmatch(tag)
    if found is None or found[1].lower() not in _KNOWN_LANGUAGES:
        raise InvalidInput("This is not a language of BCP 47, such as en or pt-BR.", path=path)
    spoken, script, region = found.groups()
    parts = (spoken.lower(), (script or "").title(), (region or "").upper())
    return "-".join(part for part in parts if part)


def wanted_stars(stars: Sequence[int]) -> list[int]:
    if len(stars) > len(STARS):
        raise InvalidInput(f"There are at most {len(STARS)} of these.", path=("stars",))
    return [_stars(wanted, ("stars", str(number))) for number, wanted in enumerate(stars)]


def wanted_languages(tags: Sequence[str]) -> list[str]:
    if len(tags) > MOST_LANGUAGES:
        raise InvalidInput(f"There are at most {MOST_LANGUAGES} of these.", path=("languages",))
    return [language(tag, ("languages", str(number))) for number, tag in enumerate(tags)]


def shown_name(name: str) -> str:
    """First name and initial: `Ada Lovelace` becomes `Ada L.`"""
    parts = name.split() or ["Guest"]
    return parts[0] if len(parts) == 1 else f"{parts[0]} {parts[-1][0].upper()}."


def _aspects(ratings: Sequence[review_pb2.AspectRating], kind: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, rating in enumerate(ratings):
        path = ("aspects", str(number))
        name = (
            review_pb2.Aspect.Name(rating.aspect).removeprefix("ASPECT_")
            if rating.aspect in review_pb2.Aspect.values()
            else ""
        )
        if name not in ASPECTS[kind]:
            raise InvalidInput("This is not rated here.", path=(*path, "aspect"))
        if name in found:
            raise InvalidInput("This is rated twice.", path=(*path, "aspect"))
        found[name] = _stars(rating.stars, (*path, "stars"))
    return found


def _stars(value: int, path: Path) -> int:
    if value not in STARS:
        raise InvalidInput("Stars are 1 to 5.", path=path)
    return value


def _shown(text: str, path: Path, *, longest: int, letters: str) -> str:
    if len(text) > longest:
        raise InvalidInput(f"This has at most {longest} characters.", path=path)
    if any(unicodedata.category(letter) in _UNPRINTABLE for letter in letters):
        raise InvalidInput("This has characters that cannot be shown.", path=path)
    return text

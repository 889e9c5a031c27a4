"""The words of mails about reviews, by language; the messages themselves are templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grpc_services.notification import formats


@dataclass(frozen=True, slots=True)
class ReviewWords:
    reviewed: str
    visited_on: str
    stars: str
    title: str
    footer: str


REVIEW_WORDS = {
    "en": ReviewWords(
        reviewed="Review of",
        visited_on="Visit",
        stars="Stars",
        title="Title",
        footer="Innkeeper sends you this message because of a review. Replies to it are not read.",
    ),
    "fr": ReviewWords(
        reviewed="Avis sur",
        visited_on="Visite",
        stars="Étoiles",
        title="Titre",
        footer="Innkeeper vous écrit au sujet d’un avis. Les réponses à ce message ne sont pas lues.",
    ),
    "ru": ReviewWords(
        reviewed="Отзыв о",
        visited_on="Посещение",
        stars="Звёзды",
        title="Заголовок",
        footer="Innkeeper пишет вам в связи с отзывом. Ответы на это письмо не читаются.",
    ),
}


def is_of_review(parameters: Mapping[str, Any]) -> bool:
    return "review_id" in parameters


def review_facts(parameters: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Every parameter as the locale writes it."""
    return {
        **{name: parameters[name] for name in ("subject_name", "author_name", "title", "reply")},
        "stars": str(parameters["overall"]),
        "visited_on": formats.day(dt.date.fromisoformat(parameters["visited_on"]), locale),
    }


def review_rows(facts: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    """The table of a mail; what was not written is left out."""
    words = REVIEW_WORDS[locale]
    rows = [
        (words.reviewed, facts["subject_name"]),
        (words.visited_on, facts["visited_on"]),
        (words.stars, facts["stars"]),
        (words.title, facts["title"]),
    ]
    return [(label, value) for label, value in rows if value]

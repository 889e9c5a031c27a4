"""The checkout pages in the guest's language: English as it stands in the templates, French and Russian beside it."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_datetime, format_timedelta

from grpc_services.payment.checkout_translations import FRENCH, RUSSIAN
from runtime.money_format import formatted_money

DEFAULT_LANGUAGE = "en"
LANGUAGES = ("en", "fr", "ru")
_LOCALES = {"en": "en_GB", "fr": "fr_FR", "ru": "ru_RU"}
_TRANSLATIONS = {"fr": FRENCH, "ru": RUSSIAN}


class Words:
    """Called with an English text, answers it in the language of a page; unknown languages are English."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self._locale = _LOCALES[self.language]
        self._texts = _TRANSLATIONS.get(self.language, {})

    def __call__(self, text: str, **values: object) -> str:
        """`%(name)s` in a text is filled in by name."""
        known = self._texts.get(text, text)
        return known % values if values else known

    def amount(self, minor_units: int, currency: str) -> str:
        return formatted_money(minor_units, currency, self._locale)

    def moment(self, at: dt.datetime) -> str:
        return format_datetime(at, self("HH:mm 'UTC on' d MMMM y"), tzinfo=dt.UTC, locale=self._locale)

    def time_left(self, left: dt.timedelta) -> str:
        if left < dt.timedelta(minutes=1):
            return self("less than a minute")
        coarse = dt.timedelta(minutes=left // dt.timedelta(minutes=1))
        return format_timedelta(coarse, granularity="minute", threshold=2, locale=self._locale)

"""The words of mails about appointments, by language; the messages themselves are templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grpc_services.notification import formats
from runtime.money_format import formatted_money


@dataclass(frozen=True, slots=True)
class AppointmentWords:
    reference: str
    salon: str
    client: str
    starts_at: str
    services: str
    masters: str
    total: str
    refund: str
    footer: str


APPOINTMENT_WORDS = {
    "en": AppointmentWords(
        reference="Reference",
        salon="Salon",
        client="Client",
        starts_at="When",
        services="What",
        masters="With",
        total="Total",
        refund="Refund",
        footer="Innkeeper sends you this message because of an appointment. Replies to it are not read.",
    ),
    "fr": AppointmentWords(
        reference="Référence",
        salon="Salon",
        client="Client",
        starts_at="Quand",
        services="Prestation",
        masters="Avec",
        total="Total",
        refund="Remboursement",
        footer="Innkeeper vous écrit au sujet d’un rendez-vous. Les réponses à ce message ne sont pas lues.",
    ),
    "ru": AppointmentWords(
        reference="Номер записи",
        salon="Салон",
        client="Клиент",
        starts_at="Когда",
        services="Услуги",
        masters="Мастер",
        total="Итого",
        refund="Возврат",
        footer="Innkeeper пишет вам в связи с записью. Ответы на это письмо не читаются.",
    ),
}


def is_of_appointment(parameters: Mapping[str, Any]) -> bool:
    return "appointment_id" in parameters


def appointment_facts(parameters: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Every parameter as the locale writes it; what an event does not tell is empty."""
    zone = parameters["time_zone"]

    def moment(name: str) -> str:
        at = parameters.get(name)
        return formats.moment(dt.datetime.fromisoformat(at), zone, locale) if at else ""

    def money(name: str) -> str:
        amount = parameters.get(name)
        return formatted_money(amount["minor_units"], amount["currency"], locale) if amount else ""

    return {
        **{name: parameters[name] for name in ("reference", "salon_name", "client_name", "to_confirm")},
        "services": ", ".join(parameters["services"]),
        "masters": ", ".join(parameters["masters"]),
        "reason": parameters.get("reason", ""),
        "by_salon": parameters.get("by_salon", False),
        "late": parameters.get("late", False),
        **{name: moment(name) for name in ("starts_at", "before", "deadline")},
        **{name: money(name) for name in ("total", "amount", "penalty", "disputed")},
    }


def appointment_rows(template: str, facts: Mapping[str, Any], locale: str) -> list[tuple[str, str]]:
    """The table of a mail; what there is nothing to tell of is left out."""
    words = APPOINTMENT_WORDS[locale]
    rows = [
        (words.reference, facts["reference"]),
        (words.salon, facts["salon_name"]),
        (words.client, "" if template.startswith("appointment_") else facts["client_name"]),
        (words.services, facts["services"]),
        (words.masters, facts["masters"]),
        (words.starts_at, facts["starts_at"]),
        (words.total, facts["total"]),
        (words.refund, facts["amount"]),
    ]
    return [(label, value) for label, value in rows if value]

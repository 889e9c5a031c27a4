"""The words that stand in every mail, by language; the messages themselves are templates."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    greeting: str  # with {name}
    reference: str
    hotel: str
    guest: str
    check_in: str
    check_out: str
    rooms: str
    total: str
    paid: str
    refund: str
    penalty: str
    due: str
    reason: str
    colon: str
    footer: str


WORDS = {
    "en": Words(
        greeting="Hello {name},",
        reference="Booking reference",
        hotel="Hotel",
        guest="Guest",
        check_in="Check-in",
        check_out="Check-out",
        rooms="Rooms",
        total="Total",
        paid="Paid",
        refund="Refund",
        penalty="Cancellation charge",
        due="To be paid",
        reason="Reason",
        colon=":",
        footer="Innkeeper sends you this message because of a booking. Replies to it are not read.",
    ),
    "fr": Words(
        greeting="Bonjour {name},",
        reference="Référence de réservation",
        hotel="Hôtel",
        guest="Client",
        check_in="Arrivée",
        check_out="Départ",
        rooms="Chambres",
        total="Total",
        paid="Payé",
        refund="Remboursement",
        penalty="Frais d’annulation",
        due="À payer",
        reason="Motif",
        colon="\N{NO-BREAK SPACE}:",
        footer="Innkeeper vous écrit au sujet d’une réservation. Les réponses à ce message ne sont pas lues.",
    ),
    "ru": Words(
        greeting="Здравствуйте, {name}!",
        reference="Номер бронирования",
        hotel="Отель",
        guest="Гость",
        check_in="Заезд",
        check_out="Выезд",
        rooms="Номера",
        total="Итого",
        paid="Оплачено",
        refund="Возврат",
        penalty="Плата за отмену",
        due="К оплате",
        reason="Причина",
        colon=":",
        footer="Innkeeper пишет вам в связи с бронированием. Ответы на это письмо не читаются.",
    ),
}

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
    visits: str
    total: str
    paid: str
    refund: str
    penalty: str
    due: str
    reason: str
    address: str
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
        visits="Visits to salons",
        total="Total",
        paid="Paid",
        refund="Refund",
        penalty="Cancellation charge",
        due="To be paid",
        reason="Reason",
        address="Address",
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
        visits="Rendez-vous en salon",
        total="Total",
        paid="Payé",
        refund="Remboursement",
        penalty="Frais d’annulation",
        due="À payer",
        reason="Motif",
        address="Adresse",
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
        visits="Визиты в салон",
        total="Итого",
        paid="Оплачено",
        refund="Возврат",
        penalty="Плата за отмену",
        due="К оплате",
        reason="Причина",
        address="Адрес",
        colon=":",
        footer="Innkeeper пишет вам в связи с бронированием. Ответы на это письмо не читаются.",
    ),
}


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """What stands under a mail that can be switched off, and on the page behind it."""

    link: str
    question: str
    asks: str  # with {about}
    button: str
    done: str
    says: str  # with {about}
    types: dict[str, str]  # what mails of a type are about


UNSUBSCRIBING = {
    "en": Unsubscribing(
        link="No more mails of this kind",
        question="No more of these mails?",
        asks="We shall no longer send you {about} by e-mail. Mails about your money and about changes still come.",
        button="Stop these mails",
        done="Done",
        says="We no longer send you {about} by e-mail. You can switch them on again among your preferences.",
        types={
            "BOOKING_HELD": "word of held rooms",
            "STAY_REMINDER": "reminders of your stays",
            "STAY_REVIEW_REQUEST": "requests to review your stays",
            "WAITLIST_OFFER": "offers from waiting lists",
            "REVIEW_ANSWERED": "answers to your reviews",
            "APPOINTMENT_HELD": "word of held appointments",
            "APPOINTMENT_REMINDER": "reminders of your appointments",
            "APPOINTMENT_COMPLETED": "thanks for your visits",
            "APPOINTMENT_REVIEW_REQUEST": "requests to review your visits",
            "HOTEL_BOOKING_CREATED": "word of new bookings",
            "HOTEL_BOOKING_CHANGED": "word of changed bookings",
            "HOTEL_BOOKING_CANCELLED": "word of cancelled bookings",
            "HOTEL_ARRIVALS": "the morning’s list of arrivals",
            "REVIEW_RECEIVED": "word of new reviews",
            "SALON_DAY": "the morning’s list of your appointments",
            "SALON_APPOINTMENT_CREATED": "word of new appointments",
            "SALON_APPOINTMENT_MOVED": "word of moved appointments",
            "SALON_APPOINTMENT_CANCELLED": "word of cancelled appointments",
        },
    ),
    "fr": Unsubscribing(
        link="Ne plus recevoir ce type d’e-mail",
        question="Ne plus recevoir ces e-mails ?",
        asks=(
            "Nous ne vous enverrons plus {about} par e-mail. Les messages sur vos paiements et sur les changements "
            "continueront d’arriver."
        ),
        button="Arrêter ces e-mails",
        done="C’est fait",
        says="Nous ne vous envoyons plus {about} par e-mail. Vous pouvez les réactiver dans vos préférences.",
        types={
            "BOOKING_HELD": "les avis de chambres gardées",
            "STAY_REMINDER": "les rappels de vos séjours",
            "STAY_REVIEW_REQUEST": "les demandes d’avis sur vos séjours",
            "WAITLIST_OFFER": "les offres des listes d’attente",
            "REVIEW_ANSWERED": "les réponses à vos avis",
            "APPOINTMENT_HELD": "les avis de rendez-vous gardés",
            "APPOINTMENT_REMINDER": "les rappels de vos rendez-vous",
            "APPOINTMENT_COMPLETED": "les remerciements après vos visites",
            "APPOINTMENT_REVIEW_REQUEST": "les demandes d’avis sur vos visites",
            "HOTEL_BOOKING_CREATED": "les annonces de nouvelles réservations",
            "HOTEL_BOOKING_CHANGED": "les annonces de réservations modifiées",
            "HOTEL_BOOKING_CANCELLED": "les annonces de réservations annulées",
            "HOTEL_ARRIVALS": "la liste des arrivées du matin",
            "REVIEW_RECEIVED": "les annonces de nouveaux avis",
            "SALON_DAY": "la liste de vos rendez-vous du matin",
            "SALON_APPOINTMENT_CREATED": "les annonces de nouveaux rendez-vous",
            "SALON_APPOINTMENT_MOVED": "les annonces de rendez-vous déplacés",
            "SALON_APPOINTMENT_CANCELLED": "les annonces de rendez-vous annulés",
        },
    ),
    "ru": Unsubscribing(
        link="Больше не присылать такие письма",
        question="Больше не присылать такие письма?",
        asks="Мы перестанем присылать вам {about}. Письма об оплате и об изменениях будут приходить по-прежнему.",
        button="Отписаться",
        done="Готово",
        says="Мы больше не присылаем вам {about}. Включить их снова можно в настройках уведомлений.",
        types={
            "BOOKING_HELD": "письма об удержанных номерах",
            "STAY_REMINDER": "напоминания о поездках",
            "STAY_REVIEW_REQUEST": "просьбы оценить проживание",
            "WAITLIST_OFFER": "предложения из листа ожидания",
            "REVIEW_ANSWERED": "письма об ответах на ваши отзывы",
            "APPOINTMENT_HELD": "письма об удержанном времени",
            "APPOINTMENT_REMINDER": "напоминания о записях",
            "APPOINTMENT_COMPLETED": "благодарности за визит",
            "APPOINTMENT_REVIEW_REQUEST": "просьбы оценить визит",
            "HOTEL_BOOKING_CREATED": "письма о новых бронированиях",
            "HOTEL_BOOKING_CHANGED": "письма об изменённых бронированиях",
            "HOTEL_BOOKING_CANCELLED": "письма об отменённых бронированиях",
            "HOTEL_ARRIVALS": "утренние списки заездов",
            "REVIEW_RECEIVED": "письма о новых отзывах",
            "SALON_DAY": "утренние списки записей",
            "SALON_APPOINTMENT_CREATED": "письма о новых записях",
            "SALON_APPOINTMENT_MOVED": "письма о перенесённых записях",
            "SALON_APPOINTMENT_CANCELLED": "письма об отменённых записях",
        },
    ),
}

"""The words of a bill, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    invoice: str
    provisional: str  # while more may come onto the bill
    reference: str
    issued: str
    guest: str
    stay: str
    check_in: str
    check_out: str
    from_time: str  # with {time}
    until_time: str  # with {time}
    room: str  # with {number}
    description: str
    amount: str
    night: str  # with {date}
    stay_discount: str
    vat: str
    city_tax: str
    cancellation: str
    no_show: str
    visits: str
    charges: str
    total: str
    contained_vat: str  # with {rate}
    paid_online: str
    refunded: str
    methods: Mapping[str, str]
    due: str
    credit: str
    states: Mapping[str, str]


WORDS = {
    "en": Words(
        invoice="Invoice",
        provisional="Provisional bill",
        reference="Booking reference",
        issued="As of",
        guest="Guest",
        stay="Stay",
        check_in="Check-in",
        check_out="Check-out",
        from_time="from {time}",
        until_time="until {time}",
        room="Room {number}:",
        description="Description",
        amount="Amount",
        night="Night of {date}",
        stay_discount="Discount for a long stay",
        vat="VAT",
        city_tax="City tax",
        cancellation="Cancellation charge",
        no_show="No-show charge",
        visits="Visits to salons",
        charges="Further charges",
        total="Total",
        contained_vat="of which VAT on the nights, {rate}",
        paid_online="Paid online",
        refunded="Refunded",
        methods={
            "CASH": "Paid at the hotel, cash",
            "CARD": "Paid at the hotel, card",
            "TRANSFER": "Paid to the hotel, transfer",
        },
        due="To be paid",
        credit="In your favour",
        states={
            "HELD": "Not yet paid",
            "PAYMENT_PENDING": "Not yet paid",
            "CONFIRMED": "Confirmed",
            "CHECKED_IN": "In house",
            "COMPLETED": "Completed",
            "CANCELLED": "Cancelled",
            "EXPIRED": "Expired",
            "NO_SHOW": "No-show",
        },
    ),
    "fr": Words(
        invoice="Facture",
        provisional="Note provisoire",
        reference="Référence de réservation",
        issued="État au",
        guest="Client",
        stay="Séjour",
        check_in="Arrivée",
        check_out="Départ",
        from_time="à partir de {time}",
        until_time="jusqu’à {time}",
        room="Chambre {number}\N{NO-BREAK SPACE}:",
        description="Désignation",
        amount="Montant",
        night="Nuit du {date}",
        stay_discount="Remise long séjour",
        vat="TVA",
        city_tax="Taxe de séjour",
        cancellation="Frais d’annulation",
        no_show="Frais de non-présentation",
        visits="Rendez-vous en salon",
        charges="Autres frais",
        total="Total",
        contained_vat="dont TVA sur les nuits, {rate}",
        paid_online="Payé en ligne",
        refunded="Remboursé",
        methods={
            "CASH": "Payé à l’hôtel, espèces",
            "CARD": "Payé à l’hôtel, carte",
            "TRANSFER": "Payé à l’hôtel, virement",
        },
        due="Reste à payer",
        credit="En votre faveur",
        states={
            "HELD": "En attente de paiement",
            "PAYMENT_PENDING": "En attente de paiement",
            "CONFIRMED": "Confirmée",
            "CHECKED_IN": "Sur place",
            "COMPLETED": "Terminée",
            "CANCELLED": "Annulée",
            "EXPIRED": "Expirée",
            "NO_SHOW": "Non-présentation",
        },
    ),
    "ru": Words(
        invoice="Счёт",
        provisional="Предварительный счёт",
        reference="Номер бронирования",
        issued="По состоянию на",
        guest="Гость",
        stay="Проживание",
        check_in="Заезд",
        check_out="Выезд",
        from_time="с {time}",
        until_time="до {time}",
        room="Номер {number}:",
        description="Наименование",
        amount="Сумма",
        night="Ночь: {date}",
        stay_discount="Скидка за длительное проживание",
        vat="НДС",
        city_tax="Туристический налог",
        cancellation="Плата за отмену",
        no_show="Плата за незаезд",
        visits="Визиты в салон",
        charges="Прочие начисления",
        total="Итого",
        contained_vat="в том числе НДС за проживание, {rate}",
        paid_online="Оплачено онлайн",
        refunded="Возвращено",
        methods={
            "CASH": "Оплачено в отеле, наличные",
            "CARD": "Оплачено в отеле, карта",
            "TRANSFER": "Оплачено отелю, перевод",
        },
        due="К оплате",
        credit="В вашу пользу",
        states={
            "HELD": "Ожидает оплаты",
            "PAYMENT_PENDING": "Ожидает оплаты",
            "CONFIRMED": "Подтверждено",
            "CHECKED_IN": "Гость в отеле",
            "COMPLETED": "Завершено",
            "CANCELLED": "Отменено",
            "EXPIRED": "Истекло",
            "NO_SHOW": "Незаезд",
        },
    ),
}

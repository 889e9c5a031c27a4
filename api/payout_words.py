"""The words of a payout statement, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    explained: str
    date: str
    what: str
    reference: str
    amount: str
    opening: str
    closing: str
    sums: str
    net: str
    nothing: str
    kinds: Mapping[str, str]


WORDS = {
    "en": Words(
        title="Payouts",
        explained="What guests paid through Innkeeper, less what was sent back and what Innkeeper keeps.",
        date="Date",
        what="What",
        reference="Booking",
        amount="Amount",
        opening="Brought forward from the months before",
        closing="Carried forward",
        sums="This month",
        net="Yours",
        nothing="Nothing was paid yet.",
        kinds={
            "GROSS": "Payments",
            "COMMISSION": "Commission",
            "REFUND": "Refunds",
            "COMMISSION_RETURNED": "Commission given back",
            "DISPUTE": "Disputes",
        },
    ),
    "fr": Words(
        title="Versements",
        explained="Ce que les clients ont payé par Innkeeper, moins les remboursements et la part d’Innkeeper.",
        date="Date",
        what="Opération",
        reference="Réservation",
        amount="Montant",
        opening="Report des mois précédents",
        closing="À reporter",
        sums="Ce mois-ci",
        net="Pour vous",
        nothing="Rien n’a encore été payé.",
        kinds={
            "GROSS": "Paiements",
            "COMMISSION": "Commission",
            "REFUND": "Remboursements",
            "COMMISSION_RETURNED": "Commission rendue",
            "DISPUTE": "Litiges",
        },
    ),
    "ru": Words(
        title="Выплаты",
        explained="Что гости заплатили через Innkeeper, за вычетом возвратов и доли Innkeeper.",
        date="Дата",
        what="Операция",
        reference="Бронирование",
        amount="Сумма",
        opening="Остаток за прошлые месяцы",
        closing="Остаток на конец месяца",
        sums="За этот месяц",
        net="Вам",
        nothing="Платежей ещё не было.",
        kinds={
            "GROSS": "Платежи",
            "COMMISSION": "Комиссия",
            "REFUND": "Возвраты",
            "COMMISSION_RETURNED": "Возвращённая комиссия",
            "DISPUTE": "Споры",
        },
    ),
}

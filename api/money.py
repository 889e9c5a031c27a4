"""Money in the public schema: whole minor units, never a float."""

from __future__ import annotations

from typing import Annotated

import strawberry
from babel import Locale, UnknownLocaleError

from api.scalars import BigInt, CurrencyCode
from contracts.money.v1 import money_pb2
from runtime.errors import InvalidInput
from runtime.money_format import decimal_amount, formatted_money


@strawberry.type(description="An amount of money.")
class Money:
    minor_units: BigInt = strawberry.field(description="In the currency's smallest unit: cents for EUR, yen for JPY.")
    currency: CurrencyCode = strawberry.field(description="The currency.")

    @strawberry.field(description="The amount as a decimal number in text, such as 129.50.")
    def decimal(self) -> str:
        return str(decimal_amount(self.minor_units, self.currency))

    @strawberry.field(description="The amount as people of a locale write it, such as 129,50 €.")
    def formatted(
        self, locale: Annotated[str, strawberry.argument(description="BCP 47, such as fr or en-GB.")] = "en"
    ) -> str:
        try:
            return formatted_money(self.minor_units, self.currency, Locale.parse(locale, sep="-"))
        except (ValueError, UnknownLocaleError):
            raise InvalidInput("This locale is not known.", path=("locale",)) from None


@strawberry.input(description="An amount of money.")
class MoneyInput:
    minor_units: BigInt = strawberry.field(description="In the currency's smallest unit.")
    currency: CurrencyCode = strawberry.field(description="ISO 4217.")


def money_message(given: MoneyInput) -> money_pb2.Money:
    return money_pb2.Money(minor_units=given.minor_units, currency=given.currency)


def money(message: money_pb2.Money) -> Money:
    return Money(minor_units=BigInt(message.minor_units), currency=CurrencyCode(message.currency))

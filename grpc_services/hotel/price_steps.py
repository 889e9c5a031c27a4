"""How a line of a price came about, told rule by rule, so that it explains itself after the rules have changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from contracts.hotel.v1 import rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.hotel.charges import StayDiscount
from grpc_services.hotel.extra_charges import ExtraCharge
from grpc_services.hotel.night_prices import derived_price, explained_price
from grpc_services.hotel.rate_grid import RateGrid
from grpc_services.hotel.rules import Guests


class PriceSteps:
    """Makes the steps of one room's lines; `kind` and `plan` are indices of the grid."""

    def __init__(self, grid: RateGrid, kind: int, plan: int, money: Callable[[int], money_pb2.Money]) -> None:
        self._grid = grid
        self._kind = kind
        self._plan = plan
        self._money = money

    def of_night(self, night: int, guests: Guests, surcharge: int, meals: int, charge: int) -> list[rate_pb2.PriceStep]:
        """`night` is an offset in the grid; the last step is the night's `charge`."""
        steps = self._before_guests(self._plan, night)
        price = steps[-1].after.minor_units
        room_type = str(self._grid.kind_rows[self._kind]["id"])
        plan = str(self._grid.plan_rows[self._plan]["id"])
        if surcharge:
            steps.append(
                self._step(rate_pb2.PRICE_STEP_KIND_OCCUPANCY, _in_words(guests), room_type, price + surcharge)
            )
        if meals:
            steps.append(self._step(rate_pb2.PRICE_STEP_KIND_MEALS, _in_words(guests), plan, price + surcharge + meals))
        steps[-1].after.minor_units = charge
        return steps

    def of_discount(self, discount: StayDiscount, amount: int) -> list[rate_pb2.PriceStep]:
        return [
            self._step(
                rate_pb2.PRICE_STEP_KIND_STAY_DISCOUNT,
                f"{discount.min_nights} nights or more",
                str(self._grid.plan_rows[self._plan]["id"]),
                amount,
                -discount.basis_points,
            )
        ]

    def of_extra(self, charge: ExtraCharge) -> list[rate_pb2.PriceStep]:
        extra = charge.extra
        counted = (
            f"{charge.quantity} × {extra['name']}" if charge.quantity > 1 else extra["name"],
            "" if charge.persons is None else _counted(charge.persons, "guest", "guests"),
            "" if charge.nights is None else _counted(charge.nights, "night", "nights"),
        )
        name = ", ".join(filter(None, counted))
        return [self._step(rate_pb2.PRICE_STEP_KIND_EXTRA, name, str(extra["id"]), charge.amount)]

    def of_vat(self, basis_points: int, amount: int) -> list[rate_pb2.PriceStep]:
        return [self._step(rate_pb2.PRICE_STEP_KIND_VAT, "VAT", "", amount, basis_points)]

    def of_city_tax(self, taxed: int, nights: int, amount: int) -> list[rate_pb2.PriceStep]:
        name = f"{_counted(taxed, 'guest', 'guests')}, {_counted(nights, 'night', 'nights')}"
        return [self._step(rate_pb2.PRICE_STEP_KIND_CITY_TAX, name, "", amount)]

    def _before_guests(self, plan: int, night: int) -> list[rate_pb2.PriceStep]:
        row = self._grid.plan_rows[plan]
        written = self._grid.written_price(self._kind, plan, night)
        if written is not None:
            return [self._step(rate_pb2.PRICE_STEP_KIND_NIGHT_PRICE, row["name"], str(row["id"]), written)]
        share = row["adjustment_basis_points"]
        parent = self._grid.parents[plan]
        if parent is None:
            steps, price = self._of_rules(night, share)
        else:
            steps = self._before_guests(parent, night)
            price = derived_price(steps[-1].after.minor_units, share)
        if share:
            steps.append(self._step(rate_pb2.PRICE_STEP_KIND_RATE_PLAN, row["name"], str(row["id"]), price, share))
        return steps

    def _of_rules(self, night: int, share: int) -> tuple[list[rate_pb2.PriceStep], int]:
        """The base price and every price rule, and the price after the plan's share."""
        row = self._grid.kind_rows[self._kind]
        base = row["base_price_minor_units"]
        date = self._grid.first_night + dt.timedelta(days=night)
        moved, price = explained_price(base, self._grid.adjustments, share, self._kind, date)
        steps = [self._step(rate_pb2.PRICE_STEP_KIND_BASE_PRICE, row["name"], str(row["id"]), base)]
        for rule, after in moved:
            steps.append(self._step(rate_pb2.PRICE_STEP_KIND_PRICE_RULE, rule.name, rule.id, after, rule.basis_points))
        return steps, price

    def _step(
        self, kind: rate_pb2.PriceStepKind.ValueType, name: str, source_id: str, after: int, basis_points: int = 0
    ) -> rate_pb2.PriceStep:
        return rate_pb2.PriceStep(
            kind=kind, name=name, source_id=source_id, basis_points=basis_points, after=self._money(after)
        )


def _in_words(guests: Guests) -> str:
    adults = _counted(guests.adults, "adult", "adults")
    children = len(guests.children_ages)
    return f"{adults}, {_counted(children, 'child', 'children')}" if children else adults


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"

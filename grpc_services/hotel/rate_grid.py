"""All that a house sells over some nights: prices and restrictions of every room type under every rate plan."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.hotel.v1 import rate_pb2
from grpc_services.hotel import night_prices, restrictions
from grpc_services.hotel.night_prices import Adjustment, Prices
from grpc_services.hotel.night_rates import PRICE, UNSET, NightRates, nothing_written, unpacked
from grpc_services.hotel.queries import House
from grpc_services.hotel.rate_queries import Product
from runtime.database import Record


@dataclass(frozen=True, slots=True)
class RateGrid:
    """Arrays are [room type, plan, night], in the order of `kinds` and `plans`. `written` and `held` (see
    night_rates and restrictions) are None where nothing was written or is restricted."""

    first_night: dt.date
    kinds: dict[uuid.UUID, int]
    plans: dict[uuid.UUID, int]
    kind_rows: Sequence[Record]
    plan_rows: Sequence[Record]
    parents: Sequence[int | None]
    adjustments: Sequence[Adjustment]
    prices: Prices
    written: NightRates | None
    held: NightRates | None

    def price_source(self, kind: int, plan: int, night: int) -> rate_pb2.PriceSource.ValueType:
        if self.written_price(kind, plan, night) is not None:
            return rate_pb2.PRICE_SOURCE_NIGHT
        if self.parents[plan] is not None:
            return rate_pb2.PRICE_SOURCE_DERIVED
        return rate_pb2.PRICE_SOURCE_RULES

    def written_price(self, kind: int, plan: int, night: int) -> int | None:
        if self.written is None:
            return None
        price = int(self.written[PRICE, kind, plan, night])
        return None if price == UNSET else price


def rate_grid(house: House, products: Sequence[Product], first_night: dt.date, nights: int) -> RateGrid:
    """Of what is in use; a plan whose other plan is archived has no price and is not sold either.
    `products` are the house's of rate_queries.packed_rates for these nights."""
    kind_rows = [row for row in house.room_types if not row["archived"]]
    open_plans = [row for row in house.rate_plans if not row["archived"]]
    open_ids = {row["id"] for row in open_plans}
    plan_rows = [row for row in open_plans if row["derived_from_id"] is None or row["derived_from_id"] in open_ids]
    kinds = {row["id"]: index for index, row in enumerate(kind_rows)}
    plans = {row["id"]: index for index, row in enumerate(plan_rows)}
    parents = [plans.get(row["derived_from_id"]) for row in plan_rows]
    adjustments = _adjustments(house.price_rules, kinds)
    written = unpacked(products, kinds, plans, nights) if products else None
    prices = night_prices.plan_prices(
        [row["base_price_minor_units"] for row in kind_rows],
        adjustments,
        [row["adjustment_basis_points"] for row in plan_rows],
        first_night,
        nights,
    )
    if written is not None:
        np.copyto(prices, written[PRICE], where=written[PRICE] != UNSET)
    for plan, parent in enumerate(parents):
        if parent is None:
            continue
        derived = night_prices.derived_prices(prices[:, parent], plan_rows[plan]["adjustment_basis_points"])
        if written is not None:
            np.copyto(derived, written[PRICE, :, plan], where=written[PRICE, :, plan] != UNSET)
        prices[:, plan] = derived
    return RateGrid(
        first_night=first_night,
        kinds=kinds,
        plans=plans,
        kind_rows=kind_rows,
        plan_rows=plan_rows,
        parents=parents,
        adjustments=adjustments,
        prices=prices,
        written=written,
        held=_held(written, plan_rows, parents, (len(kinds), len(plans), nights)),
    )


def _adjustments(price_rules: Sequence[Record], kinds: dict[uuid.UUID, int]) -> list[Adjustment]:
    """In their order; rules for room types that are not sold any more are left out."""
    return [
        Adjustment(
            rule["first_night"],
            rule["last_night"],
            rule["weekdays"],
            rule["adjustment_basis_points"],
            None if rule["room_type_id"] is None else kinds[rule["room_type_id"]],
            rule["name"],
            str(rule["id"]),
        )
        for rule in price_rules
        if rule["room_type_id"] is None or rule["room_type_id"] in kinds
    ]


def _held(
    written: NightRates | None, plan_rows: Sequence[Record], parents: Sequence[int | None], shape: tuple[int, int, int]
) -> NightRates | None:
    plans = [
        restrictions.PlanRestrictions(parent, row["min_advance_days"], row["max_advance_days"])
        for row, parent in zip(plan_rows, parents, strict=True)
    ]
    if written is None:
        if all(plan.min_advance_days is None and plan.max_advance_days is None for plan in plans):
            return None
        return restrictions.effective(nothing_written(*shape), plans)
    return restrictions.effective(written, plans)

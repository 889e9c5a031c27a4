"""Prices of whole stays, put together from a house's rates and the rules."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

import numpy as np

from contracts.hotel.v1 import hotel_pb2, rate_pb2
from contracts.money.v1 import money_pb2
from grpc_services.hotel import charges, messages, night_rates, restrictions, rules
from grpc_services.hotel.errors import RoomUnavailable
from grpc_services.hotel.extra_charges import ExtraCharge, extra_charges
from grpc_services.hotel.night_rates import UNSET
from grpc_services.hotel.price_steps import PriceSteps
from grpc_services.hotel.queries import House
from grpc_services.hotel.rate_grid import RateGrid
from runtime.database import Record
from runtime.errors import InvalidInput

MOST_CALENDAR_RATES = 20_000


class StayPricing:
    """Prices a stay at one house. The grid begins with the night of arrival and reaches to the day of departure."""

    def __init__(self, house: House, grid: RateGrid, stay: rules.Stay, today: dt.date) -> None:
        self._hotel = house.hotel
        self._currency: str = house.hotel["currency"]
        self._grid = grid
        self._stay = stay
        self._today = today
        self._taxes = _taxes(house.hotel)
        self._extras = {row["id"]: row for row in house.extras}

    def room(self, request: rate_pb2.RoomRequest, *, path: Sequence[str]) -> rate_pb2.PricedRoom:
        """One room with a line for every night, its discount, its extras and its taxes. Raises RoomUnavailable when
        the house does not sell it for this stay."""
        kind = _index(self._grid.kinds, request.room_type_id)
        if kind is None:
            raise InvalidInput("This hotel has no such room type.", path=(*path, "roomTypeId"))
        plan = _index(self._grid.plans, request.rate_plan_id)
        if plan is None:
            raise InvalidInput("This hotel has no such rate plan.", path=(*path, "ratePlanId"))
        room_type, rate_plan = self._grid.kind_rows[kind], self._grid.plan_rows[plan]
        guests = rules.Guests(request.adults, tuple(request.children_ages))
        rules.check_guests(guests, path)
        if not _occupancy(room_type).fits(guests):
            raise InvalidInput(
                f"This room takes {room_type['max_adults']} adults and {room_type['max_children']} children at most.",
                path=(*path, "adults"),
            )
        extras = extra_charges(self._extras, request.extras, guests, self._stay.nights, path=path)
        reasons = self.reasons_against(kind, plan)
        if reasons:
            raise RoomUnavailable(room_type["id"], reasons, path=path)
        lines = self._lines(kind, plan, guests, extras)
        return rate_pb2.PricedRoom(
            request=request,
            room_type_name=room_type["name"],
            rate_plan_name=rate_plan["name"],
            payment_timing=hotel_pb2.PaymentTiming.Value(f"PAYMENT_TIMING_{rate_plan['payment_timing']}"),
            cancellation_policy=messages.policy_message(rate_plan),
            lines=lines,
            total=self._money(sum(line.amount.minor_units for line in lines)),
        )

    def whole(self, rooms: Sequence[rate_pb2.PricedRoom]) -> rate_pb2.PriceStayResponse:
        row = self._hotel
        return rate_pb2.PriceStayResponse(
            hotel_id=str(row["id"]),
            hotel_name=row["name"],
            owner_id=str(row["owner_id"]),
            time_zone=row["time_zone"],
            currency=self._currency,
            check_in_time=row["check_in_time"].strftime("%H:%M"),
            rooms=rooms,
            total=self._money(sum(room.total.minor_units for room in rooms)),
            check_out_time=row["check_out_time"].strftime("%H:%M"),
            contained_vat_basis_points=row["vat_basis_points"] if row["vat_included"] else 0,
            address=messages.address(row),
        )

    def offers(self, parties: Sequence[rules.Guests]) -> list[rate_pb2.PricedOffer]:
        """All parties in rooms of one type, for every type that fits and every plan that is sold, cheapest first."""
        offers = []
        for kind, room_type in enumerate(self._grid.kind_rows):
            if not all(_occupancy(room_type).fits(guests) for guests in parties):
                continue
            for plan, rate_plan in enumerate(self._grid.plan_rows):
                if self.reasons_against(kind, plan):
                    continue
                total = sum(self._total(kind, plan, guests) for guests in parties)
                offers.append(
                    rate_pb2.PricedOffer(
                        room_type_id=str(room_type["id"]),
                        rate_plan_id=str(rate_plan["id"]),
                        total=self._money(total),
                        per_night=self._money(rules.per_night(total, self._stay.nights)),
                    )
                )
        return sorted(offers, key=lambda offer: offer.total.minor_units)

    def stay_restrictions(self) -> list[rate_pb2.StayRestriction]:
        """Why each room type and plan that is not sold for the stay is not."""
        return [
            rate_pb2.StayRestriction(
                room_type_id=str(room_type["id"]),
                rate_plan_id=str(rate_plan["id"]),
                night=reason.night.isoformat(),
                reason=reason.kind,
                limit=reason.limit,
            )
            for kind, room_type in enumerate(self._grid.kind_rows)
            for plan, rate_plan in enumerate(self._grid.plan_rows)
            for reason in self.reasons_against(kind, plan)
        ]

    def reasons_against(self, kind: int, plan: int) -> list[restrictions.Reason]:
        if self._grid.held is None:
            return []
        return restrictions.reasons_against(self._grid.held[:, kind, plan], self._stay, self._today)

    def _lines(
        self, kind: int, plan: int, guests: rules.Guests, extras: Sequence[ExtraCharge]
    ) -> list[rate_pb2.PriceLine]:
        room_type, rate_plan = self._grid.kind_rows[kind], self._grid.plan_rows[plan]
        steps = PriceSteps(self._grid, kind, plan, self._money)
        counted = guests.counted(room_type["oldest_child_age"])
        surcharge, meals = _occupancy_prices(room_type).surcharge(counted), _meals(rate_plan).supplement(counted)
        lines = []
        for offset, night in enumerate(self._stay.dates()):
            charge = charges.night_charge(int(self._grid.prices[kind, plan, offset]), surcharge, meals)
            lines.append(
                rate_pb2.PriceLine(
                    kind=rate_pb2.PRICE_LINE_KIND_NIGHT,
                    night=night.isoformat(),
                    description=f"{room_type['name']}, {rate_plan['name']}",
                    amount=self._money(charge),
                    steps=steps.of_night(offset, counted, surcharge, meals, charge),
                )
            )
        discount = charges.stay_discount(_discounts(rate_plan), self._stay.nights)
        room = charges.room_charges(
            sum(line.amount.minor_units for line in lines),
            discount,
            self._taxes,
            guests,
            self._stay,
            extras=sum(charge.amount for charge in extras),
        )
        if discount and room.discount:
            lines.append(
                rate_pb2.PriceLine(
                    kind=rate_pb2.PRICE_LINE_KIND_STAY_DISCOUNT,
                    description=f"Discount for {discount.min_nights} nights or more",
                    amount=self._money(-room.discount),
                    steps=steps.of_discount(discount, -room.discount),
                )
            )
        lines.extend(self._extra_line(charge, steps) for charge in extras)
        if room.vat:
            lines.append(
                rate_pb2.PriceLine(
                    kind=rate_pb2.PRICE_LINE_KIND_VAT,
                    description="VAT",
                    amount=self._money(room.vat),
                    steps=steps.of_vat(self._taxes.vat_basis_points, room.vat),
                )
            )
        if room.city_tax:
            taxed, nights = self._taxes.taxed(guests), self._taxes.taxed_nights(self._stay)
            lines.append(
                rate_pb2.PriceLine(
                    kind=rate_pb2.PRICE_LINE_KIND_CITY_TAX,
                    description="City tax",
                    amount=self._money(room.city_tax),
                    steps=steps.of_city_tax(taxed, nights, room.city_tax),
                )
            )
        return lines

    def _extra_line(self, charge: ExtraCharge, steps: PriceSteps) -> rate_pb2.PriceLine:
        row = charge.extra
        return rate_pb2.PriceLine(
            kind=rate_pb2.PRICE_LINE_KIND_EXTRA,
            description=row["name"],
            amount=self._money(charge.amount),
            steps=steps.of_extra(charge),
            extra=rate_pb2.PricedExtra(
                extra_id=str(row["id"]),
                name=row["name"],
                charge_unit=messages.charge_unit(row),
                quantity=charge.quantity,
                unit_price=self._money(row["price_minor_units"]),
            ),
        )

    def _total(self, kind: int, plan: int, guests: rules.Guests) -> int:
        room_type, rate_plan = self._grid.kind_rows[kind], self._grid.plan_rows[plan]
        counted = guests.counted(room_type["oldest_child_age"])
        extra = _occupancy_prices(room_type).surcharge(counted) + _meals(rate_plan).supplement(counted)
        nights = int(np.maximum(self._grid.prices[kind, plan, : self._stay.nights] + extra, 0).sum())
        discount = charges.stay_discount(_discounts(rate_plan), self._stay.nights)
        return charges.room_charges(nights, discount, self._taxes, guests, self._stay).total

    def _money(self, minor_units: int) -> money_pb2.Money:
        return money_pb2.Money(minor_units=minor_units, currency=self._currency)


def catalogue_entry(house: House, grid: RateGrid) -> rate_pb2.CatalogueEntry:
    """A house with the nightly prices and restrictions of all that it sells."""
    held_runs = _restriction_runs(grid)
    prices = grid.prices.astype("<i4")
    return rate_pb2.CatalogueEntry(
        hotel=messages.hotel_message(house),
        products=[
            rate_pb2.RateProduct(
                room_type_id=str(room_type["id"]),
                rate_plan_id=str(rate_plan["id"]),
                nightly_prices=prices[kind, plan].tobytes(),
                restrictions=held_runs.get((kind, plan), ()),
            )
            for kind, room_type in enumerate(grid.kind_rows)
            for plan, rate_plan in enumerate(grid.plan_rows)
        ],
    )


def calendar_rates(grid: RateGrid, currency: str, room_type_ids: Sequence[str]) -> list[rate_pb2.CalendarRate]:
    """Every night of the grid, by room type, plan and night; of all room types when none is named."""
    unrestricted = rate_pb2.NightRestrictions()
    kinds = [kind for kind, row in enumerate(grid.kind_rows) if not room_type_ids or str(row["id"]) in room_type_ids]
    nights = [(grid.first_night + dt.timedelta(days=offset)).isoformat() for offset in range(grid.prices.shape[-1])]
    if len(kinds) * len(grid.plan_rows) * len(nights) > MOST_CALENDAR_RATES:
        raise InvalidInput("Ask for fewer room types or nights at a time.", path=("roomTypeIds",))
    return [
        rate_pb2.CalendarRate(
            room_type_id=str(grid.kind_rows[kind]["id"]),
            rate_plan_id=str(rate_plan["id"]),
            night=night,
            price=money_pb2.Money(minor_units=int(grid.prices[kind, plan, offset]), currency=currency),
            source=grid.price_source(kind, plan, offset),
            restrictions=unrestricted
            if grid.held is None
            else night_rates.restrictions_message(grid.held[:, kind, plan, offset].tolist()),
        )
        for kind in kinds
        for plan, rate_plan in enumerate(grid.plan_rows)
        for offset, night in enumerate(nights)
    ]


def _restriction_runs(grid: RateGrid) -> dict[tuple[int, int], list[rate_pb2.RestrictionRun]]:
    if grid.held is None:
        return {}
    found: dict[tuple[int, int], list[rate_pb2.RestrictionRun]] = {}
    for run in night_rates.runs(grid.held, (grid.held != UNSET).any(axis=0)):
        found.setdefault((run.kind, run.plan), []).append(
            rate_pb2.RestrictionRun(
                first_offset=run.first_offset,
                nights=run.nights,
                restrictions=night_rates.restrictions_message(
                    grid.held[:, run.kind, run.plan, run.first_offset].tolist()
                ),
            )
        )
    return found


def _taxes(hotel: Record) -> charges.Taxes:
    return charges.Taxes(
        vat_basis_points=0 if hotel["vat_included"] else hotel["vat_basis_points"],
        city_tax=hotel["city_tax_minor_units"],
        exempt_below_age=hotel["city_tax_exempt_below_age"],
        city_tax_max_nights=hotel["city_tax_max_nights"],
    )


def _occupancy(room_type: Record) -> rules.Occupancy:
    return rules.Occupancy(room_type["max_adults"], room_type["max_children"], room_type["oldest_child_age"])


def _occupancy_prices(room_type: Record) -> charges.OccupancyPrices:
    return charges.OccupancyPrices(
        included_adults=room_type["included_adults"],
        extra_adult=room_type["extra_adult_minor_units"],
        fewer_adult_discount=room_type["fewer_adult_discount_minor_units"],
        child_bands=tuple((band["to_age"], band["minor_units"]) for band in room_type["child_prices"]),
    )


def _meals(rate_plan: Record) -> charges.MealPrices:
    return charges.MealPrices(rate_plan["adult_supplement_minor_units"], rate_plan["child_supplement_minor_units"])


def _discounts(rate_plan: Record) -> list[charges.StayDiscount]:
    return [
        charges.StayDiscount(discount["min_nights"], discount["basis_points"])
        for discount in rate_plan["stay_discounts"]
    ]


def _index(indices: dict[uuid.UUID, int], identifier: str) -> int | None:
    return next((index for key, index in indices.items() if str(key) == identifier), None)

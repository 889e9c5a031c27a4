"""The read model. Nights are apart from each other: one array a night for the prices of all products, one for
the free rooms of all room types, and one for restrictions on the nights that have any. A search adds up the
few nights of its stay; a new day drops the first night and appends one.

Houses keep their rows until `put_in_order`, which lays the houses of a city side by side. New and rebuilt
houses stand at the end until then. There is one copy of every price.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from contracts.booking.v1 import inventory_pb2
from contracts.hotel.v1 import rate_pb2
from grpc_services.search.columns import (
    Bools,
    HouseColumns,
    Ints,
    ProductColumns,
    Rows,
    TypeColumns,
    as_rows,
    grown,
)
from grpc_services.search.house_entry import House, halves, house_of
from grpc_services.search.house_facts import Distinct, put_house_facts, put_product_facts, put_type_facts
from grpc_services.search.restrictions import Numbers, RestrictionTable
from grpc_services.search.selection import Selection, selection_of

_MOST_FREE = int(np.iinfo(np.int16).max)
_UNORDERED_SHARE = 8
_EVERYWHERE = "*"  # no folded name of a city
_NOTHING_TOLD = int(np.iinfo(np.int32).max)


@dataclass(slots=True)
class Index:
    """`first_night` is the night of the first array; `bookable_nights` may be sold from today at the hotel on."""

    first_night: dt.date
    bookable_nights: int
    houses: HouseColumns = field(default_factory=HouseColumns)
    types: TypeColumns = field(default_factory=TypeColumns)
    products: ProductColumns = field(default_factory=ProductColumns)
    distinct: Distinct = field(default_factory=Distinct)
    restriction_table: RestrictionTable = field(default_factory=RestrictionTable)
    price: list[npt.NDArray[np.int32]] = field(default_factory=list)  # a night: products
    free: list[npt.NDArray[np.int16]] = field(default_factory=list)  # a night: room types
    restricted: list[Numbers | None] = field(default_factory=list)  # a night: products
    entries: list[House | None] = field(default_factory=list)  # by row; None: no longer published
    row_of: dict[str, int] = field(default_factory=dict)  # hotel id -> row
    type_of: dict[str, int] = field(default_factory=dict)  # room type id -> row
    cities: dict[str, dict[int, None]] = field(default_factory=lambda: defaultdict(dict))  # folded -> rows
    structure: int = 0  # moves whenever anything of a house changes but prices and free rooms
    naming: int = 0  # moves whenever names or cities of houses change
    order: int = 0  # moves whenever rows move
    out_of_order: int = 0
    highest_price: int = 0  # of any night, ever told; a bound
    lowest_price: list[int] = field(default_factory=list)  # a night: a bound; 0 where some house told none
    _selections: dict[str, Selection] = field(default_factory=dict)
    _city_rows: dict[str, Ints] = field(default_factory=dict)
    _selected_at: int = -1
    _sellable_types: int | None = None
    _places: dict[str, int] = field(default_factory=dict)
    _places_from: dt.date | None = None

    def __post_init__(self) -> None:
        # From yesterday in UTC, as it is still today somewhere, to the last day of departure where it is tomorrow.
        for _ in range(self.bookable_nights + 3):
            self._add_night()

    @property
    def nights(self) -> int:
        return len(self.price)

    @property
    def end_night(self) -> dt.date:
        return self.first_night + dt.timedelta(days=self.nights)

    @property
    def hotels(self) -> int:
        return len(self.row_of)

    @property
    def room_types(self) -> int:
        return len(self.type_of)

    @property
    def sellable_room_types(self) -> int:
        """Those that booking has told of; counted anew only when it may have changed, as every answer tells it."""
        if self._sellable_types is None:
            known = np.fromiter(self.type_of.values(), dtype=np.int64, count=len(self.type_of))
            self._sellable_types = int(self.types.sellable[known].sum())
        return self._sellable_types

    def house(self, row: int) -> House:
        found = self.entries[row]
        assert found is not None  # noqa: S101 - rows are those of published houses
        return found

    def published(self) -> Ints:
        return self._rows(_EVERYWHERE, self.row_of.values())

    def city_rows(self, city: str) -> Ints:
        return self._rows(city, self.cities[city])

    def put_houses(self, entries: Sequence[rate_pb2.CatalogueEntry]) -> set[str]:
        """Adds houses or replaces what is known of them; answers the room types whose free rooms must be told."""
        unknown: set[str] = set()
        added: list[tuple[int, rate_pb2.CatalogueEntry]] = []
        for entry in entries:
            row = self.row_of.get(entry.hotel.id)
            if row is None or not self._sells_the_same(row, entry):
                unknown |= self._lay_out(entry)
                added.append((self.row_of[entry.hotel.id], entry))
            else:
                if self.house(row).message != entry.hotel.SerializeToString():
                    self._put_facts(row, entry)
                self._put_nights([(row, entry)])
        self._put_nights(added)
        return unknown

    def remove_house(self, hotel_id: str) -> None:
        """Forgets a house that is no longer published."""
        row = self.row_of.pop(hotel_id, None)
        if row is None:
            return
        house = self.house(row)
        for identifier in house.type_ids:
            self.type_of.pop(identifier, None)
        self._sellable_types = None
        self._leave_city(house.city, row)
        self.entries[row] = None
        self.houses.products[row] = self.houses.types[row] = 0
        self.out_of_order += 1
        self.structure += 1
        self.naming += 1

    def put_availability(
        self, room_types: Iterable[inventory_pb2.RoomTypeAvailability], first_night: int = 0, nights: int = 0
    ) -> None:
        """Sets the free rooms of these room types on every night of the window told; those of houses that are not
        here are left out. Nothing is free while a calendar is stale."""
        known = [(self.type_of[one.room_type_id], one) for one in room_types if one.room_type_id in self.type_of]
        if not known:
            return
        rows = np.array([row for row, _ in known], dtype=np.int64)
        nights = nights or self.nights - first_night
        places = self._night_places()
        free = np.zeros((nights, len(known)), dtype=np.int16)
        for position, (_, told) in enumerate(known):
            if told.stale:
                continue
            free[:, position] = min(max(told.capacity, 0), _MOST_FREE)
            for night in told.nights:
                column = places.get(night.night, -1) - first_night
                if 0 <= column < nights:
                    free[column, position] = min(max(night.free, 0), _MOST_FREE)
        for column in range(nights):
            self.free[first_night + column][rows] = free[column]
        if not self.types.sellable[rows].all():
            self.types.sellable[rows] = 1
            self._sellable_types = None

    def turn_day(self) -> int:
        """Drops the first night and appends one that nothing is known of; answers its place."""
        for nights in (self.price, self.free, self.restricted, self.lowest_price):
            del nights[0]
        self.first_night += dt.timedelta(days=1)
        self._add_night()
        return self.nights - 1

    def put_night(self, entries: Iterable[rate_pb2.CatalogueEntry], night: int) -> None:
        """Prices and restrictions of one night, from entries of that night only; houses that sell something else by
        now are left to the event that told so."""
        told = 0
        for entry in entries:
            row = self.row_of.get(entry.hotel.id)
            if row is not None and self._sells_the_same(row, entry):
                self._put_nights([(row, entry)], first=night)
                told += 1
        if told < len(self.row_of):
            self.lowest_price[night] = min(self.lowest_price[night], 0)

    def select(self, houses: Ints, *, city: str = "") -> Selection:
        """What these houses sell; that of a whole city and of all houses is remembered until anything changes."""
        self._forget_if_changed()
        if len(houses) == self.hotels:
            city = _EVERYWHERE
        known = self._selections.get(city) if city else None
        if known is None:
            known = selection_of(self.houses, self.products, houses)
            if city:
                self._selections[city] = known
        return known

    def wants_order(self) -> bool:
        """Whether enough stands out of its place for putting it in order to pay."""
        return self.out_of_order * _UNORDERED_SHARE > len(self.row_of)

    def put_in_order(self) -> None:
        """Lays the houses of a city side by side and gives up the room of what is gone."""
        rows = sorted(self.row_of.values(), key=lambda row: (self.house(row).city, self.house(row).id))
        order = np.array(rows, dtype=np.int64)
        products = _numbers(as_rows(self.houses.first_product[order], self.houses.products[order]))
        types = _numbers(as_rows(self.houses.first_type[order], self.houses.types[order]))
        moved = np.zeros(self.types.used, dtype=np.int64)
        moved[types] = np.arange(len(types))
        used = np.zeros(len(self.restriction_table), dtype=bool)
        for night in range(self.nights):
            self.price[night] = self.price[night][products]
            self.free[night] = self.free[night][types]
            numbers = self.restricted[night]
            if numbers is not None:
                numbers = numbers[products]
                used[numbers] = True
                self.restricted[night] = numbers if numbers.any() else None
        self._renumber_restrictions(used)
        self.houses.reorder(order)
        self.types.reorder(types)
        self.products.reorder(products)
        self.products.type = moved[self.products.type]
        self.houses.first_type = np.cumsum(self.houses.types) - self.houses.types
        self.houses.first_product = np.cumsum(self.houses.products) - self.houses.products
        entries = [self.house(row) for row in rows]
        self.entries = list(entries)
        self.row_of = {house.id: row for row, house in enumerate(entries)}
        self.type_of = {identifier: int(moved[row]) for identifier, row in self.type_of.items()}
        self.cities = defaultdict(dict)
        for row, house in enumerate(entries):
            self.cities[house.city][row] = None
        self.out_of_order = 0
        self.structure += 1
        self.naming += 1
        self.order += 1

    def _renumber_restrictions(self, used: Bools) -> None:
        renumbered = self.restriction_table.keep(used)
        kind = _number_kind(len(self.restriction_table))
        for night, numbers in enumerate(self.restricted):
            if numbers is not None:
                self.restricted[night] = renumbered[numbers].astype(kind)

    def _add_night(self) -> None:
        self.price.append(np.zeros(self.products.room, dtype=np.int32))
        self.free.append(np.zeros(self.types.room, dtype=np.int16))
        self.restricted.append(None)
        self.lowest_price.append(_NOTHING_TOLD)

    def _sells_the_same(self, row: int, entry: rate_pb2.CatalogueEntry) -> bool:
        house = self.house(row)
        sold = [(product.room_type_id, product.rate_plan_id) for product in entry.products]
        return house.product_ids == sold and house.type_ids == [kind.id for kind in entry.hotel.room_types]

    def _lay_out(self, entry: rate_pb2.CatalogueEntry) -> set[str]:
        """Gives a house rows for what it sells; answers the room types that were not known."""
        hotel = entry.hotel
        row = self.row_of.get(hotel.id)
        old_types = {} if row is None else {kind: self.type_of.pop(kind) for kind in self.house(row).type_ids}
        if row is None:
            row = self.houses.append(1)
            self.entries.append(None)
            self.row_of[hotel.id] = row
            self.houses.id_high[row], self.houses.id_low[row] = halves(hotel.id)
        self.houses.types[row] = len(hotel.room_types)
        self.houses.first_type[row] = first_type = self.types.append(len(hotel.room_types))
        self.houses.products[row] = len(entry.products)
        self.houses.first_product[row] = first_product = self.products.append(len(entry.products))
        self._make_room()
        for offset, kind in enumerate(hotel.room_types):
            self.type_of[kind.id] = first_type + offset
        for offset, product in enumerate(entry.products):
            self.products.type[first_product + offset] = self.type_of[product.room_type_id]
        kept = {kind.id for kind in hotel.room_types} & old_types.keys()
        if kept:
            old = np.array([old_types[kind] for kind in kept], dtype=np.int64)
            new = np.array([self.type_of[kind] for kind in kept], dtype=np.int64)
            self.types.sellable[new] = self.types.sellable[old]
            for free in self.free:
                free[new] = free[old]
        self._sellable_types = None
        self._put_facts(row, entry)
        self.out_of_order += 1
        return {kind.id for kind in hotel.room_types} - kept

    def _make_room(self) -> None:
        if self.nights and len(self.price[0]) < self.products.room:
            for night in range(self.nights):
                self.price[night] = grown(self.price[night], self.products.room)
                numbers = self.restricted[night]
                if numbers is not None:
                    self.restricted[night] = grown(numbers, self.products.room)
        if self.nights and len(self.free[0]) < self.types.room:
            for night in range(self.nights):
                self.free[night] = grown(self.free[night], self.types.room)

    def _put_facts(self, row: int, entry: rate_pb2.CatalogueEntry) -> None:
        hotel = entry.hotel
        old, house = self.entries[row], house_of(entry)
        if old is None or (old.city, old.folded_name) != (house.city, house.folded_name):
            if old is not None:
                self._leave_city(old.city, row)
            self.cities[house.city][row] = None
            self.naming += 1
        self.entries[row] = house
        put_house_facts(self.houses, row, hotel, self.distinct)
        for offset, kind in enumerate(hotel.room_types):
            put_type_facts(self.types, int(self.houses.first_type[row]) + offset, kind, self.distinct)
        plans = {plan.id: plan for plan in hotel.rate_plans}
        for offset, product in enumerate(entry.products):
            number = int(self.houses.first_product[row]) + offset
            put_product_facts(self.products, number, plans[product.rate_plan_id], self.distinct)
        self.structure += 1

    def _rows(self, city: str, rows: Collection[int]) -> Ints:
        """Rows as an array, remembered until anything changes."""
        self._forget_if_changed()
        known = self._city_rows.get(city)
        if known is None:
            known = self._city_rows[city] = np.fromiter(rows, dtype=np.int64, count=len(rows))
        return known

    def _night_places(self) -> dict[str, int]:
        """The places of nights by their date in text, which is quicker than reading dates."""
        if self._places_from != self.first_night:
            nights = range(self.nights)
            self._places = {(self.first_night + dt.timedelta(days=place)).isoformat(): place for place in nights}
            self._places_from = self.first_night
        return self._places

    def _forget_if_changed(self) -> None:
        if self._selected_at != self.structure:
            self._selections.clear()
            self._city_rows.clear()
            self._selected_at = self.structure

    def _leave_city(self, city: str, row: int) -> None:
        rows = self.cities[city]
        rows.pop(row, None)
        if not rows:
            del self.cities[city]

    def _put_nights(self, laid_out: Sequence[tuple[int, rate_pb2.CatalogueEntry]], first: int = 0) -> None:
        """Writes the nights from `first` on that the entries tell of, all houses of a night in one go."""
        if not any(entry.products for _, entry in laid_out):
            return
        rows = np.array([row for row, entry in laid_out if entry.products], dtype=np.int64)
        where = as_rows(self.houses.first_product[rows], self.houses.products[rows])
        told = [np.frombuffer(product.nightly_prices, "<i4") for _, entry in laid_out for product in entry.products]
        prices = np.ascontiguousarray(np.stack(told).T)
        self.highest_price = max(self.highest_price, int(np.abs(prices).max(initial=0)))
        lowest = prices.min(axis=1).tolist()
        numbers = self._restriction_numbers([entry for _, entry in laid_out], prices.shape)
        any_number = numbers.max(axis=1) > 0
        kind = _number_kind(len(self.restriction_table))
        for offset in range(min(len(prices), self.nights - first)):
            night = first + offset
            self.price[night][where] = prices[offset]
            self.lowest_price[night] = min(self.lowest_price[night], lowest[offset])
            known = self.restricted[night]
            if known is None and any_number[offset]:
                known = np.zeros(len(self.price[night]), dtype=kind)
            if known is not None:
                known = known if known.dtype == kind else known.astype(kind)
                known[where] = numbers[offset]
                self.restricted[night] = known
        for night in range(first + len(prices), self.nights):
            self.lowest_price[night] = min(self.lowest_price[night], 0)

    def _restriction_numbers(
        self, entries: Sequence[rate_pb2.CatalogueEntry], shape: tuple[int, ...]
    ) -> npt.NDArray[np.uint32]:
        """Nights by products, in the entries' order."""
        numbers = np.zeros(shape, dtype=np.uint32)
        column = 0
        for entry in entries:
            plans = {plan.id: plan for plan in entry.hotel.rate_plans}
            for product in entry.products:
                for run in product.restrictions:
                    number = self.restriction_table.number_of(run.restrictions, plans[product.rate_plan_id])
                    numbers[run.first_offset : run.first_offset + run.nights, column] = number
                column += 1
        return numbers


def _numbers(rows: Rows) -> Ints:
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def _number_kind(restrictions: int) -> type[np.uint16] | type[np.uint32]:
    return np.uint16 if restrictions <= np.iinfo(np.uint16).max else np.uint32

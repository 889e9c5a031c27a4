"""A part of the index that a search looks at: some houses with all that they sell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from grpc_services.search.columns import NO_LIMIT, Bools, Floats, HouseColumns, Ints, ProductColumns, Rows, as_rows
from grpc_services.search.rules import Party


@dataclass(slots=True)
class Terms:
    """What a party and a number of nights mean for prices, whatever the dates."""

    extras: npt.NDArray[np.int32] | Ints  # a product: what the party adds to the price of all nights; 64 bits if large
    least_extra: int  # of one night
    most_extra: int  # of all nights, whether added or taken off
    too_small: Bools  # a room type: whether it does not take the party
    taxes: Ints  # a house: city tax


@dataclass(slots=True)
class Discounts:
    """Products that a stay of so many nights gets cheaper, and by how many basis points."""

    products: Ints
    shares: Floats


@dataclass(slots=True)
class Selection:
    """Houses with everything they sell; positions within it are counted from 0."""

    houses: Ints
    product_rows: Rows
    type_rows: Rows
    first_product: Ints  # of each house, within the selection
    products: Ints  # of each house: how many
    house_of: Ints  # of each product
    number: npt.NDArray[np.int32]  # of each product, within its house
    number_bits: int  # that a number takes
    type_of: Ints  # of each product, within the selection
    zones: Ints  # of each house: number of its time zone
    zones_here: list[int]  # each once
    vat: Ints  # of each house: basis points to be added; 0: prices contain it
    adds_vat: bool  # anywhere
    least_days: int  # in advance, of the rate plan that asks for most
    most_days: int  # in advance, of the rate plan that allows fewest
    # What does not depend on the dates, remembered:
    terms: dict[tuple[Party, int], Terms] = field(default_factory=dict)  # party, nights
    discounts: dict[int, Discounts] = field(default_factory=dict)  # nights


def selection_of(houses: HouseColumns, products: ProductColumns, rows: Ints) -> Selection:
    """The houses of these rows that sell anything."""
    rows = rows[houses.products[rows] > 0]
    products_of, types_of = houses.products[rows], houses.types[rows]
    first_product, first_type = np.cumsum(products_of) - products_of, np.cumsum(types_of) - types_of
    product_rows = as_rows(houses.first_product[rows], products_of)
    house_of = np.repeat(np.arange(len(rows)), products_of)
    return Selection(
        houses=rows,
        product_rows=product_rows,
        type_rows=as_rows(houses.first_type[rows], types_of),
        first_product=first_product,
        products=products_of,
        house_of=house_of,
        number=(np.arange(len(house_of)) - first_product[house_of]).astype(np.int32),
        number_bits=int(products_of.max(initial=1) - 1).bit_length(),
        type_of=products.type[product_rows] - (houses.first_type[rows] - first_type)[house_of],
        zones=houses.zone[rows],
        zones_here=np.unique(houses.zone[rows]).tolist(),
        vat=houses.vat[rows],
        adds_vat=bool(houses.vat[rows].any()),
        least_days=int(products.min_advance[product_rows].max(initial=0)),
        most_days=int(products.max_advance[product_rows].min(initial=NO_LIMIT)),
    )

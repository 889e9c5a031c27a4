"""A part of the index that a search looks at: some houses with all that they sell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grpc_services.search.columns import Bools, HouseColumns, Ints, ProductColumns, Rows, as_rows
from grpc_services.search.rules import Party


@dataclass(slots=True)
class Selection:
    """Houses with everything they sell; positions within it are counted from 0."""

    houses: Ints
    product_rows: Rows
    type_rows: Rows
    first_product: Ints  # of each house, within the selection
    house_of: Ints  # of each product
    type_of: Ints  # of each product, within the selection
    first_type: Ints  # of each house
    # What does not depend on the dates, remembered:
    by_party: dict[Party, ForParty] = field(default_factory=dict)
    discounts: dict[int, Ints] = field(default_factory=dict)  # nights -> basis points off each product


@dataclass(slots=True)
class ForParty:
    """What a party changes of a night's price, by product of a selection, and which products take it."""

    extras: Ints
    fits: Bools


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
        house_of=house_of,
        type_of=products.type[product_rows] - (houses.first_type[rows] - first_type)[house_of],
        first_type=first_type,
    )

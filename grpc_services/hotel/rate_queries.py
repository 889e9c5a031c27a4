"""The SQL of night rates. Nights travel packed, as a catalogue may read a million of them: one value a room
type and plan instead of one row a night."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import ARRAY, Date, Integer, Uuid, bindparam, text

from grpc_services.hotel.night_rates import FIELDS, UNSET, NightRates
from runtime.database import Connection, Statement

Product = tuple[uuid.UUID, uuid.UUID, bytes]

_ADDRESS = (
    bindparam("kind_ids", type_=ARRAY(Uuid)),
    bindparam("plan_ids", type_=ARRAY(Uuid)),
    bindparam("kinds", type_=ARRAY(Integer)),
    bindparam("plans", type_=ARRAY(Integer)),
    bindparam("offsets", type_=ARRAY(Integer)),
    bindparam("first_night", type_=Date),
)
_PACKED = Statement(
    text("""
        SELECT hotel_id, room_type_id, rate_plan_id, string_agg(
            int4send(night - :first_night)
            || int4send(coalesce(price_minor_units, -1))
            || int4send(coalesce(closed::integer, -1))
            || int4send(coalesce(closed_to_arrival::integer, -1))
            || int4send(coalesce(closed_to_departure::integer, -1))
            || int4send(coalesce(min_stay, -1))
            || int4send(coalesce(max_stay, -1))
            || int4send(coalesce(min_advance_days, -1))
            || int4send(coalesce(max_advance_days, -1)),
            ''
        ) AS packed
        FROM hotel.night_rate
        WHERE hotel_id = ANY (:hotel_ids) AND night >= :first_night AND night < :end_night
        GROUP BY hotel_id, room_type_id, rate_plan_id
    """).bindparams(
        bindparam("hotel_ids", type_=ARRAY(Uuid)),
        bindparam("first_night", type_=Date),
        bindparam("end_night", type_=Date),
    )
)
_PUT = Statement(
    text("""
        INSERT INTO hotel.night_rate (
            room_type_id, rate_plan_id, night, hotel_id, price_minor_units,
            closed, closed_to_arrival, closed_to_departure, min_stay, max_stay, min_advance_days, max_advance_days
        )
        SELECT
            (:kind_ids)[r.kind + 1], (:plan_ids)[r.plan + 1], :first_night + r.night, :hotel_id, r.price,
            r.closed = 1, r.no_arrival = 1, r.no_departure = 1, r.min_stay, r.max_stay, r.min_advance, r.max_advance
        FROM unnest(
            :kinds, :plans, :offsets, :price_minor_units,
            :closed, :closed_to_arrival, :closed_to_departure,
            :min_stay, :max_stay, :min_advance_days, :max_advance_days
        ) AS r (
            kind, plan, night, price,
            closed, no_arrival, no_departure, min_stay, max_stay, min_advance, max_advance
        )
        ON CONFLICT (room_type_id, rate_plan_id, night) DO UPDATE SET
            price_minor_units = excluded.price_minor_units,
            closed = excluded.closed,
            closed_to_arrival = excluded.closed_to_arrival,
            closed_to_departure = excluded.closed_to_departure,
            min_stay = excluded.min_stay,
            max_stay = excluded.max_stay,
            min_advance_days = excluded.min_advance_days,
            max_advance_days = excluded.max_advance_days
    """).bindparams(
        *_ADDRESS, bindparam("hotel_id", type_=Uuid), *(bindparam(name, type_=ARRAY(Integer)) for name in FIELDS)
    )
)
_DELETE = Statement(
    text("""
        DELETE FROM hotel.night_rate AS n
        USING unnest(:kinds, :plans, :offsets) AS r (kind, plan, night)
        WHERE n.room_type_id = (:kind_ids)[r.kind + 1] AND n.rate_plan_id = (:plan_ids)[r.plan + 1]
            AND n.night = :first_night + r.night
    """).bindparams(*_ADDRESS)
)


async def packed_rates(
    connection: Connection, hotel_ids: Sequence[uuid.UUID], first_night: dt.date, end_night: dt.date
) -> Mapping[uuid.UUID, list[Product]]:
    """By house: room type, plan and their nights, as big-endian int32: days from `first_night`, then FIELDS."""
    products: dict[uuid.UUID, list[Product]] = defaultdict(list)
    for row in await _PACKED.fetch(connection, hotel_ids=hotel_ids, first_night=first_night, end_night=end_night):
        products[row["hotel_id"]].append((row["room_type_id"], row["rate_plan_id"], row["packed"]))
    return products


async def write_rates(
    connection: Connection,
    hotel_id: uuid.UUID,
    *,
    kind_ids: Sequence[uuid.UUID],
    plan_ids: Sequence[uuid.UUID],
    first_night: dt.date,
    rates: NightRates,
    chosen: npt.NDArray[np.bool_],
) -> None:
    """Makes the chosen nights [room type, plan, night] what `rates` say; a night that says nothing has no row."""
    says = (rates != UNSET).any(axis=0)
    for statement, where in ((_PUT, chosen & says), (_DELETE, chosen & ~says)):
        kinds, plans, offsets = np.nonzero(where)
        if len(offsets) == 0:
            continue
        nights: dict[str, object] = {"kinds": kinds.tolist(), "plans": plans.tolist(), "offsets": offsets.tolist()}
        if statement is _PUT:
            values = rates[:, kinds, plans, offsets].tolist()
            nights |= {"hotel_id": hotel_id} | {
                name: [None if value == UNSET else value for value in column]
                for name, column in zip(FIELDS, values, strict=True)
            }
        await statement.execute(connection, kind_ids=kind_ids, plan_ids=plan_ids, first_night=first_night, **nights)

"""The hotelier's figures in the public schema."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.money import Money, money
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from contracts.booking.v1 import figures_pb2
from runtime.channels import call


@strawberry.enum(description="How nights are put together.")
class FigurePeriod(enum.Enum):
    DAY = strawberry.enum_value("DAY", description="Each by itself.")
    WEEK = strawberry.enum_value("WEEK", description="From Monday on.")
    MONTH = strawberry.enum_value("MONTH", description="Calendar months.")
    WHOLE = strawberry.enum_value("WHOLE", description="All as one.")


@strawberry.type(
    description=(
        "Figures of some nights. A room night is sold while a confirmed, present, departed or missing guest's room "
        "takes it; revenue is the price of those nights without city tax and extras. Quotients by nothing are 0."
    )
)
class PeriodFigures:
    first_night: dt.date = strawberry.field(description="The first of the nights.")
    end_night: dt.date = strawberry.field(description="Until the day before.")
    room_type_id: strawberry.ID | None = strawberry.field(description="The room type; null for the whole house.")
    available_room_nights: int = strawberry.field(description="Capacity without rooms out of order.")
    sold_room_nights: int = strawberry.field(description="Those that were sold.")
    revenue: Money = strawberry.field(description="What the sold nights cost.")
    average_daily_rate: Money = strawberry.field(description="ADR: revenue by sold room night.")
    revenue_per_available_room: Money = strawberry.field(description="RevPAR: revenue by available room night.")
    extras_revenue: Money = strawberry.field(
        description="What the extras of the sold rooms cost, spread evenly over the nights of a stay."
    )
    occupancy_basis_points: int = strawberry.field(description="Sold by available: 10000 is full.")
    pick_up_room_nights: int = strawberry.field(description="Sold room nights that were booked since `pickUpSince`.")
    bookings: int = strawberry.field(description="Bookings that arrive, but for expired ones.")
    cancelled_bookings: int = strawberry.field(description="Those of them that were cancelled.")
    no_show_bookings: int = strawberry.field(description="Those of them that never came.")
    mean_lead_days: float = strawberry.field(description="From booking to arrival, on average of all of them.")


@strawberry.type
class HotelFigures(Node):
    """The part of Hotel that tells its hotelier how business is."""

    @strawberry.field(description="How business is, from the night of `from` to the one before `to`; for its hotelier.")
    async def figures(
        self,
        info: Info,
        from_day: Annotated[dt.date, strawberry.argument(name="from", description="The first night.")],
        to_day: Annotated[
            dt.date, strawberry.argument(name="to", description="The day after the last night; at most 366 nights.")
        ],
        period: Annotated[
            FigurePeriod, strawberry.argument(description="How nights are put together.")
        ] = FigurePeriod.WHOLE,
        by_room_type: Annotated[bool, strawberry.argument(description="Each room type by itself.")] = False,
        pick_up_since: Annotated[
            dt.datetime | None, strawberry.argument(description="Seven days ago if not given.")
        ] = None,
    ) -> list[PeriodFigures]:
        answer = await call(
            info.context.services.figures.GetFigures,
            figures_pb2.GetFiguresRequest(
                hotel_id=decode_id("Hotel", self.id, path=("id",)),
                first_night=from_day.isoformat(),
                end_night=to_day.isoformat(),
                period=figures_pb2.FigurePeriod.Value(f"FIGURE_PERIOD_{period.value}"),
                by_room_type=by_room_type,
                pick_up_since=pick_up_since.isoformat() if pick_up_since else "",
            ),
        )
        return [_figures(one) for one in answer.periods]


def _figures(message: figures_pb2.PeriodFigures) -> PeriodFigures:
    room_type_id = strawberry.ID(encode_id("RoomType", message.room_type_id)) if message.room_type_id else None
    return PeriodFigures(
        first_night=dt.date.fromisoformat(message.first_night),
        end_night=dt.date.fromisoformat(message.end_night),
        room_type_id=room_type_id,
        available_room_nights=message.available_room_nights,
        sold_room_nights=message.sold_room_nights,
        revenue=money(message.revenue),
        average_daily_rate=money(message.average_daily_rate),
        revenue_per_available_room=money(message.revenue_per_available_room),
        extras_revenue=money(message.extras_revenue),
        occupancy_basis_points=message.occupancy_basis_points,
        pick_up_room_nights=message.pick_up_room_nights,
        bookings=message.bookings,
        cancelled_bookings=message.cancelled_bookings,
        no_show_bookings=message.no_show_bookings,
        mean_lead_days=message.mean_lead_days,
    )

"""The public schema, put together from its domains: python -m api.schema prints it."""

from __future__ import annotations

import sys
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.account_access import AccountAccessMutations
from api.accounts import AccountMutations
from api.api_clients import ApiClientMutations
from api.appointment_moves import AppointmentMoveMutations, AppointmentMoveQueries
from api.appointment_status import AppointmentSubscriptions
from api.appointments import AppointmentMutations, AppointmentQueries, appointment
from api.availability_following import AvailabilitySubscriptions
from api.blocks import BlockMutations
from api.booking_moves import BookingMoveMutations, BookingMoveQueries
from api.booking_notes import BookingNoteMutations
from api.booking_status import BookingSubscriptions
from api.bookings import BookingMutations, BookingQueries, booking
from api.calendar_feeds import CalendarMutations
from api.context import Info
from api.desk_moves import DeskMoveMutations
from api.door_assignment import DoorMutations
from api.extra_editing import ExtraEditing
from api.hotel_editing import HotelEditing
from api.hotel_import import HotelImportMutations
from api.hotel_search import HotelQueries
from api.hotels import hotel
from api.inventory import InventoryMutations
from api.master_editing import MasterEditing
from api.masters import master
from api.node_ids import decode_node_id
from api.nodes import Node
from api.notification_following import NotificationSubscriptions
from api.notification_preferences import NotificationPreferenceMutations
from api.notifications import NotificationMutations
from api.payment_refresh import PaymentRefreshMutations
from api.payments import PaymentMutations
from api.price_explaining import PriceQueries
from api.price_rule_editing import PriceRuleMutations
from api.quotes import QuoteMutations, QuoteQueries, quote
from api.rate_plan_editing import RatePlanEditing
from api.rates import RateMutations
from api.recommendations import RecommendationQueries
from api.review_answers import ReviewAnswerMutations
from api.review_writing import ReviewMutations
from api.reviews import ReviewQueries, review
from api.room_editing import RoomEditing
from api.room_type_editing import RoomTypeEditing
from api.salon_day import SalonFigureQueries
from api.salon_editing import SalonEditing
from api.salon_reading import SalonQueries
from api.salon_schedule_editing import SalonScheduleEditing
from api.salon_service_editing import SalonServiceEditing
from api.salons import salon
from api.scalars import SCALARS
from api.sessions import SessionMutations
from api.slots import SlotQueries
from api.viewer import ViewerQueries
from api.waitlist import WaitlistMutations
from api.webhook_editing import WebhookMutations


@strawberry.type(description="What can be read.")
class Query(
    ViewerQueries,
    HotelQueries,
    RecommendationQueries,
    QuoteQueries,
    PriceQueries,
    BookingQueries,
    BookingMoveQueries,
    ReviewQueries,
    SalonQueries,
    AppointmentQueries,
    AppointmentMoveQueries,
    SlotQueries,
    SalonFigureQueries,
):
    @strawberry.field(description="Anything with a global id; null if it does not exist or is not yours to see.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],  # noqa: A002
    ) -> Node | None:
        kind, identifier = decode_node_id(id)
        load = info.context.load
        if kind == "Hotel" and (found_hotel := await load.hotel.load(identifier)):
            return hotel(found_hotel)
        if kind == "Quote" and (found_quote := await load.quote.load(identifier)):
            return quote(found_quote)
        if kind == "Booking" and (found_booking := await load.booking.load(identifier)):
            return booking(found_booking)
        if kind == "Review" and (found_review := await load.reviews.review.load(identifier)):
            return review(found_review)
        if kind == "Salon" and (found_salon := await load.salon.load(identifier)):
            return salon(found_salon)
        if kind == "Master" and (found_master := await load.master.load(identifier)):
            return master(found_master)
        if kind == "Appointment" and (found_appointment := await load.appointment.load(identifier)):
            return appointment(found_appointment)
        return None


@strawberry.type(description="What can be done. Every mutation answers a union: success first, then refusals.")
class Mutation(
    AccountMutations,
    AccountAccessMutations,
    SessionMutations,
    ApiClientMutations,
    QuoteMutations,
    BookingMutations,
    BookingMoveMutations,
    DeskMoveMutations,
    PaymentMutations,
    PaymentRefreshMutations,
    NotificationMutations,
    NotificationPreferenceMutations,
    InventoryMutations,
    CalendarMutations,
    HotelImportMutations,
    HotelEditing,
    RoomTypeEditing,
    RoomEditing,
    RatePlanEditing,
    ExtraEditing,
    RateMutations,
    PriceRuleMutations,
    DoorMutations,
    BookingNoteMutations,
    BlockMutations,
    WaitlistMutations,
    ReviewMutations,
    ReviewAnswerMutations,
    SalonEditing,
    MasterEditing,
    SalonServiceEditing,
    SalonScheduleEditing,
    AppointmentMutations,
    AppointmentMoveMutations,
    WebhookMutations,
):
    pass


@strawberry.type(description="What can be followed live.")
class Subscription(
    BookingSubscriptions, AppointmentSubscriptions, NotificationSubscriptions, AvailabilitySubscriptions
):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)


def sdl() -> str:
    return schema.as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(sdl())

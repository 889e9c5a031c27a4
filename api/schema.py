"""The public schema, put together from its domains: python -m api.schema prints it."""

from __future__ import annotations

import sys

import strawberry
from strawberry.schema.config import StrawberryConfig

from api.account_access import AccountAccessMutations
from api.accounts import AccountMutations
from api.api_clients import ApiClientMutations
from api.appointment_moves import AppointmentMoveMutations, AppointmentMoveQueries
from api.appointment_status import AppointmentSubscriptions
from api.appointments import AppointmentMutations, AppointmentQueries
from api.availability_following import AvailabilitySubscriptions
from api.blocks import BlockMutations
from api.booking_moves import BookingMoveMutations, BookingMoveQueries
from api.booking_notes import BookingNoteMutations
from api.booking_status import BookingSubscriptions
from api.bookings import BookingMutations, BookingQueries
from api.calendar_feeds import CalendarMutations
from api.desk_moves import DeskMoveMutations
from api.door_assignment import DoorMutations
from api.extra_editing import ExtraEditing
from api.hotel_editing import HotelEditing
from api.hotel_import import HotelImportMutations
from api.hotel_search import HotelQueries
from api.inventory import InventoryMutations
from api.master_editing import MasterEditing
from api.node_lookup import NodeQueries
from api.notification_following import NotificationSubscriptions
from api.notification_preferences import NotificationPreferenceMutations
from api.notifications import NotificationMutations
from api.payment_refresh import PaymentRefreshMutations
from api.payments import PaymentMutations
from api.price_explaining import PriceQueries
from api.price_rule_editing import PriceRuleMutations
from api.quotes import QuoteMutations, QuoteQueries
from api.rate_plan_editing import RatePlanEditing
from api.rates import RateMutations
from api.recommendations import RecommendationQueries
from api.review_answers import ReviewAnswerMutations
from api.review_writing import ReviewMutations
from api.reviews import ReviewQueries
from api.room_editing import RoomEditing
from api.room_type_editing import RoomTypeEditing
from api.salon_day import SalonFigureQueries
from api.salon_editing import SalonEditing
from api.salon_reading import SalonQueries
from api.salon_schedule_editing import SalonScheduleEditing
from api.salon_service_editing import SalonServiceEditing
from api.scalars import SCALARS
from api.sessions import SessionMutations
from api.slots import SlotQueries
from api.viewer import ViewerQueries
from api.waitlist import WaitlistMutations
from api.webhook_editing import WebhookMutations


@strawberry.type(description="What can be read.")
class Query(
    NodeQueries,
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
    pass


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

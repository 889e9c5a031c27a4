"""The signed-in person, and what belongs to them."""

from __future__ import annotations

import enum
from typing import Annotated, Any

import strawberry

from api.api_client_list import ViewerApiClients
from api.appointments import ViewerAppointments
from api.bookings import Booking, BookingFilterInput, booking, stay_time
from api.context import Info
from api.hotels import Hotel, hotel
from api.node_ids import encode_id
from api.notification_preferences import ViewerPreferences
from api.notifications import Notification, notification
from api.paging import Connection, at_least_one, edges, page_info
from api.reviews import ViewerReviews
from api.salon_reading import ViewerSalons
from api.scalars import EmailAddress
from api.session_list import ViewerSessions
from api.waitlist import ViewerWaitlist
from api.webhook_endpoints import ViewerWebhooks
from contracts.auth.v1 import auth_pb2
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.identity import current_caller


@strawberry.enum(description="What kind of account it is.")
class Role(enum.Enum):
    GUEST = strawberry.enum_value("GUEST", description="Books stays and appointments.")
    HOTELIER = strawberry.enum_value("HOTELIER", description="Runs houses and salons.")
    MASTER = strawberry.enum_value("MASTER", description="Works at a salon.")
    ADMIN = strawberry.enum_value("ADMIN", description="Runs the platform.")


_First = Annotated[int, strawberry.argument(description="1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]


@strawberry.type(description="The signed-in person.")
class Viewer(
    ViewerSessions,
    ViewerApiClients,
    ViewerAppointments,
    ViewerSalons,
    ViewerWaitlist,
    ViewerReviews,
    ViewerWebhooks,
    ViewerPreferences,
):
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    name: str = strawberry.field(description="Name.")
    role: Role = strawberry.field(description="What kind of account it is.")
    locale: str = strawberry.field(description="The language we write in: en, fr or ru.")
    email_verified: bool = strawberry.field(description="Whether the mail to the address was answered.")
    phone: str | None = strawberry.field(description="Telephone number as E.164 writes it.")
    time_zone: str | None = strawberry.field(description="IANA time zone; null: that of each house.")

    @strawberry.field(description="Your bookings, newest first.")
    async def bookings(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002
            BookingFilterInput | None, strawberry.argument(description="Which ones.")
        ] = None,
        first: _First = 20,
        after: _After = None,
    ) -> Connection[Booking]:
        states = [
            booking_pb2.BookingState.Value(f"BOOKING_STATE_{state.value}")
            for state in (filter.states if filter else None) or []
        ]
        response = await call(
            info.context.services.bookings.ListBookings,
            booking_pb2.ListBookingsRequest(
                states=states,
                time=stay_time(filter.time if filter else None),
                first=at_least_one(first),
                after=after or "",
            ),
        )
        return Connection(
            edges=edges([booking(found) for found in response.bookings], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )

    @strawberry.field(description="What the platform told you, newest first.")
    async def notifications(
        self,
        info: Info,
        unread_only: Annotated[bool, strawberry.argument(description="Leave read ones out.")] = False,
        first: _First = 20,
        after: _After = None,
    ) -> Connection[Notification]:
        response = await call(
            info.context.services.notifications.ListNotifications,
            notification_pb2.ListNotificationsRequest(
                unread_only=unread_only, first=at_least_one(first), after=after or ""
            ),
        )
        return Connection(
            edges=edges([notification(found) for found in response.notifications], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )

    @strawberry.field(description="How many notifications you have not read.")
    async def unread_notifications(self, info: Info) -> int:
        response = await call(info.context.services.notifications.CountUnread, notification_pb2.CountUnreadRequest())
        return response.unread

    @strawberry.field(description="The houses you own, by name; none unless you are a hotelier.")
    async def hotels(self, info: Info, first: _First = 20, after: _After = None) -> Connection[Hotel]:
        if self.role is not Role.HOTELIER:
            return Connection(edges=[], page_info=page_info([], has_next_page=False, after=after))
        response = await call(
            info.context.services.hotels.ListOwnHotels,
            hotel_pb2.ListOwnHotelsRequest(first=at_least_one(first), after=after or ""),
        )
        return Connection(
            edges=edges([hotel(found) for found in response.hotels], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="The signed-in person; null when nobody is.")
    async def viewer(self, info: Info) -> Viewer | None:
        if not current_caller().signed_in:
            return None
        return viewer(await call(info.context.services.auth.GetAccount, auth_pb2.GetAccountRequest()))


def viewer(message: auth_pb2.Account) -> Viewer:
    return Viewer(**account_facts(message))


def account_facts(message: auth_pb2.Account) -> dict[str, Any]:
    """What an account and the viewer have in common."""
    return {
        "id": strawberry.ID(encode_id("Account", message.id)),
        "email": EmailAddress(message.email),
        "name": message.name,
        "role": Role(auth_pb2.Role.Name(message.role).removeprefix("ROLE_")),
        "locale": message.locale,
        "email_verified": message.email_verified,
        "phone": message.phone or None,
        "time_zone": message.time_zone or None,
    }

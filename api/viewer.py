"""The signed-in person: account, session, and what belongs to them."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any

import strawberry

from api.appointments import ViewerAppointments
from api.bookings import Booking, BookingFilterInput, booking, stay_time
from api.context import Info
from api.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidInput,
    NotFound,
    NotPermitted,
    RefusalsAsResults,
)
from api.hotels import Hotel, hotel
from api.node_ids import decode_id, encode_id
from api.notification_preferences import ViewerPreferences
from api.notifications import Notification, notification
from api.paging import Connection, at_least_one, edges, page_info
from api.permissions import Demands, Permission
from api.reviews import ViewerReviews
from api.salon_reading import ViewerSalons
from api.scalars import EmailAddress
from api.waitlist import ViewerWaitlist
from api.webhook_endpoints import ViewerWebhooks
from contracts.auth.v1 import auth_pb2
from contracts.booking.v1 import booking_pb2
from contracts.hotel.v1 import hotel_pb2
from contracts.notification.v1 import notification_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import current_caller, set_current_caller


@strawberry.enum(description="What kind of account it is.")
class Role(enum.Enum):
    GUEST = "GUEST"
    HOTELIER = "HOTELIER"
    MASTER = "MASTER"
    ADMIN = "ADMIN"


_First = Annotated[int, strawberry.argument(description="1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="A cursor of this list.")]


@strawberry.type(description="The signed-in person.")
class Viewer(ViewerAppointments, ViewerSalons, ViewerWaitlist, ViewerReviews, ViewerWebhooks, ViewerPreferences):
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    name: str = strawberry.field(description="Name.")
    role: Role = strawberry.field(description="What kind of account it is.")
    locale: str = strawberry.field(description="The language we write in: en, fr or ru.")

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


@strawberry.type(description="An account, without what belongs to it: sign in and ask `viewer` for that.")
class Account:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    name: str = strawberry.field(description="Name.")
    role: Role = strawberry.field(description="What kind of account it is.")
    locale: str = strawberry.field(description="The language we write in: en, fr or ru.")


@strawberry.input(description="A new account.")
class AccountRegisterInput:
    email: EmailAddress = strawberry.field(description="E-mail address; one account each.")
    password: str = strawberry.field(description="10 to 128 characters, not one of the common ones.")
    name: str = strawberry.field(description="1 to 120 characters.")
    role: Role = strawberry.field(default=Role.GUEST, description="GUEST or HOTELIER.")
    locale: str = strawberry.field(default="en", description="The language we shall write in: en, fr or ru.")


@strawberry.type(description="The account exists; sign in with `sessionCreate`.")
class AccountRegistered:
    account: Account = strawberry.field(description="The account.")


AccountRegisterResult = Annotated[
    AccountRegistered | EmailTaken | InvalidInput,
    strawberry.union("AccountRegisterResult", description="An account, or why there is none."),
]


@strawberry.input(description="Whom to sign in.")
class SessionCreateInput:
    email: EmailAddress = strawberry.field(description="The account's address.")
    password: str = strawberry.field(description="Its password.")


@strawberry.input(description="Which session to go on with.")
class SessionRefreshInput:
    refresh_token: str = strawberry.field(description="The newest refresh token; it works once.")


@strawberry.input(description="Which session to end.")
class SessionRevokeInput:
    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of your sessions; the one you are using if left out."
    )


@strawberry.type(description="You are signed in: send `Authorization: Bearer` with the access token.")
class SessionCreated:
    access_token: str = strawberry.field(description="A JWT that lives ten minutes.")
    access_expires_at: dt.datetime = strawberry.field(description="When it ends.")
    refresh_token: str = strawberry.field(description="Gets new tokens once, by `sessionRefresh`.")
    refresh_expires_at: dt.datetime = strawberry.field(description="When it ends.")
    viewer: Viewer = strawberry.field(description="Who is signed in.")


@strawberry.type(description="The session is over.")
class SessionRevoked:
    session_id: strawberry.ID = strawberry.field(description="The session that ended.")


SessionCreateResult = Annotated[
    SessionCreated | InvalidCredentials | InvalidInput,
    strawberry.union("SessionCreateResult", description="A session, or why there is none."),
]
SessionRefreshResult = Annotated[
    SessionCreated | NotPermitted | InvalidInput,
    strawberry.union("SessionRefreshResult", description="New tokens, or why there are none."),
]
SessionRevokeResult = Annotated[
    SessionRevoked | NotFound | NotPermitted | InvalidInput,
    strawberry.union("SessionRevokeResult", description="Done, or why not."),
]


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="The signed-in person; null when nobody is.")
    async def viewer(self, info: Info) -> Viewer | None:
        if not current_caller().signed_in:
            return None
        return viewer(await call(info.context.services.auth.GetAccount, auth_pb2.GetAccountRequest()))


@strawberry.type
class ViewerMutations:
    @strawberry.mutation(
        description="Makes an account for a guest or a hotelier.",
        extensions=[Demands(Permission.ANYONE), RefusalsAsResults()],
    )
    async def account_register(
        self,
        info: Info,
        input: Annotated[AccountRegisterInput, strawberry.argument(description="The account.")],  # noqa: A002
    ) -> AccountRegisterResult:
        request = auth_pb2.RegisterRequest(
            email=input.email,
            password=input.password,
            name=input.name,
            role=auth_pb2.Role.Value(f"ROLE_{input.role.value}"),
            locale=input.locale,
        )
        return AccountRegistered(account=account(await call(info.context.services.auth.Register, request, token="")))

    @strawberry.mutation(description="Signs in.", extensions=[Demands(Permission.ANYONE), RefusalsAsResults()])
    async def session_create(
        self,
        info: Info,
        input: Annotated[SessionCreateInput, strawberry.argument(description="Who.")],  # noqa: A002
    ) -> SessionCreateResult:
        request = auth_pb2.CreateSessionRequest(
            email=input.email, password=input.password, device=info.context.user_agent[:200]
        )
        return await _session(info, await call(info.context.services.auth.CreateSession, request, token=""))

    @strawberry.mutation(
        description="Exchanges a refresh token for new tokens.",
        extensions=[Demands(Permission.ANYONE), RefusalsAsResults()],
    )
    async def session_refresh(
        self,
        info: Info,
        input: Annotated[SessionRefreshInput, strawberry.argument(description="Which session.")],  # noqa: A002
    ) -> SessionRefreshResult:
        request = auth_pb2.RefreshSessionRequest(refresh_token=input.refresh_token)
        return await _session(info, await call(info.context.services.auth.RefreshSession, request, token=""))

    @strawberry.mutation(
        description="Ends a session of yours.", extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()]
    )
    async def session_revoke(
        self,
        info: Info,
        input: Annotated[SessionRevokeInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> SessionRevokeResult:
        session_id = decode_id("Session", input.session_id, path=("sessionId",)) if input.session_id else ""
        request = auth_pb2.RevokeSessionRequest(session_id=session_id)
        response = await call(info.context.services.auth.RevokeSession, request)
        return SessionRevoked(session_id=strawberry.ID(encode_id("Session", response.session_id)))


def account(message: auth_pb2.Account) -> Account:
    return Account(**_facts(message))


def viewer(message: auth_pb2.Account) -> Viewer:
    return Viewer(**_facts(message))


def _facts(message: auth_pb2.Account) -> dict[str, Any]:
    """What an account and the viewer have in common."""
    return {
        "id": strawberry.ID(encode_id("Account", message.id)),
        "email": EmailAddress(message.email),
        "name": message.name,
        "role": Role(auth_pb2.Role.Name(message.role).removeprefix("ROLE_")),
        "locale": message.locale,
    }


async def _session(info: Info, tokens: auth_pb2.SessionTokens) -> SessionCreated:
    """What is asked below `viewer` is asked in the name of the person who has just signed in."""
    set_current_caller(await info.context.services.verifier.verify(tokens.access_token))
    return SessionCreated(
        access_token=tokens.access_token,
        access_expires_at=from_timestamp(tokens.access_expires_at),
        refresh_token=tokens.refresh_token,
        refresh_expires_at=from_timestamp(tokens.refresh_expires_at),
        viewer=viewer(tokens.account),
    )

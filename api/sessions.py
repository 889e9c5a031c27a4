"""Signing in, going on, signing out."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import InvalidCredentials, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, TooManyAttempts
from api.node_ids import decode_id, encode_id
from api.permissions import PASSWORD_COST, Demands, Permission
from api.refresh_cookie import check_cookie_can_be_set, forget_refresh_token, keep_refresh_token, refresh_token_of
from api.scalars import EmailAddress
from api.viewer import Viewer, viewer
from contracts.auth.v1 import auth_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import current_caller, set_current_caller


@strawberry.enum(description="Where a refresh token is handed over.")
class RefreshTokenPlace(enum.Enum):
    BODY = strawberry.enum_value("BODY", description="In the answer, for programs that keep it themselves.")
    COOKIE = strawberry.enum_value(
        "COOKIE", description="In a cookie that no script can read, for browsers. Over HTTP only."
    )


@strawberry.input(description="Whom to sign in.")
class SessionCreateInput:
    email: EmailAddress = strawberry.field(description="The account's address.")
    password: str = strawberry.field(description="Its password.")
    refresh_token_in: RefreshTokenPlace = strawberry.field(
        default=RefreshTokenPlace.BODY, description="Where the refresh token is handed over."
    )


@strawberry.input(description="Which session to go on with.")
class SessionRefreshInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="The newest refresh token; it works once. Left out: the one in the cookie."
    )


@strawberry.input(description="Which session to end.")
class SessionRevokeInput:
    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of your sessions; the one you are using if left out."
    )


@strawberry.type(description="You are signed in: send `Authorization: Bearer` with the access token.")
class SessionCreated:
    access_token: str = strawberry.field(description="A JWT that lives ten minutes.")
    access_expires_at: dt.datetime = strawberry.field(description="When it ends.")
    refresh_token: str = strawberry.field(
        description="Gets new tokens once, by `sessionRefresh`. Empty when it went into the cookie."
    )
    refresh_expires_at: dt.datetime = strawberry.field(description="When it ends.")
    viewer: Viewer = strawberry.field(description="Who is signed in.")


@strawberry.type(description="The session is over.")
class SessionRevoked:
    session_id: strawberry.ID = strawberry.field(description="The session that ended.")


@strawberry.type(description="Your other sessions are over.")
class OtherSessionsRevoked:
    revoked: int = strawberry.field(description="How many they were.")


SessionCreateResult = Annotated[
    SessionCreated | InvalidCredentials | TooManyAttempts | InvalidInput,
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
SessionsRevokeOthersResult = Annotated[
    OtherSessionsRevoked | NotPermitted,
    strawberry.union("SessionsRevokeOthersResult", description="Done, or why not."),
]


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        description="Signs in. After five attempts that failed the next ones have to wait.",
        extensions=[Demands(Permission.ANYONE, cost=PASSWORD_COST), RefusalsAsResults()],
    )
    async def session_create(
        self,
        info: Info,
        input: Annotated[SessionCreateInput, strawberry.argument(description="Who.")],  # noqa: A002
    ) -> SessionCreateResult:
        if input.refresh_token_in is RefreshTokenPlace.COOKIE:
            check_cookie_can_be_set(info, "refreshTokenIn")
        request = auth_pb2.CreateSessionRequest(
            email=input.email,
            password=input.password,
            device=info.context.user_agent[:200],
            address=info.context.address,
        )
        tokens = await call(info.context.services.auth.CreateSession, request, token="")
        return await _session(info, tokens, input.refresh_token_in)

    @strawberry.mutation(
        description="Exchanges a refresh token for new tokens.",
        extensions=[Demands(Permission.ANYONE), RefusalsAsResults()],
    )
    async def session_refresh(
        self,
        info: Info,
        input: Annotated[SessionRefreshInput, strawberry.argument(description="Which session.")],  # noqa: A002
    ) -> SessionRefreshResult:
        place, presented = RefreshTokenPlace.BODY, input.refresh_token
        if presented is None:
            check_cookie_can_be_set(info, "refreshToken")
            place, presented = RefreshTokenPlace.COOKIE, refresh_token_of(info)
        request = auth_pb2.RefreshSessionRequest(refresh_token=presented)
        return await _session(info, await call(info.context.services.auth.RefreshSession, request, token=""), place)

    @strawberry.mutation(
        description="Ends a session of yours, its subscriptions within five seconds.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def session_revoke(
        self,
        info: Info,
        input: Annotated[SessionRevokeInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> SessionRevokeResult:
        session_id = decode_id("Session", input.session_id, path=("sessionId",)) if input.session_id else ""
        request = auth_pb2.RevokeSessionRequest(session_id=session_id)
        response = await call(info.context.services.auth.RevokeSession, request)
        if response.session_id == current_caller().session_id:
            forget_refresh_token(info)
        return SessionRevoked(session_id=strawberry.ID(encode_id("Session", response.session_id)))

    @strawberry.mutation(
        description="Ends every session of yours but the one you are using.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def sessions_revoke_others(self, info: Info) -> SessionsRevokeOthersResult:
        response = await call(info.context.services.auth.RevokeOtherSessions, auth_pb2.RevokeOtherSessionsRequest())
        return OtherSessionsRevoked(revoked=response.revoked)


async def _session(info: Info, tokens: auth_pb2.SessionTokens, place: RefreshTokenPlace) -> SessionCreated:
    """What is asked below `viewer` is asked in the name of the person who has just signed in."""
    set_current_caller(await info.context.services.verifier.verify(tokens.access_token))
    refresh_expires_at = from_timestamp(tokens.refresh_expires_at)
    in_cookie = place is RefreshTokenPlace.COOKIE
    if in_cookie:
        keep_refresh_token(info, tokens.refresh_token, refresh_expires_at)
    return SessionCreated(
        access_token=tokens.access_token,
        access_expires_at=from_timestamp(tokens.access_expires_at),
        refresh_token="" if in_cookie else tokens.refresh_token,
        refresh_expires_at=refresh_expires_at,
        viewer=viewer(tokens.account),
    )

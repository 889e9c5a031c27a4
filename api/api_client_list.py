"""The systems of the signed-in hotelier."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

import strawberry

from api.context import Info
from api.node_ids import encode_id
from api.paging import Connection, at_least_one, edges, page_info
from contracts.access.v1 import access_pb2
from contracts.auth.v1 import api_client_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.identity import Role, current_caller


@strawberry.enum(description="What a system of yours may do in your name; in tokens it is written `read:bookings`.")
class ApiScope(enum.Enum):
    READ_HOTELS = strawberry.enum_value("READ_HOTELS", description="Your houses, also unpublished, and their doors.")
    WRITE_HOTELS = strawberry.enum_value("WRITE_HOTELS", description="Edit houses, room types and doors.")
    READ_RATES = strawberry.enum_value("READ_RATES", description="The calendar of prices, and price rules.")
    WRITE_RATES = strawberry.enum_value("WRITE_RATES", description="Prices, price rules, rate plans and extras.")
    READ_INVENTORY = strawberry.enum_value("READ_INVENTORY", description="Rooms night by night, blocks and calendars.")
    WRITE_INVENTORY = strawberry.enum_value("WRITE_INVENTORY", description="Close nights, block rooms, calendars.")
    READ_BOOKINGS = strawberry.enum_value("READ_BOOKINGS", description="Bookings, the room plan and figures.")
    WRITE_BOOKINGS = strawberry.enum_value("WRITE_BOOKINGS", description="What the front desk does with bookings.")
    READ_APPOINTMENTS = strawberry.enum_value("READ_APPOINTMENTS", description="Appointments of your salons.")
    WRITE_APPOINTMENTS = strawberry.enum_value("WRITE_APPOINTMENTS", description="Confirm, move and end appointments.")


@strawberry.type(description="A secret that works now; what it is was told once.")
class ApiClientSecret:
    hint: str = strawberry.field(description="Its last four characters.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    expires_at: dt.datetime | None = strawberry.field(description="When it ends; null: when it is rotated or revoked.")


@strawberry.type(description="A system of yours, which signs in by OAuth 2.0 client credentials at `/oauth/token`.")
class ApiClient:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    client_id: str = strawberry.field(description="OAuth's client_id.")
    name: str = strawberry.field(description="What you call it.")
    scopes: list[ApiScope] = strawberry.field(description="What it may do.")
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    last_used_at: dt.datetime | None = strawberry.field(description="When it last got a token; null: never.")
    revoked_at: dt.datetime | None = strawberry.field(description="When it was revoked; null: it works.")
    secrets: list[ApiClientSecret] = strawberry.field(description="Its secrets that work now, newest first.")


@strawberry.type
class ViewerApiClients:
    """A part of the type Viewer."""

    @strawberry.field(description="Your own systems, newest first, revoked ones too; none unless you are a hotelier.")
    async def api_clients(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[ApiClient]:
        if current_caller().role is not Role.HOTELIER:
            return Connection(edges=[], page_info=page_info([], has_next_page=False, after=after))
        request = api_client_pb2.ListApiClientsRequest(first=at_least_one(first), after=after or "")
        response = await call(info.context.services.api_clients.ListApiClients, request)
        return Connection(
            edges=edges([api_client(found) for found in response.clients], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def api_client(message: api_client_pb2.ApiClient) -> ApiClient:
    return ApiClient(
        id=strawberry.ID(encode_id("ApiClient", message.id)),
        client_id=message.id,
        name=message.name,
        scopes=[ApiScope[access_pb2.Scope.Name(scope).removeprefix("SCOPE_")] for scope in message.scopes],
        created_at=from_timestamp(message.created_at),
        last_used_at=from_timestamp(message.last_used_at) if message.HasField("last_used_at") else None,
        revoked_at=from_timestamp(message.revoked_at) if message.HasField("revoked_at") else None,
        secrets=[
            ApiClientSecret(
                hint=secret.hint,
                created_at=from_timestamp(secret.created_at),
                expires_at=from_timestamp(secret.expires_at) if secret.HasField("expires_at") else None,
            )
            for secret in message.secrets
        ],
    )

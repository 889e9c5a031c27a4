"""The sessions of the signed-in person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.node_ids import encode_id
from api.paging import Connection, at_least_one, edges, page_info
from contracts.auth.v1 import auth_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.type(description="One sign-in on one device.")
class Session:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    device: str = strawberry.field(description="What the device calls itself.")
    created_at: dt.datetime = strawberry.field(description="When it was signed in.")
    last_seen_at: dt.datetime = strawberry.field(description="When it last got an access token.")
    current: bool = strawberry.field(description="Whether it is the one you are using now.")


@strawberry.type
class ViewerSessions:
    """A part of the type Viewer."""

    @strawberry.field(description="Your sessions that live, the newest seen first.")
    async def sessions(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[Session]:
        request = auth_pb2.ListSessionsRequest(first=at_least_one(first), after=after or "")
        response = await call(info.context.services.auth.ListSessions, request)
        return Connection(
            edges=edges([session(found) for found in response.sessions], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def session(message: auth_pb2.Session) -> Session:
    return Session(
        id=strawberry.ID(encode_id("Session", message.id)),
        device=message.device,
        created_at=from_timestamp(message.created_at),
        last_seen_at=from_timestamp(message.last_seen_at),
        current=message.current,
    )

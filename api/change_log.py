"""The audit log of a house: who changed what, when, from what to what."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from api.context import Info
from api.node_ids import decode_id, decode_node_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from contracts.hotel.v1 import hotel_pb2
from runtime.channels import call
from runtime.clock import from_timestamp

# Columns that hold the id of something else, and of what.
_REFERENCES = {"room_type_id": "RoomType", "derived_from_id": "RatePlan", "rate_plan_id": "RatePlan"}
_OF_THE_HOUSE = "Rates"  # nights have no id of their own


@strawberry.enum(description="What happened to something of a house.")
class ChangeAction(enum.Enum):
    CREATED = strawberry.enum_value("CREATED", description="It is new.")
    UPDATED = strawberry.enum_value("UPDATED", description="Facts of it were changed.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Everybody sees it since.")
    UNPUBLISHED = strawberry.enum_value("UNPUBLISHED", description="It became a draft again.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="It was taken off sale for good.")
    DELETED = strawberry.enum_value("DELETED", description="It is gone.")
    IMPORTED = strawberry.enum_value("IMPORTED", description="It came with an uploaded list.")


@strawberry.enum(description="What was changed.")
class ChangeSubject(enum.Enum):
    HOTEL = strawberry.enum_value("HOTEL", description="The house itself.")
    ROOM_TYPE = strawberry.enum_value("ROOM_TYPE", description="A room type.")
    RATE_PLAN = strawberry.enum_value("RATE_PLAN", description="A rate plan.")
    ROOM = strawberry.enum_value("ROOM", description="A numbered room.")
    PRICE_RULE = strawberry.enum_value("PRICE_RULE", description="A price rule.")
    EXTRA = strawberry.enum_value("EXTRA", description="An extra.")
    RATES = strawberry.enum_value("RATES", description="Prices and restrictions of nights.")


@strawberry.type(description="One fact that a change made another.")
class ChangedField:
    name: str = strawberry.field(description="Which fact.")
    before: JSON | None = strawberry.field(description="What it was; null if nothing.")
    after: JSON | None = strawberry.field(description="What it became; null if nothing.")


@strawberry.type(description="An entry of the audit log of a house. Entries are never changed.")
class Change(Node):
    subject: ChangeSubject = strawberry.field(description="What kind of thing was changed.")
    subject_id: strawberry.ID = strawberry.field(description="Which one; the house itself for prices of nights.")
    action: ChangeAction = strawberry.field(description="What happened to it.")
    actor_id: strawberry.ID = strawberry.field(description="The account of who did it.")
    actor_role: str = strawberry.field(description="Their role when they did it.")
    at: dt.datetime = strawberry.field(description="When.")
    request_id: str = strawberry.field(description="The request that did it, as our logs name it.")
    fields: list[ChangedField] = strawberry.field(description="What differs.")


@strawberry.type
class HotelChanges(Node):
    """The part of Hotel that tells its history."""

    @strawberry.field(description="What was changed of it, newest first; for its hotelier only.")
    async def changes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
        subject_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only what happened to this one of its things.")
        ] = None,
    ) -> Connection[Change] | None:
        request = hotel_pb2.ListChangesRequest(
            hotel_id=decode_id("Hotel", self.id, path=("id",)),
            first=at_least_one(first),
            after=after or "",
            subject_id=decode_node_id(subject_id, path=("subjectId",))[1] if subject_id else "",
        )
        response = await call(info.context.services.hotels.ListChanges, request)
        return Connection(
            edges=edges([change(found) for found in response.changes], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def change(message: hotel_pb2.Change) -> Change:
    kind = message.subject_kind
    before, after = (orjson.loads(text) if text else {} for text in (message.before_json, message.after_json))
    return Change(
        id=strawberry.ID(encode_id("Change", message.id)),
        subject=ChangeSubject["".join(f"_{c}" if c.isupper() else c for c in kind).upper().lstrip("_")],
        subject_id=strawberry.ID(encode_id("Hotel" if kind == _OF_THE_HOUSE else kind, message.subject_id)),
        action=ChangeAction(message.action.upper()),
        actor_id=strawberry.ID(encode_id("Account", message.actor_id)),
        actor_role=message.actor_role,
        at=from_timestamp(message.at),
        request_id=message.request_id,
        fields=[
            ChangedField(
                name=to_camel_case(name),
                before=_shown(name, before.get(name)),
                after=_shown(name, after.get(name)),
            )
            for name in {**before, **after}
        ],
    )


def _shown(name: str, value: Any) -> Any:
    """As the rest of the schema shows it: ids opaque, names in camel case."""
    if name in _REFERENCES and value:
        return encode_id(_REFERENCES[name], value)
    if isinstance(value, dict):
        return {to_camel_case(key): _shown(key, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shown(name, part) for part in value]
    return value

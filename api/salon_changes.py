"""The audit log of a salon: who changed what, when, from what to what."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated, Any

import orjson
import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.change_log import ChangedField
from api.context import Info
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.paging import Connection, at_least_one, edges, page_info
from contracts.salon.v1 import salon_pb2
from runtime.channels import call
from runtime.clock import from_timestamp

# What rows call things, and the public schema's name of their ids.
_KINDS = {"Salon": "Salon", "Master": "Master", "Service": "SalonService"}
_REFERENCES = {"hotel_id": "Hotel", "master_id": "Master", "account_id": "Account"}
_OURS = frozenset({"city_key"})  # follows from another field


@strawberry.enum(description="What happened to something of a salon.")
class SalonChangeAction(enum.Enum):
    CREATED = strawberry.enum_value("CREATED", description="It is new.")
    UPDATED = strawberry.enum_value("UPDATED", description="Facts of it were changed.")
    PUBLISHED = strawberry.enum_value("PUBLISHED", description="Everybody sees it since.")
    UNPUBLISHED = strawberry.enum_value("UNPUBLISHED", description="It became a draft again.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="It is no longer offered, for good.")
    INVITED = strawberry.enum_value("INVITED", description="A code was made that lets somebody join as the master.")
    JOINED = strawberry.enum_value("JOINED", description="Somebody became the master.")


@strawberry.enum(description="What of a salon was changed.")
class SalonChangeSubject(enum.Enum):
    SALON = strawberry.enum_value("SALON", description="The salon itself.")
    MASTER = strawberry.enum_value("MASTER", description="A master.")
    SERVICE = strawberry.enum_value("SERVICE", description="A service.")
    SCHEDULE = strawberry.enum_value("SCHEDULE", description="Hours and kept time of a master, or of the salon.")


@strawberry.type(description="An entry of the audit log of a salon. Entries are never changed.")
class SalonChange:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    subject: SalonChangeSubject = strawberry.field(description="What kind of thing was changed.")
    subject_id: strawberry.ID = strawberry.field(description="Which one; for a schedule, whose it is.")
    action: SalonChangeAction = strawberry.field(description="What happened to it.")
    actor_id: strawberry.ID = strawberry.field(description="The account of who did it.")
    actor_role: str = strawberry.field(description="Their role when they did it.")
    at: dt.datetime = strawberry.field(description="When.")
    request_id: str = strawberry.field(description="The request that did it, as our logs name it.")
    fields: list[ChangedField] = strawberry.field(description="What differs.")


@strawberry.type
class SalonHistory(Node):
    """The part of Salon that tells its history."""

    @strawberry.field(description="What was changed of it, newest first; for its hotelier only.")
    async def changes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="A cursor of this list.")] = None,
    ) -> Connection[SalonChange] | None:
        salon_id = decode_id("Salon", self.id, path=("id",))
        request = salon_pb2.ListSalonChangesRequest(salon_id=salon_id, first=at_least_one(first), after=after or "")
        response = await call(info.context.services.salons.ListSalonChanges, request)
        return Connection(
            edges=edges([_change(found, salon_id) for found in response.changes], response.cursors),
            page_info=page_info(response.cursors, has_next_page=response.has_next_page, after=after),
        )


def _change(message: salon_pb2.SalonChange, salon_id: str) -> SalonChange:
    whose = "Salon" if message.subject_id == salon_id else "Master"
    before, after = (orjson.loads(text) if text else {} for text in (message.before, message.after))
    return SalonChange(
        id=strawberry.ID(encode_id("SalonChange", message.id)),
        subject=SalonChangeSubject(message.subject_kind.upper()),
        subject_id=strawberry.ID(encode_id(_KINDS.get(message.subject_kind, whose), message.subject_id)),
        action=SalonChangeAction(message.action.upper()),
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
            if name not in _OURS
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

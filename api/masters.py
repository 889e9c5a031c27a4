"""Masters in the public schema: who works at a salon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.context import Info
from api.hotels import RatingSummary
from api.node_ids import decode_id, encode_id
from api.nodes import Node
from api.photos import Photo, photos
from api.reviews import Reviewed
from api.salon_schedules import (
    FirstDay,
    From,
    LastDay,
    SalonSchedule,
    TimeBlock,
    To,
    read_schedule,
    read_time_blocks,
)
from contracts.salon.v1 import salon_pb2
from runtime.identity import current_caller

if TYPE_CHECKING:
    from api.salons import Salon

LazySalon = Annotated["Salon", strawberry.lazy("api.salons")]


@strawberry.type(description="Somebody who works at a salon.")
class Master(Reviewed, Node):
    salon_id: strawberry.ID = strawberry.field(description="The salon.")
    name: str = strawberry.field(description="Their name.")
    title: str | None = strawberry.field(description="What they are.")
    about: str | None = strawberry.field(description="What they say of themselves; lines end with a line feed.")
    specialities: list[str] = strawberry.field(description="What they are best at.")
    languages: list[str] = strawberry.field(description="Languages they speak, as BCP 47: en, pt-BR.")
    photo: Photo | None = strawberry.field(description="A photo of them.")
    portfolio_links: list[str] = strawberry.field(description="Https links to their work.")
    rating: RatingSummary = strawberry.field(description="What clients make of them.")
    joined: bool = strawberry.field(description="Whether somebody signs in as this master.")
    is_viewer: bool = strawberry.field(description="Whether this is you.")
    archived: bool = strawberry.field(description="Whether they work there no more.")
    version: int = strawberry.field(
        description="Moves with every edit of the profile; name it as `expectedVersion` when you edit."
    )

    @strawberry.field(description="The salon; null if it is not yours to see.")
    async def salon(self, info: Info) -> LazySalon | None:
        from api.salons import salon  # which knows its masters, and so cannot be known to them from the start

        found = await info.context.load.salon.load(decode_id("Salon", self.salon_id, path=("salonId",)))
        return salon(found) if found else None

    @strawberry.field(description="When the master works, while the salon is open; null once they are archived.")
    async def schedule(self, info: Info, first_day: FirstDay, last_day: LastDay) -> SalonSchedule | None:
        return None if self.archived else await read_schedule(info, *_ids(self), first_day, last_day)

    @strawberry.field(description="Time they keep for something else, by start; for themselves and their hotelier.")
    async def time_blocks(self, info: Info, begin: From, to: To) -> list[TimeBlock] | None:
        return await read_time_blocks(info, *_ids(self), begin, to)


def master(message: salon_pb2.Master) -> Master:
    account_id = str(current_caller().account_id)
    return Master(
        id=strawberry.ID(encode_id("Master", message.id)),
        salon_id=strawberry.ID(encode_id("Salon", message.salon_id)),
        name=message.name,
        title=message.title or None,
        about=message.about or None,
        specialities=list(message.specialities),
        languages=list(message.languages),
        photo=photos([message.photo])[0] if message.HasField("photo") else None,
        portfolio_links=list(message.portfolio_links),
        rating=RatingSummary(
            count=message.rating.count,
            mean=message.rating.mean_hundredths / 100 if message.rating.count else None,
        ),
        joined=bool(message.account_id),
        is_viewer=current_caller().signed_in and message.account_id == account_id,
        archived=message.archived,
        version=message.version,
    )


def _ids(master: Master) -> tuple[str, str]:
    return decode_id("Salon", master.salon_id, path=("salonId",)), decode_id("Master", master.id, path=("id",))

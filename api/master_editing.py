"""Making, editing and archiving masters, and how a person becomes one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults, VersionConflict
from api.masters import Master, master
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from api.photos import PhotoInput, photo_messages
from api.written_fields import Readers, all_fields, given_fields, merged
from contracts.salon.v1 import salon_pb2
from runtime.channels import call
from runtime.clock import from_timestamp
from runtime.errors import NotFound as NotFoundError


@strawberry.input(description="Somebody new who works at a salon of yours.")
class MasterCreateInput:
    salon_id: strawberry.ID = strawberry.field(description="The salon, which has up to 60.")
    name: str = strawberry.field(description="1 to 120 characters.")
    title: str | None = strawberry.field(default=None, description="What they are, up to 120 characters.")
    about: str | None = strawberry.field(default=None, description="Up to 3000 characters, several lines.")
    specialities: list[str] = strawberry.field(
        default_factory=list, description="Up to 20, each of 1 to 60 characters."
    )
    languages: list[str] = strawberry.field(
        default_factory=list, description="Languages they speak, as BCP 47: en, pt-BR. Up to 20."
    )
    photo: PhotoInput | None = strawberry.field(default=None, description="A photo of them.")
    portfolio_links: list[str] = strawberry.field(
        default_factory=list, description="Https links to their work, up to 20."
    )


@strawberry.input(description="What to change of a master's profile. What is left out stays; null clears.")
class MasterUpdateInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    expected_version: int = strawberry.field(description="Their `version` as you saw it.")
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    title: strawberry.Maybe[str | None] = strawberry.field(description="What they are, up to 120 characters.")
    about: strawberry.Maybe[str | None] = strawberry.field(description="Up to 3000 characters, several lines.")
    specialities: strawberry.Maybe[list[str] | None] = strawberry.field(description="All of them.")
    languages: strawberry.Maybe[list[str] | None] = strawberry.field(description="As BCP 47, all of them.")
    photo: strawberry.Maybe[PhotoInput | None] = strawberry.field(description="A photo of them.")
    portfolio_links: strawberry.Maybe[list[str] | None] = strawberry.field(description="All of them.")


@strawberry.input(description="A master who works there no more.")
class MasterArchiveInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")
    expected_version: int = strawberry.field(description="Their `version` as you saw it.")


@strawberry.input(description="Whom somebody shall become.")
class MasterInviteInput:
    master_id: strawberry.ID = strawberry.field(description="The master.")


@strawberry.input(description="An invitation to accept.")
class MasterInvitationAcceptInput:
    invitation_code: str = strawberry.field(description="As the salon gave it to you.")


@strawberry.type(description="The master works there.")
class MasterCreated:
    master: Master = strawberry.field(description="The master.")


@strawberry.type(description="The profile was changed.")
class MasterUpdated:
    master: Master = strawberry.field(description="As it is now.")


@strawberry.type(description="The master works there no more, and offers nothing.")
class MasterArchived:
    master: Master = strawberry.field(description="As they are now.")


@strawberry.type(description="Whoever enters the code becomes the master.")
class MasterInvited:
    invitation_code: str = strawberry.field(description="Told this once. It works once; a newer one ends it.")
    expires_at: dt.datetime = strawberry.field(description="When it ends.")


@strawberry.type(description="You are this master now.")
class MasterInvitationAccepted:
    master: Master = strawberry.field(description="The master.")


MasterCreateResult = Annotated[
    MasterCreated | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterCreateResult", description="The master, or why there is none."),
]
MasterUpdateResult = Annotated[
    MasterUpdated | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterUpdateResult", description="The master, or why nothing was changed."),
]
MasterArchiveResult = Annotated[
    MasterArchived | VersionConflict | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterArchiveResult", description="The master, or why they are not archived."),
]
MasterInviteResult = Annotated[
    MasterInvited | IllegalState | NotFound | NotPermitted | InvalidInput,
    strawberry.union("MasterInviteResult", description="A code, or why there is none."),
]
MasterInvitationAcceptResult = Annotated[
    MasterInvitationAccepted | NotPermitted | InvalidInput,
    strawberry.union("MasterInvitationAcceptResult", description="The master you are, or why not."),
]


@strawberry.type
class MasterEditing:
    @strawberry.mutation(
        description="Adds a master to a salon of yours. Write their hours, and services that they offer.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_create(
        self,
        info: Info,
        input: Annotated[MasterCreateInput, strawberry.argument(description="The master.")],  # noqa: A002
    ) -> MasterCreateResult:
        request = salon_pb2.CreateMasterRequest(
            salon_id=decode_id("Salon", input.salon_id, path=("salonId",)),
            fields=salon_pb2.MasterFields(**all_fields(input, _READERS)),
        )
        created = await call(info.context.services.salons.CreateMaster, request)
        _forget(info)
        return MasterCreated(master=master(created))

    @strawberry.mutation(
        description="Changes a master's profile; for themselves and their hotelier.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_update(
        self,
        info: Info,
        input: Annotated[MasterUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> MasterUpdateResult:
        master_id = decode_id("Master", input.master_id, path=("masterId",))
        fields = given_fields(input, _READERS, required={"name"})
        known = await info.context.load.master.load(master_id)
        if known is None:
            raise NotFoundError("There is no such master.", path=("masterId",))
        request = salon_pb2.UpdateMasterRequest(
            id=master_id, expected_version=input.expected_version, fields=merged(_fields_of(known), fields)
        )
        updated = await call(info.context.services.salons.UpdateMaster, request)
        _forget(info)
        return MasterUpdated(master=master(updated))

    @strawberry.mutation(
        description="Takes a master out of a salon of yours; only once no appointments of theirs are to come.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_archive(
        self,
        info: Info,
        input: Annotated[MasterArchiveInput, strawberry.argument(description="Who.")],  # noqa: A002
    ) -> MasterArchiveResult:
        request = salon_pb2.ArchiveMasterRequest(
            id=decode_id("Master", input.master_id, path=("masterId",)), expected_version=input.expected_version
        )
        archived = await call(info.context.services.salons.ArchiveMaster, request)
        _forget(info)
        return MasterArchived(master=master(archived))

    @strawberry.mutation(
        description="Makes a code that lets somebody sign in as a master of yours; it works for 14 days.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_invite(
        self,
        info: Info,
        input: Annotated[MasterInviteInput, strawberry.argument(description="Who.")],  # noqa: A002
    ) -> MasterInviteResult:
        request = salon_pb2.InviteMasterRequest(master_id=decode_id("Master", input.master_id, path=("masterId",)))
        invited = await call(info.context.services.salons.InviteMaster, request)
        return MasterInvited(invitation_code=invited.code, expires_at=from_timestamp(invited.expires_at))

    @strawberry.mutation(
        description="Makes you the master whom a salon invited.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def master_invitation_accept(
        self,
        info: Info,
        input: Annotated[MasterInvitationAcceptInput, strawberry.argument(description="The code.")],  # noqa: A002
    ) -> MasterInvitationAcceptResult:
        request = salon_pb2.AcceptInvitationRequest(code=input.invitation_code)
        accepted = await call(info.context.services.salons.AcceptInvitation, request)
        _forget(info)
        return MasterInvitationAccepted(master=master(accepted))


def _forget(info: Info) -> None:
    """What this request read of masters before it changed one."""
    info.context.load.master.clear_all()
    info.context.load.salon.clear_all()
    info.context.load.salons_of_hotel.clear_all()


def _fields_of(message: salon_pb2.Master) -> salon_pb2.MasterFields:
    fields = salon_pb2.MasterFields(
        name=message.name,
        title=message.title,
        about=message.about,
        specialities=message.specialities,
        languages=message.languages,
        portfolio_links=message.portfolio_links,
    )
    if message.HasField("photo"):
        fields.photo.CopyFrom(message.photo)
    return fields


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "title": lambda value: {"title": value or ""},
    "about": lambda value: {"about": value or ""},
    "specialities": lambda value: {"specialities": value or []},
    "languages": lambda value: {"languages": value or []},
    "photo": lambda value: {"photo": photo_messages([value])[0] if value else None},
    "portfolio_links": lambda value: {"portfolio_links": value or []},
}

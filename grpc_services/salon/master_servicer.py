"""The use cases of masters: their profiles, and how a person becomes one."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

import grpc

from contracts.salon.v1 import salon_pb2
from grpc_services.salon import (
    catalogue,
    change_log,
    editing,
    events,
    master_fields,
    master_queries,
    master_time_queries,
    messages,
    policies,
    salon_queries,
)
from grpc_services.salon.salon_servicer import parse_ids
from runtime.clock import to_timestamp
from runtime.database import Connection, Database, Record
from runtime.errors import InvalidInput
from runtime.identifiers import new_id, parse_id
from runtime.identity import current_caller, require_account

Context = grpc.aio.ServicerContext[Any, Any]
MOST_MASTERS = 60
INVITATION_LIVES = dt.timedelta(days=14)
_LONGEST_CODE = 100


class MasterMethods:
    """A part of SalonServicer, which gives it the database and the clock."""

    _database: Database
    _now: Callable[[], dt.datetime]

    async def GetMasters(self, request: salon_pb2.GetMastersRequest, context: Context) -> salon_pb2.GetMastersResponse:
        caller = current_caller()
        ids = parse_ids(request.ids)
        async with self._database.reading() as connection:
            rows = await master_queries.seen_masters(
                connection, ids, reader_id=caller.account_id, of_anybody=policies.sees_every_salon(caller)
            )
        return salon_pb2.GetMastersResponse(masters=map(messages.master_message, rows))

    async def CreateMaster(self, request: salon_pb2.CreateMasterRequest, context: Context) -> salon_pb2.Master:
        caller = policies.require_editor()
        salon_id = parse_id(request.salon_id, path=("salonId",))
        values = master_fields.master_values(request.fields)
        async with self._database.transaction() as connection:
            salon = await editing.lock_open_salon(connection, caller, salon_id)
            if len(await master_queries.at_work(connection, salon_id)) >= MOST_MASTERS:
                raise InvalidInput(f"A salon has at most {MOST_MASTERS} masters.", path=("salonId",))
            row = await master_queries.append(connection, salon_id, values | {"id": new_id()})
            await _record(connection, row, "created", before=None, after=_facts(row))
            await events.publish_salon_changed(connection, salon, row["id"])
        return messages.master_message(row)

    async def UpdateMaster(self, request: salon_pb2.UpdateMasterRequest, context: Context) -> salon_pb2.Master:
        caller = require_account()
        after = master_fields.master_values(request.fields)
        async with self._database.transaction() as connection:
            salon, row = await editing.lock_master(connection, caller, request.id, by_themselves=True)
            editing.check_version(row["version"], request.expected_version)
            before = _facts(row)
            if after != before:
                row = await master_queries.save(connection, row["id"], after)
                await _record(connection, row, "updated", before=before, after=after)
                await events.publish_salon_changed(connection, salon, row["id"])
        return messages.master_message(row)

    async def ArchiveMaster(self, request: salon_pb2.ArchiveMasterRequest, context: Context) -> salon_pb2.Master:
        caller = policies.require_editor()
        async with self._database.transaction() as connection:
            salon, row = await editing.lock_master(connection, caller, request.id, by_themselves=False)
            editing.check_version(row["version"], request.expected_version)
            await master_time_queries.lock_masters(connection, [row["id"]])
            await catalogue.refuse_while_to_come(connection, [row["id"]], self._now(), state="IN_USE")
            row = await master_queries.archive(connection, row["id"])
            await _record(connection, row, "archived", before={"archived": False}, after={"archived": True})
            await events.publish_salon_changed(connection, salon, row["id"])
        return messages.master_message(row)

    async def InviteMaster(
        self, request: salon_pb2.InviteMasterRequest, context: Context
    ) -> salon_pb2.InviteMasterResponse:
        caller = policies.require_editor()
        code = secrets.token_urlsafe()
        expires_at = self._now() + INVITATION_LIVES
        async with self._database.transaction() as connection:
            salon, row = await editing.lock_master(connection, caller, request.master_id, by_themselves=False)
            row = await master_queries.invite(connection, row["id"], _hashed(code), expires_at)
            after = {"invitation_expires_at": expires_at.isoformat()}
            await _record(connection, row, "invited", before={}, after=after)
            await events.publish_salon_changed(connection, salon, row["id"])
        return salon_pb2.InviteMasterResponse(code=code, expires_at=to_timestamp(expires_at))

    async def AcceptInvitation(self, request: salon_pb2.AcceptInvitationRequest, context: Context) -> salon_pb2.Master:
        caller = require_account()
        hashed = _hashed(request.code.strip()[:_LONGEST_CODE])
        async with self._database.transaction() as connection:
            found = await master_queries.invited_as(connection, hashed)
            salon = await salon_queries.lock_salon(connection, found["salon_id"]) if found else None
            row = await master_queries.invited_as(connection, hashed)
            if salon is None or row is None or salon["state"] == "ARCHIVED" or row["archived"]:
                raise _no_invitation()
            if row["invitation_expires_at"] <= self._now():
                raise _no_invitation()
            colleagues = await master_queries.at_work(connection, salon["id"])
            if any(one["account_id"] == caller.account_id and one["id"] != row["id"] for one in colleagues):
                raise InvalidInput("You are a master of this salon already.", path=("invitationCode",))
            before = {"account_id": row["account_id"]}
            row = await master_queries.join(connection, row["id"], caller.account_id)
            await _record(connection, row, "joined", before=before, after={"account_id": row["account_id"]})
            await events.publish_salon_changed(connection, salon, row["id"])
        return messages.master_message(row)


def _hashed(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _no_invitation() -> InvalidInput:
    return InvalidInput(
        "This code is not valid, or not any more; ask the salon for a new one.", path=("invitationCode",)
    )


async def _record(
    connection: Connection, row: Record, action: str, *, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    await change_log.record_change(connection, row["salon_id"], "Master", row["id"], action, before=before, after=after)


def _facts(row: Record) -> dict[str, Any]:
    return {name: row[name] for name in master_queries.WRITTEN}

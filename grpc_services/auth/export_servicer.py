"""Tickets that open a person's own data once, for a browser that can send no header along."""

from __future__ import annotations

import secrets

import grpc

from contracts.auth.v1 import account_pb2
from grpc_services.auth import account_queries
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.mail_tokens import token_hash
from runtime.clock import to_timestamp
from runtime.database import Database
from runtime.errors import NotFound, Unauthenticated
from runtime.identifiers import parse_id
from runtime.identity import Role, require_account


class ExportMethods:
    _database: Database
    _tokens: AccessTokens

    async def CreateExportTicket(
        self,
        request: account_pb2.CreateExportTicketRequest,
        context: grpc.aio.ServicerContext[account_pb2.CreateExportTicketRequest, account_pb2.ExportTicket],
    ) -> account_pb2.ExportTicket:
        caller = require_account()
        secret = secrets.token_urlsafe(32)
        async with self._database.transaction() as connection:
            expires_at = await account_queries.ADD_TICKET.fetch_value(
                connection,
                hash=token_hash(secret),
                session_id=parse_id(caller.session_id, path=("sessionId",)),
                account_id=caller.account_id,
            )
        if expires_at is None:
            raise Unauthenticated("This session is over; please sign in again.")
        return account_pb2.ExportTicket(secret=secret, expires_at=to_timestamp(expires_at))

    async def RedeemExportTicket(
        self,
        request: account_pb2.RedeemExportTicketRequest,
        context: grpc.aio.ServicerContext[
            account_pb2.RedeemExportTicketRequest, account_pb2.RedeemExportTicketResponse
        ],
    ) -> account_pb2.RedeemExportTicketResponse:
        async with self._database.transaction() as connection:
            session = await account_queries.USE_TICKET.fetch_row(connection, hash=token_hash(request.secret))
        if session is None:
            raise NotFound("There is no such document.")
        token = self._tokens.for_session(session["account_id"], Role(session["role"]), session["session_id"])
        return account_pb2.RedeemExportTicketResponse(access_token=token.text)

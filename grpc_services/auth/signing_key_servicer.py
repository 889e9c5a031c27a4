"""What operators do with the keys that sign access tokens."""

from __future__ import annotations

import datetime as dt

import grpc
import structlog

from contracts.auth.v1 import signing_key_pb2, signing_key_pb2_grpc
from grpc_services.auth.signing_keys import PUBLISH_AHEAD, KeyOnShow, Retiring, SigningKeys
from runtime.clock import to_timestamp
from runtime.errors import IllegalState, NotFound, PermissionDenied
from runtime.identity import Role, require_role

log = structlog.get_logger()

OPERATOR = "operator"


class SigningKeyServicer(signing_key_pb2_grpc.SigningKeyServiceServicer):
    def __init__(self, keys: SigningKeys, *, soon: dt.timedelta, settled: dt.timedelta) -> None:
        """`soon` is longer than anybody goes without reading the published keys, and `settled` longer than our own
        processes keep a token that another key signed."""
        self._keys = keys
        self._soon = soon
        self._settled = settled

    async def ListSigningKeys(
        self,
        request: signing_key_pb2.ListSigningKeysRequest,
        context: grpc.aio.ServicerContext[
            signing_key_pb2.ListSigningKeysRequest, signing_key_pb2.ListSigningKeysResponse
        ],
    ) -> signing_key_pb2.ListSigningKeysResponse:
        _require_operator()
        return signing_key_pb2.ListSigningKeysResponse(keys=map(_message, await self._keys.on_show()))

    async def RotateSigningKey(
        self,
        request: signing_key_pb2.RotateSigningKeyRequest,
        context: grpc.aio.ServicerContext[signing_key_pb2.RotateSigningKeyRequest, signing_key_pb2.SigningKey],
    ) -> signing_key_pb2.SigningKey:
        _require_operator()
        kid = await self._keys.rotate(publish_ahead=self._soon if request.soon else PUBLISH_AHEAD)
        await self._keys.load()
        return next(_message(key) for key in await self._keys.on_show() if key.kid == kid)

    async def RetireSigningKey(
        self,
        request: signing_key_pb2.RetireSigningKeyRequest,
        context: grpc.aio.ServicerContext[
            signing_key_pb2.RetireSigningKeyRequest, signing_key_pb2.RetireSigningKeyResponse
        ],
    ) -> signing_key_pb2.RetireSigningKeyResponse:
        _require_operator()
        published = {key.kid: key for key in await self._keys.on_show()}
        if request.kid not in published:
            raise NotFound("No such key is published.", path=("kid",))
        match await self._keys.retire(request.kid, settled=self._settled):
            case Retiring.SIGNS:
                raise IllegalState("This key signs; rotate first.", path=("kid",), details={"state": "SIGNING"})
            case Retiring.TOO_SOON:
                raise IllegalState(
                    "Our own processes still hold tokens of this key; try again in two minutes.",
                    path=("kid",),
                    details={"state": "TOO_SOON"},
                )
        await self._keys.load()
        log.warning("signing_key.retired", kid=request.kid)
        return signing_key_pb2.RetireSigningKeyResponse(kid=request.kid)


def _require_operator() -> None:
    """The other processes of ours have no business with keys, and whoever took one over must not have any either."""
    if require_role(Role.SYSTEM).process != OPERATOR:
        raise PermissionDenied("Only operators may do this.")


def _message(key: KeyOnShow) -> signing_key_pb2.SigningKey:
    return signing_key_pb2.SigningKey(
        kid=key.kid,
        state=signing_key_pb2.SigningKeyState.Value(f"SIGNING_KEY_STATE_{key.state.value}"),
        created_at=to_timestamp(key.created_at),
        signs_from=to_timestamp(key.signs_from),
        published_until=to_timestamp(key.published_until) if key.published_until else None,
    )

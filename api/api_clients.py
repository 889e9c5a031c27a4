"""Letting a hotelier's own systems in, and out again."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.api_client_list import ApiClient, ApiScope, api_client
from api.context import Info
from api.errors import IllegalState, InvalidInput, NotFound, NotPermitted, RefusalsAsResults
from api.node_ids import decode_id
from api.permissions import Demands, Permission
from contracts.access.v1 import access_pb2
from contracts.auth.v1 import api_client_pb2
from runtime.channels import call
from runtime.errors import InvalidInput as InvalidField

_LONGEST_OVERLAP_HOURS = 168


@strawberry.input(description="A system that shall come in your name.")
class ApiClientCreateInput:
    name: str = strawberry.field(description="What you call it, 1 to 80 characters.")
    scopes: list[ApiScope] = strawberry.field(description="What it may do, and nothing else.")


@strawberry.input(description="Which system gets a new secret.")
class ApiClientSecretRotateInput:
    client_id: strawberry.ID = strawberry.field(description="The client's opaque id.")
    overlap_hours: int = strawberry.field(
        default=24, description="How long its older secrets still work: 0 to 168 hours."
    )


@strawberry.input(description="Which system may no longer come.")
class ApiClientRevokeInput:
    client_id: strawberry.ID = strawberry.field(description="The client's opaque id.")


@strawberry.type(description="The system can come.")
class ApiClientCreated:
    client: ApiClient = strawberry.field(description="The system.")
    secret: str = strawberry.field(description="OAuth's client_secret. It is told this once, and kept by us hashed.")


@strawberry.type(description="The system has another secret.")
class ApiClientSecretRotated:
    client: ApiClient = strawberry.field(description="The system.")
    secret: str = strawberry.field(description="OAuth's client_secret. It is told this once, and kept by us hashed.")


@strawberry.type(description="The system may no longer come; its tokens are refused from now on.")
class ApiClientRevoked:
    client: ApiClient = strawberry.field(description="The system.")


ApiClientCreateResult = Annotated[
    ApiClientCreated | IllegalState | NotPermitted | InvalidInput,
    strawberry.union(
        "ApiClientCreateResult",
        description="The system, or why not; UNVERIFIED: verify your address first.",
    ),
]
ApiClientSecretRotateResult = Annotated[
    ApiClientSecretRotated | NotFound | IllegalState | NotPermitted | InvalidInput,
    strawberry.union("ApiClientSecretRotateResult", description="A new secret, or why there is none."),
]
ApiClientRevokeResult = Annotated[
    ApiClientRevoked | NotFound | NotPermitted | InvalidInput,
    strawberry.union("ApiClientRevokeResult", description="Done, or why not."),
]


@strawberry.type
class ApiClientMutations:
    @strawberry.mutation(
        description="Lets a system of yours in, by OAuth 2.0. For hoteliers with a verified address.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def api_client_create(
        self,
        info: Info,
        input: Annotated[ApiClientCreateInput, strawberry.argument(description="The system.")],  # noqa: A002
    ) -> ApiClientCreateResult:
        request = api_client_pb2.CreateApiClientRequest(
            name=input.name, scopes=[access_pb2.Scope.Value(f"SCOPE_{scope.value}") for scope in input.scopes]
        )
        made = await call(info.context.services.api_clients.CreateApiClient, request)
        return ApiClientCreated(client=api_client(made.client), secret=made.secret)

    @strawberry.mutation(
        description="Makes another secret for a system of yours; the older ones work on for a while.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def api_client_secret_rotate(
        self,
        info: Info,
        input: Annotated[ApiClientSecretRotateInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> ApiClientSecretRotateResult:
        if not 0 <= input.overlap_hours <= _LONGEST_OVERLAP_HOURS:
            raise InvalidField(f"0 to {_LONGEST_OVERLAP_HOURS} hours.", path=("overlapHours",))
        request = api_client_pb2.RotateApiClientSecretRequest(
            client_id=decode_id("ApiClient", input.client_id, path=("clientId",)),
            overlap_seconds=input.overlap_hours * 3600,
        )
        made = await call(info.context.services.api_clients.RotateApiClientSecret, request)
        return ApiClientSecretRotated(client=api_client(made.client), secret=made.secret)

    @strawberry.mutation(
        description="Revokes a system of yours for good.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def api_client_revoke(
        self,
        info: Info,
        input: Annotated[ApiClientRevokeInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> ApiClientRevokeResult:
        request = api_client_pb2.RevokeApiClientRequest(
            client_id=decode_id("ApiClient", input.client_id, path=("clientId",))
        )
        revoked = await call(info.context.services.api_clients.RevokeApiClient, request)
        return ApiClientRevoked(client=api_client(revoked))

"""One's own account: registering, its profile, deleting it, and everything that is known of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import strawberry

from api.account_deletion import check_nothing_is_left
from api.context import Info
from api.errors import (
    EmailTaken,
    IllegalState,
    InvalidCredentials,
    InvalidInput,
    NotPermitted,
    RefusalsAsResults,
    TooManyAttempts,
)
from api.node_ids import encode_id
from api.permissions import PASSWORD_COST, Demands, Permission
from api.refresh_cookie import forget_refresh_token
from api.scalars import EmailAddress
from api.viewer import Role, Viewer, account_facts, viewer
from api.written_fields import Readers, given_fields
from contracts.auth.v1 import account_pb2, auth_pb2
from runtime.channels import call
from runtime.clock import from_timestamp


@strawberry.type(description="An account, without what belongs to it: sign in and ask `viewer` for that.")
class Account:
    id: strawberry.ID = strawberry.field(description="Opaque id.")
    email: EmailAddress = strawberry.field(description="E-mail address.")
    name: str = strawberry.field(description="Name.")
    role: Role = strawberry.field(description="What kind of account it is.")
    locale: str = strawberry.field(description="The language we write in: en, fr or ru.")
    email_verified: bool = strawberry.field(description="Whether the mail to the address was answered.")
    phone: str | None = strawberry.field(description="Telephone number as E.164 writes it.")
    time_zone: str | None = strawberry.field(description="IANA time zone; null: that of each house.")


@strawberry.input(description="A new account.")
class AccountRegisterInput:
    email: EmailAddress = strawberry.field(description="E-mail address; one account each.")
    password: str = strawberry.field(description="10 to 128 characters, not one of the common ones.")
    name: str = strawberry.field(description="1 to 120 characters.")
    role: Role = strawberry.field(default=Role.GUEST, description="GUEST or HOTELIER.")
    locale: str = strawberry.field(default="en", description="The language we shall write in: en, fr or ru.")


@strawberry.type(description="The account exists; sign in with `sessionCreate`. A mail verifies the address.")
class AccountRegistered:
    account: Account = strawberry.field(description="The account.")


@strawberry.input(description="Changes of your profile; what is absent stays as it is.")
class AccountUpdateInput:
    name: strawberry.Maybe[str | None] = strawberry.field(description="1 to 120 characters.")
    locale: strawberry.Maybe[str | None] = strawberry.field(description="en, fr or ru.")
    phone: strawberry.Maybe[str | None] = strawberry.field(description="As E.164 writes it, +33123456789; null: none.")
    time_zone: strawberry.Maybe[str | None] = strawberry.field(
        description="IANA, such as Europe/Paris; null: that of each house."
    )


@strawberry.type(description="Your profile is changed.")
class AccountUpdated:
    viewer: Viewer = strawberry.field(description="You, as you are now.")


@strawberry.input(description="Deleting your account needs your password.")
class AccountDeleteInput:
    password: str = strawberry.field(description="Your password.")


@strawberry.type(description="The account is gone, and you are signed out everywhere.")
class AccountDeleted:
    account_id: strawberry.ID = strawberry.field(description="The account that was.")


@strawberry.type(description="Where all that is known of you can be fetched, once.")
class AccountExported:
    url: str = strawberry.field(description="A JSON file. It works once, without a login: keep it to yourself.")
    expires_at: dt.datetime = strawberry.field(description="When the address ends.")


AccountRegisterResult = Annotated[
    AccountRegistered | EmailTaken | InvalidInput | TooManyAttempts,
    strawberry.union("AccountRegisterResult", description="An account, or why there is none."),
]
AccountUpdateResult = Annotated[
    AccountUpdated | NotPermitted | InvalidInput,
    strawberry.union("AccountUpdateResult", description="Done, or why not."),
]
AccountDeleteResult = Annotated[
    AccountDeleted | InvalidCredentials | TooManyAttempts | IllegalState | NotPermitted,
    strawberry.union("AccountDeleteResult", description="Done, or why not."),
]
AccountExportResult = Annotated[
    AccountExported | NotPermitted,
    strawberry.union("AccountExportResult", description="An address, or why there is none."),
]


@strawberry.type
class AccountMutations:
    @strawberry.mutation(
        description=(
            "Makes an account for a guest or a hotelier. From where many addresses were tried that are taken, the next "
            "attempts have to wait."
        ),
        extensions=[Demands(Permission.ANYONE, cost=PASSWORD_COST), RefusalsAsResults()],
    )
    async def account_register(
        self,
        info: Info,
        input: Annotated[AccountRegisterInput, strawberry.argument(description="The account.")],  # noqa: A002
    ) -> AccountRegisterResult:
        request = auth_pb2.RegisterRequest(
            email=input.email,
            password=input.password,
            name=input.name,
            role=auth_pb2.Role.Value(f"ROLE_{input.role.value}"),
            locale=input.locale,
            address=info.context.address,
        )
        made = await call(info.context.services.auth.Register, request, token="")
        await info.context.services.jobs.send_account_mails()
        return AccountRegistered(account=Account(**account_facts(made)))

    @strawberry.mutation(
        description="Changes your profile.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def account_update(
        self,
        info: Info,
        input: Annotated[AccountUpdateInput, strawberry.argument(description="The changes.")],  # noqa: A002
    ) -> AccountUpdateResult:
        request = account_pb2.UpdateAccountRequest(**given_fields(input, _READERS, required={"name", "locale"}))
        return AccountUpdated(viewer=viewer(await call(info.context.services.accounts.UpdateAccount, request)))

    @strawberry.mutation(
        description=(
            "Deletes your account and what we know of you. Hotels keep past bookings in their books without your "
            "name. Refused while bookings or appointments are ahead of you, or houses are yours."
        ),
        extensions=[Demands(Permission.SIGNED_IN, cost=PASSWORD_COST), RefusalsAsResults()],
    )
    async def account_delete(
        self,
        info: Info,
        input: Annotated[AccountDeleteInput, strawberry.argument(description="Your password.")],  # noqa: A002
    ) -> AccountDeleteResult:
        await check_nothing_is_left(info.context.services)
        request = account_pb2.DeleteAccountRequest(password=input.password)
        gone = await call(info.context.services.accounts.DeleteAccount, request)
        forget_refresh_token(info)
        await info.context.services.jobs.send_account_mails()
        return AccountDeleted(account_id=strawberry.ID(encode_id("Account", gone.account_id)))

    @strawberry.mutation(
        description=(
            "Everything that is known of you, as one JSON file: profile, sessions, bookings, appointments, reviews and "
            "notifications."
        ),
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def account_export(self, info: Info) -> AccountExportResult:
        services = info.context.services
        ticket = await call(services.accounts.CreateExportTicket, account_pb2.CreateExportTicketRequest())
        return AccountExported(
            url=f"{services.public_url}/account/export/{ticket.secret}",
            expires_at=from_timestamp(ticket.expires_at),
        )


_READERS: Readers = {
    "name": lambda value: {"name": value},
    "locale": lambda value: {"locale": value},
    "phone": lambda value: {"phone": value or ""},
    "time_zone": lambda value: {"time_zone": value or ""},
}

"""What opens an account: its address, its password, and the mails that change them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.context import Info
from api.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidInput,
    NotPermitted,
    RefusalsAsResults,
    TokenSpent,
    TooManyAttempts,
)
from api.permissions import PASSWORD_COST, Demands, Permission
from api.scalars import EmailAddress
from api.viewer import Viewer, viewer
from contracts.auth.v1 import account_pb2
from runtime.channels import call


@strawberry.input(description="The token of a mail.")
class AccountEmailVerifyInput:
    token: str = strawberry.field(description="As the link in the mail has it.")


@strawberry.type(description="The address is verified.")
class AccountEmailVerified:
    done: bool = strawberry.field(default=True, description="True.")


@strawberry.type(description="A mail is on its way, if there is anything to send.")
class AccountMailAsked:
    address: EmailAddress = strawberry.field(description="Where it goes.")


@strawberry.input(description="A new address for your account.")
class AccountEmailChangeInput:
    new_email: EmailAddress = strawberry.field(description="It counts once the mail to it is answered.")
    password: str = strawberry.field(description="Your password.")


@strawberry.input(description="A new password for your account.")
class AccountPasswordChangeInput:
    password: str = strawberry.field(description="Your password until now.")
    new_password: str = strawberry.field(description="10 to 128 characters, not one of the common ones.")


@strawberry.type(description="The password is changed, and your other sessions have ended.")
class AccountPasswordChanged:
    viewer: Viewer = strawberry.field(description="You.")


@strawberry.input(description="Whose password is lost.")
class AccountPasswordResetRequestInput:
    email: EmailAddress = strawberry.field(description="The account's address.")


@strawberry.input(description="A new password, by the token of a mail.")
class AccountPasswordResetInput:
    token: str = strawberry.field(description="As the link in the mail has it.")
    new_password: str = strawberry.field(description="10 to 128 characters, not one of the common ones.")


@strawberry.type(description="The password is set, and every session has ended; sign in with `sessionCreate`.")
class AccountPasswordWasReset:
    done: bool = strawberry.field(default=True, description="True.")


AccountVerificationSendResult = Annotated[
    AccountMailAsked | NotPermitted,
    strawberry.union("AccountVerificationSendResult", description="Done, or why not."),
]
AccountEmailVerifyResult = Annotated[
    AccountEmailVerified | TokenSpent | EmailTaken | InvalidInput,
    strawberry.union("AccountEmailVerifyResult", description="Done, or why not."),
]
AccountEmailChangeResult = Annotated[
    AccountMailAsked | InvalidCredentials | TooManyAttempts | NotPermitted | InvalidInput,
    strawberry.union("AccountEmailChangeResult", description="A mail goes to the new address, or why not."),
]
AccountPasswordChangeResult = Annotated[
    AccountPasswordChanged | InvalidCredentials | TooManyAttempts | NotPermitted | InvalidInput,
    strawberry.union("AccountPasswordChangeResult", description="Done, or why not."),
]
AccountPasswordResetRequestResult = Annotated[
    AccountMailAsked | TooManyAttempts | InvalidInput,
    strawberry.union(
        "AccountPasswordResetRequestResult", description="The same whether there is such an account or not."
    ),
]
AccountPasswordResetResult = Annotated[
    AccountPasswordWasReset | TokenSpent | InvalidInput,
    strawberry.union("AccountPasswordResetResult", description="Done, or why not."),
]


@strawberry.type
class AccountAccessMutations:
    @strawberry.mutation(
        description="Sends another mail that verifies your address.",
        extensions=[Demands(Permission.SIGNED_IN), RefusalsAsResults()],
    )
    async def account_verification_send(self, info: Info) -> AccountVerificationSendResult:
        asked = await call(info.context.services.accounts.SendVerification, account_pb2.SendVerificationRequest())
        return await _mail_asked(info, asked)

    @strawberry.mutation(
        description="Verifies an address by the token of a mail: a first one, or the one you change to.",
        extensions=[Demands(Permission.ANYONE), RefusalsAsResults()],
    )
    async def account_email_verify(
        self,
        info: Info,
        input: Annotated[AccountEmailVerifyInput, strawberry.argument(description="The token.")],  # noqa: A002
    ) -> AccountEmailVerifyResult:
        request = account_pb2.VerifyEmailRequest(token=input.token)
        await call(info.context.services.accounts.VerifyEmail, request, token="")
        await info.context.services.jobs.send_account_mails()
        return AccountEmailVerified()

    @strawberry.mutation(
        description="Asks for another address. A mail to it confirms it; the old one is told then.",
        extensions=[Demands(Permission.SIGNED_IN, cost=PASSWORD_COST), RefusalsAsResults()],
    )
    async def account_email_change(
        self,
        info: Info,
        input: Annotated[AccountEmailChangeInput, strawberry.argument(description="The address.")],  # noqa: A002
    ) -> AccountEmailChangeResult:
        request = account_pb2.ChangeEmailRequest(password=input.password, new_email=input.new_email)
        return await _mail_asked(info, await call(info.context.services.accounts.ChangeEmail, request))

    @strawberry.mutation(
        description="Changes your password and ends your other sessions.",
        extensions=[Demands(Permission.SIGNED_IN, cost=PASSWORD_COST), RefusalsAsResults()],
    )
    async def account_password_change(
        self,
        info: Info,
        input: Annotated[AccountPasswordChangeInput, strawberry.argument(description="Old and new.")],  # noqa: A002
    ) -> AccountPasswordChangeResult:
        request = account_pb2.ChangePasswordRequest(password=input.password, new_password=input.new_password)
        changed = await call(info.context.services.accounts.ChangePassword, request)
        await info.context.services.jobs.send_account_mails()
        return AccountPasswordChanged(viewer=viewer(changed))

    @strawberry.mutation(
        description="Asks for a mail by which a lost password is replaced.",
        extensions=[Demands(Permission.ANYONE), RefusalsAsResults()],
    )
    async def account_password_reset_request(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            AccountPasswordResetRequestInput, strawberry.argument(description="Whose.")
        ],
    ) -> AccountPasswordResetRequestResult:
        request = account_pb2.RequestPasswordResetRequest(email=input.email, address=info.context.address)
        asked = await call(info.context.services.accounts.RequestPasswordReset, request, token="")
        return await _mail_asked(info, asked)

    @strawberry.mutation(
        description="Sets a new password by the token of a mail, and ends every session.",
        extensions=[Demands(Permission.ANYONE, cost=PASSWORD_COST), RefusalsAsResults()],
    )
    async def account_password_reset(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            AccountPasswordResetInput, strawberry.argument(description="The token and the password.")
        ],
    ) -> AccountPasswordResetResult:
        request = account_pb2.ResetPasswordRequest(token=input.token, new_password=input.new_password)
        await call(info.context.services.accounts.ResetPassword, request, token="")
        await info.context.services.jobs.send_account_mails()
        return AccountPasswordWasReset()


async def _mail_asked(info: Info, asked: account_pb2.MailAsked) -> AccountMailAsked:
    await info.context.services.jobs.send_account_mails()
    return AccountMailAsked(address=EmailAddress(asked.address))

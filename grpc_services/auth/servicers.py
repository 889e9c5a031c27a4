"""The gRPC services of auth that are put together of several use cases."""

from __future__ import annotations

from email.utils import parseaddr

from contracts.auth.v1 import account_pb2_grpc
from grpc_services.auth.access_tokens import AccessTokens
from grpc_services.auth.account_mail_servicer import AccountMailMethods
from grpc_services.auth.account_servicer import AccountMethods
from grpc_services.auth.export_servicer import ExportMethods
from grpc_services.auth.mail_tokens import MailTokens
from grpc_services.auth.mails import Mails
from grpc_services.auth.passwords import Passwords
from grpc_services.auth.sign_in_delays import SignInDelays
from runtime.database import Database
from runtime.settings import AuthSettings


class AccountServicer(AccountMethods, AccountMailMethods, ExportMethods, account_pb2_grpc.AccountServiceServicer):
    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        tokens: AccessTokens,
        mail_tokens: MailTokens,
        delays: SignInDelays,
        settings: AuthSettings,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._tokens = tokens
        self._mail_tokens = mail_tokens
        self._mails = Mails(mail_tokens)
        self._delays = delays
        self._public_url = settings.public_url.rstrip("/")
        self._mail_domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]

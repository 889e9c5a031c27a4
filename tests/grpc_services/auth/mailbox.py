"""Account mails as a worker claims them, for the tests of this folder."""

from __future__ import annotations

import re

from contracts.auth.v1 import account_pb2, account_pb2_grpc
from runtime.channels import call
from tests.house import service_token

_TOKEN = re.compile(r"token=([A-Za-z0-9_-]+)")


class Mailbox:
    """Claims every mail that is due and keeps it, as other tests of the process may be waiting for theirs."""

    def __init__(self, accounts: account_pb2_grpc.AccountServiceAsyncStub, auth_address: str) -> None:
        self._accounts = accounts
        self._auth_address = auth_address
        self.mails: list[account_pb2.AccountMail] = []

    async def to(self, address: str) -> list[account_pb2.AccountMail]:
        """Every mail to an address so far, the oldest first."""
        token = await service_token(self._auth_address)
        while True:
            claimed = await call(
                self._accounts.ClaimAccountMails, account_pb2.ClaimAccountMailsRequest(first=100), token=token
            )
            for mail in claimed.mails:
                finish = account_pb2.FinishAccountMailRequest(id=mail.id, sent=True)
                await call(self._accounts.FinishAccountMail, finish, token=token)
            self.mails += claimed.mails
            if not claimed.mails:
                return [mail for mail in self.mails if mail.to_address == address]

    async def token_to(self, address: str) -> str:
        """Of the newest mail to an address."""
        found = _TOKEN.search((await self.to(address))[-1].text)
        assert found
        return found[1]

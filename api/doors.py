"""What the three protocols of the GraphQL endpoint share."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from prometheus_client import Counter
from starlette.requests import HTTPConnection, Request

from api.admission import Admission
from api.client_address import Network, client_address
from api.context import RequestContext
from api.cross_site import counted_cookies
from api.follower_limits import FollowerLimits
from api.services import Services

SLOW_CLIENTS = Counter(
    "innkeeper_slow_clients_total", "Clients that were left because they did not read", ("protocol",)
)


@dataclass(frozen=True, slots=True)
class Door:
    services: Services
    admission: Admission
    trusted_proxies: Sequence[Network]
    allowed_origins: Collection[str]
    slow_client_seconds: float  # how long a client may read nothing of what it asked for
    followers: FollowerLimits
    closing: asyncio.Event  # set when the process is about to end

    def context(self, connection: HTTPConnection) -> RequestContext:
        return RequestContext(
            self.services,
            user_agent=connection.headers.get("user-agent", ""),
            address=client_address(connection.scope, self.trusted_proxies),
            accept_language=connection.headers.get("accept-language", ""),
            cookies=counted_cookies(connection, self._own_origin, self.allowed_origins)
            if isinstance(connection, Request)
            else {},
        )

    @property
    def _own_origin(self) -> str:
        parts = urlsplit(self.services.public_url)
        return f"{parts.scheme}://{parts.netloc}"

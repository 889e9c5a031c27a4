"""What resolvers have at hand for one request or one subscription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import strawberry

from api.dataloaders import Loaders
from api.services import Services


@dataclass
class RequestContext:
    """Loaders live as long as the request, so that what it read once stays the same within it."""

    services: Services
    user_agent: str = ""
    address: str = ""  # the client's
    accept_language: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)  # only those that count, see api/cross_site.py
    extensions: dict[str, Any] = field(default_factory=dict)  # of the answer
    response_headers: list[tuple[bytes, bytes]] = field(default_factory=list)  # sent over HTTP only
    headers_wait: bool = False  # whether the answer's headers leave after it ran, so that it may set a cookie

    @cached_property
    def load(self) -> Loaders:
        return Loaders(self.services)


Info = strawberry.Info[RequestContext, None]

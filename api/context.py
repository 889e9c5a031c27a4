"""What resolvers have at hand for one request or one subscription."""

from __future__ import annotations

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
    extensions: dict[str, Any] = field(default_factory=dict)  # of the answer

    @cached_property
    def load(self) -> Loaders:
        return Loaders(self.services)


Info = strawberry.Info[RequestContext, None]

"""Which services have tables, and the metadata their migrations are compared with."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from sqlalchemy import MetaData

SERVICES = ("auth", "hotel", "booking", "payment", "notification", "salon", "review")
RELAY_ROLE = "innkeeper_relay"


def role_of(service: str) -> str:
    return f"innkeeper_{service}"


def metadata_of(service: str) -> MetaData:
    """Every module of the service whose name ends with `models` has tables; they share `models.metadata`."""
    package = importlib.import_module(f"grpc_services.{service}")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name.endswith("models"):
            importlib.import_module(module.name)
    return cast("MetaData", importlib.import_module(f"{package.__name__}.models").metadata)

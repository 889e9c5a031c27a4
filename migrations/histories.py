"""Which services have tables, and the metadata their migrations are compared with."""

from __future__ import annotations

import importlib
from typing import cast

from sqlalchemy import MetaData

SERVICES = ("auth", "hotel", "booking", "payment", "notification")
RELAY_ROLE = "innkeeper_relay"


def role_of(service: str) -> str:
    return f"innkeeper_{service}"


def metadata_of(service: str) -> MetaData:
    return cast("MetaData", importlib.import_module(f"grpc_services.{service}.models").metadata)

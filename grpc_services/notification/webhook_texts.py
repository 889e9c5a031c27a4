"""The words of messages about webhook endpoints; they are only shown, never mailed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_of_webhook(parameters: Mapping[str, Any]) -> bool:
    return "webhook_host" in parameters


def webhook_facts(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"host": parameters["webhook_host"], "gone": parameters["webhook_reason"] == "GONE"}

"""What the use cases of this service work with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from grpc_services.payment.faults import FaultSimulator
from grpc_services.payment.payment_moves import PaymentMoves
from grpc_services.payment.webhook_deliverer import WebhookDeliverer
from runtime.database import Database
from runtime.settings import PaymentSettings


@dataclass(frozen=True, slots=True)
class Parts:
    settings: PaymentSettings
    database: Database
    moves: PaymentMoves
    clock: Callable[[], dt.datetime]
    deliverer: WebhookDeliverer
    faults: FaultSimulator


class Equipped:
    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._api_key = parts.settings.payment_api_key.get_secret_value()
        self._database = parts.database
        self._moves = parts.moves
        self._clock = parts.clock
        self._deliverer = parts.deliverer
        self._faults = parts.faults

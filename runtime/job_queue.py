"""arq's queue: a wake-up call for work whose truth is in PostgreSQL.

Jobs are named, so that whoever enqueues need not import the worker. They travel as JSON, never as pickles.
Losing one costs time only: a sweeper enqueues again what PostgreSQL still knows as undone. Jobs that failed for good
stay in a list of their own until they are replayed or succeed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from runtime.clock import utc_now
from runtime.settings import RedisSection

log = structlog.get_logger()

SETTLE_PAYMENT_EVENT = "settle_payment_event"
DELIVER_EMAIL = "deliver_email"
DELIVER_WEBHOOKS = "deliver_webhooks"

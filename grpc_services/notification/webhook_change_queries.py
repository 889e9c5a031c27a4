"""The statements of the audit log of webhook endpoints."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, Uuid, bindparam, delete, insert, or_, select

from grpc_services.notification.webhook_models import WebhookChange
from runtime.database import Statement
from runtime.tables import table_of

_change = table_of(WebhookChange)

ADD_CHANGE = Statement(insert(_change).values({column.name: bindparam(column.name) for column in _change.c}))
CHANGES = Statement(
    select(_change)
    .where(
        _change.c.account_id == bindparam("account_id"),
        or_(bindparam("every_endpoint", type_=Boolean), _change.c.endpoint_id == bindparam("endpoint_id", type_=Uuid)),
        _change.c.id < bindparam("before", type_=Uuid),
    )
    .order_by(_change.c.id.desc())
    .limit(bindparam("row_limit", type_=Integer))
)
FORGET_CHANGES = Statement(delete(_change).where(_change.c.account_id == bindparam("account_id")))

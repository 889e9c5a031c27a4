"""The SQL of appointments. Their masters' time: master_time_queries; timeline and money: appointment_*_queries."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from grpc_services.salon import appointment_rules as rules
from grpc_services.salon.appointment_models import (
    Appointment,
    MasterTime,
    VisitedService,
)
from grpc_services.salon.models import Master
from runtime.database import Connection, Record, Statement
from runtime.tables import table_of

appointment = table_of(Appointment)
visited = table_of(VisitedService)
master = table_of(Master)
master_time = table_of(MasterTime)

_moment = DateTime(timezone=True)
_BOOKED_WITH = ("booking_id", "booking_position", "booking_attempt")
_GIVEN = (
    "id",
    "reference",
    "state",
    "salon_id",
    "salon_name",
    "salon_owner_id",
    "client_account_id",
    "client_name",
    "client_email",
    "client_phone",
    "note",
    "starts_at",
    "ends_at",
    "time_zone",
    "currency",
    "exchange_rates_day",
    "cancellation_tiers",
    "payment_timing",
    "total_minor_units",
    *_BOOKED_WITH,
)
_NOTHING_YET = (
    "paid_minor_units",
    "refunded_minor_units",
    "penalty_minor_units",
    "payment_attempts",
    "payment_minor_units",
)
_INSERT = Statement(
    insert(appointment)
    .values(
        {name: bindparam(name) for name in _GIVEN}
        | {"version": 1}
        | dict.fromkeys(_NOTHING_YET, 0)
        | dict.fromkeys(("payment_id", "payment_state", "checkout_url"), "")
        | {
            "hold_expires_at": func.now()
            + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("hold_seconds", type_=Integer))
        }
    )
    .returning(appointment, literal(False).label("overdue"))
)
_INSERT_SERVICE = Statement(insert(visited).values({column.name: bindparam(column.name) for column in visited.c}))
_FORGET_SERVICES = Statement(delete(visited).where(visited.c.appointment_id == bindparam("appointment_id")))
_SERVICES = Statement(
    select(visited, master.c.account_id.label("master_account_id"))
    .join_from(visited, master, visited.c.master_id == master.c.id)
    .where(visited.c.appointment_id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(visited.c.appointment_id, visited.c.position)
)
_HOLD_ENDED = and_(appointment.c.hold_expires_at <= func.now(), appointment.c.booking_id.is_(None))
_IS_OVERDUE = func.coalesce(_HOLD_ENDED, literal(False)).label("overdue")
_LOCK = Statement(select(appointment, _IS_OVERDUE).where(appointment.c.id == bindparam("id")).with_for_update())


def _done_by(account: Any, *more: Any) -> Any:
    """Whether a master who signs in with this account does one of its services."""
    return (
        select(visited.c.appointment_id)
        .join_from(visited, master, visited.c.master_id == master.c.id)
        .where(visited.c.appointment_id == appointment.c.id, master.c.account_id == account, *more)
        .exists()
    )


_account = bindparam("account_id", type_=Uuid)
_sees_all = bindparam("sees_all", type_=Boolean)
_VISIBLE = Statement(
    select(appointment, _IS_OVERDUE).where(
        appointment.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        or_(
            _sees_all,
            appointment.c.client_account_id == _account,
            appointment.c.salon_owner_id == _account,
            _done_by(_account),
        ),
    )
)
_IN_STATES = or_(
    bindparam("any_state", type_=Boolean), appointment.c.state == any_(bindparam("states", type_=ARRAY(Text)))
)
_place = tuple_(appointment.c.starts_at, appointment.c.id)
_after = tuple_(bindparam("after_at", type_=_moment), bindparam("after_id", type_=Uuid))
_from_start = bindparam("from_start", type_=Boolean)
_OWN_PAGE = Statement(
    select(appointment, _IS_OVERDUE)
    .where(appointment.c.client_account_id == _account, _IN_STATES, or_(_from_start, _place < _after))
    .order_by(appointment.c.starts_at.desc(), appointment.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_one_master = or_(
    bindparam("any_master", type_=Boolean),
    select(visited.c.appointment_id)
    .where(visited.c.appointment_id == appointment.c.id, visited.c.master_id == bindparam("master_id", type_=Uuid))
    .exists(),
)
_SALON_PAGE = Statement(
    select(appointment, _IS_OVERDUE)
    .where(
        appointment.c.salon_id == bindparam("salon_id"),
        appointment.c.starts_at >= bindparam("begin", type_=_moment),
        appointment.c.starts_at < bindparam("end", type_=_moment),
        or_(_sees_all, appointment.c.salon_owner_id == _account, _done_by(_account)),
        _one_master,
        _IN_STATES,
        or_(_from_start, _place > _after),
    )
    .order_by(appointment.c.starts_at, appointment.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_MAY_CHANGE = (
    "starts_at",
    "ends_at",
    "penalty_minor_units",
    "paid_minor_units",
    "payment_attempts",
    "payment_id",
    "payment_state",
    "payment_minor_units",
    "checkout_url",
)
_SAVE = Statement(
    update(appointment)
    .where(
        appointment.c.id == bindparam("appointment_id"),
        appointment.c.state == bindparam("from_state"),
        appointment.c.version == bindparam("from_version"),
    )
    .values(
        {name: bindparam(f"new_{name}", type_=appointment.c[name].type) for name in _MAY_CHANGE}
        | {
            "state": bindparam("to_state"),
            "version": appointment.c.version + 1,
            "updated_at": func.now(),
            "hold_expires_at": bindparam("hold_until"),
        }
    )
    .returning(appointment, _IS_OVERDUE)
)
_ADD_MONEY = Statement(
    update(appointment)
    .where(appointment.c.id == bindparam("appointment_id"))
    .values(
        paid_minor_units=appointment.c.paid_minor_units + bindparam("paid", type_=BigInteger),
        refunded_minor_units=appointment.c.refunded_minor_units + bindparam("refunded", type_=BigInteger),
        payment_state=func.coalesce(bindparam("new_payment_state", type_=Text), appointment.c.payment_state),
        version=appointment.c.version + 1,
        updated_at=func.now(),
    )
    .returning(appointment, _IS_OVERDUE)
)
_OVERDUE = Statement(
    select(appointment, _IS_OVERDUE)
    .where(_HOLD_ENDED)
    .order_by(appointment.c.hold_expires_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_OVERDUE_OF_MASTERS = Statement(
    select(appointment.c.id)
    .where(
        _HOLD_ENDED,
        select(master_time.c.id)
        .where(
            master_time.c.appointment_id == appointment.c.id,
            master_time.c.master_id == any_(bindparam("master_ids", type_=ARRAY(Uuid))),
            master_time.c.during.op("&&", is_comparison=True)(
                func.tstzrange(bindparam("begin", type_=_moment), bindparam("end", type_=_moment))
            ),
        )
        .exists(),
    )
    .order_by(appointment.c.hold_expires_at)
)
Place = tuple[dt.datetime, uuid.UUID]
"""In a list: (starts_at, id)."""
_NOWHERE: Place = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), uuid.UUID(int=0))


async def insert_appointment(connection: Connection, services: Sequence[dict[str, Any]], **values: Any) -> Record:
    """On its own, unless the values name the booking that it is booked with."""
    row = await _INSERT.fetch_one(connection, **dict.fromkeys(_BOOKED_WITH) | values)
    await _INSERT_SERVICE.execute_many(connection, services)
    return row


async def put_services(connection: Connection, appointment_id: uuid.UUID, services: Sequence[dict[str, Any]]) -> None:
    """All services of an appointment, in place of those that it had."""
    await _FORGET_SERVICES.execute(connection, appointment_id=appointment_id)
    await _INSERT_SERVICE.execute_many(connection, services)


async def load_services(connection: Connection, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Record]]:
    """Of each appointment, in order, with the account of each master."""
    found: dict[uuid.UUID, list[Record]] = {identifier: [] for identifier in ids}
    if ids:
        for row in await _SERVICES.fetch(connection, ids=ids):
            found[row["appointment_id"]].append(row)
    return found


async def lock_appointment(connection: Connection, appointment_id: uuid.UUID) -> Record | None:
    return await _LOCK.fetch_row(connection, id=appointment_id)


async def visible_appointments(
    connection: Connection, ids: Sequence[uuid.UUID], *, account_id: uuid.UUID, sees_all: bool
) -> list[Record]:
    """Those of the account as client, as the salon's owner or as a master who does a part of it."""
    return await _VISIBLE.fetch(connection, ids=ids, account_id=account_id, sees_all=sees_all)


async def own_page(
    connection: Connection, *, account_id: uuid.UUID, states: Sequence[str], after: Place | None, limit: int
) -> list[Record]:
    """The client's own, the latest start first."""
    return await _OWN_PAGE.fetch(connection, account_id=account_id, **_paging(states, after, limit))


async def salon_page(
    connection: Connection,
    *,
    account_id: uuid.UUID,
    sees_all: bool,
    salon_id: uuid.UUID,
    master_id: uuid.UUID | None,
    begin: dt.datetime,
    end: dt.datetime,
    states: Sequence[str],
    after: Place | None,
    limit: int,
) -> list[Record]:
    """What starts at a salon within a span, as far as the account may see it, by start."""
    return await _SALON_PAGE.fetch(
        connection,
        account_id=account_id,
        sees_all=sees_all,
        salon_id=salon_id,
        any_master=master_id is None,
        master_id=master_id or uuid.UUID(int=0),
        begin=begin,
        end=end,
        **_paging(states, after, limit),
    )


async def save(connection: Connection, row: Record, to_state: rules.State, **changes: Any) -> Record:
    """Compare-and-set on (state, version) of a locked appointment; what is not named stays. Raises IllegalState for
    a move that its state does not allow."""
    if to_state != row["state"]:
        rules.check_move(rules.State(row["state"]), to_state)
    saved = await _SAVE.fetch_row(
        connection,
        appointment_id=row["id"],
        from_state=row["state"],
        from_version=row["version"],
        to_state=to_state,
        hold_until=row["hold_expires_at"] if to_state in rules.HOLDING else None,
        **{f"new_{name}": changes.get(name, row[name]) for name in _MAY_CHANGE},
    )
    if saved is None:
        raise RuntimeError("a locked appointment was moved by somebody else")
    return saved


async def add_money(
    connection: Connection,
    appointment_id: uuid.UUID,
    *,
    paid: int = 0,
    refunded: int = 0,
    payment_state: str | None = None,
) -> Record:
    """Counts money that changes no state; the version rises, so that who follows the appointment sees it.
    `payment_state` is the newest payment's, where it is that one's."""
    return await _ADD_MONEY.fetch_one(
        connection, appointment_id=appointment_id, paid=paid, refunded=refunded, new_payment_state=payment_state
    )


async def lock_an_overdue_hold(connection: Connection) -> Record | None:
    """One that nobody else is releasing."""
    return await _OVERDUE.fetch_row(connection)


async def overdue_holds_of(
    connection: Connection, master_ids: Sequence[uuid.UUID], begin: dt.datetime, end: dt.datetime
) -> list[uuid.UUID]:
    """The overdue holds that keep time of these masters within the span."""
    rows = await _OVERDUE_OF_MASTERS.fetch(connection, master_ids=master_ids, begin=begin, end=end)
    return [row["id"] for row in rows]


def _paging(states: Sequence[str], after: Place | None, limit: int) -> dict[str, Any]:
    after_at, after_id = after or _NOWHERE
    return {
        "any_state": not states,
        "states": states,
        "from_start": after is None,
        "after_at": after_at,
        "after_id": after_id,
        "limit": limit,
    }

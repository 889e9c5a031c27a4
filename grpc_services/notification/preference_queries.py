"""The SQL of what people want to be told, when not, and of addresses that take no mail."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from grpc_services.notification.preference_models import Preference, QuietHours, RefusedAddress
from runtime.database import Statement
from runtime.tables import table_of

_preference = table_of(Preference)
_quiet_hours = table_of(QuietHours)
_refused = table_of(RefusedAddress)

PREFERENCES = Statement(
    select(_preference.c.type, _preference.c.channel, _preference.c.enabled).where(
        _preference.c.holder_id == bindparam("holder_id")
    )
)
PREFERENCES_OF_TYPE = Statement(
    select(_preference.c.channel, _preference.c.enabled).where(
        _preference.c.holder_id == bindparam("holder_id"), _preference.c.type == bindparam("type")
    )
)
_put_preference = insert(_preference).values(
    {name: bindparam(name) for name in ("holder_id", "type", "channel", "enabled")}
)
PUT_PREFERENCE = Statement(
    _put_preference.on_conflict_do_update(
        index_elements=["holder_id", "type", "channel"],
        set_={"enabled": _put_preference.excluded.enabled, "changed_at": func.now()},
    )
)

QUIET_HOURS = Statement(
    select(_quiet_hours.c.begins, _quiet_hours.c.ends).where(_quiet_hours.c.account_id == bindparam("account_id"))
)
_put_quiet_hours = insert(_quiet_hours).values({name: bindparam(name) for name in ("account_id", "begins", "ends")})
PUT_QUIET_HOURS = Statement(
    _put_quiet_hours.on_conflict_do_update(
        index_elements=["account_id"],
        set_={"begins": _put_quiet_hours.excluded.begins, "ends": _put_quiet_hours.excluded.ends},
    )
)

REFUSED_ADDRESS = Statement(
    select(_refused.c.fingerprint, _refused.c.undeliverable_since).where(
        _refused.c.account_id == bindparam("account_id")
    )
)
# Answers whether the address became undeliverable by this refusal.
COUNT_REFUSAL = Statement(
    text(
        """
        INSERT INTO notification.refused_address AS known (account_id, fingerprint, refusals)
        VALUES (CAST(:account_id AS uuid), :fingerprint, 1)
        ON CONFLICT (account_id) DO UPDATE SET
            fingerprint = excluded.fingerprint,
            refusals = CASE WHEN known.fingerprint = excluded.fingerprint THEN known.refusals + 1 ELSE 1 END,
            undeliverable_since = CASE
                WHEN known.fingerprint <> excluded.fingerprint THEN NULL
                WHEN known.refusals + 1 >= CAST(:most AS int) THEN coalesce(known.undeliverable_since, now())
            END
        RETURNING refusals = CAST(:most AS int)
        """
    )
)
FORGET_REFUSALS = Statement(delete(_refused).where(_refused.c.account_id == bindparam("account_id")))

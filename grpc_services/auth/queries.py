"""SQL of accounts at the door: registering, signing in, sessions and signing keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.types import Uuid

from grpc_services.auth.models import Account, RefreshToken, Session, SigningKey
from runtime.database import Statement
from runtime.tables import table_of

_account = table_of(Account)
_session = table_of(Session)
_refresh_token = table_of(RefreshToken)
_signing_key = table_of(SigningKey)

_ACCOUNT_COLUMNS = (
    _account.c.id,
    _account.c.email,
    _account.c.name,
    _account.c.role,
    _account.c.locale,
    _account.c.created_at,
    _account.c.email_verified_at,
    _account.c.phone,
    _account.c.time_zone,
)
_NEW_ACCOUNT: dict[str, Any] = {
    name: bindparam(name) for name in ("id", "email", "email_key", "name", "role", "locale", "password_hash")
}

ADD_ACCOUNT = Statement(
    insert_or(_account)
    .values(_NEW_ACCOUNT)
    .on_conflict_do_nothing(index_elements=["email_key"])
    .returning(_account.c.created_at)
)
_demo_account = insert_or(_account).values({**_NEW_ACCOUNT, "email_verified_at": func.now()})
SET_DEMO_ACCOUNT = Statement(
    _demo_account.on_conflict_do_update(
        index_elements=["id"],
        set_={
            name: _demo_account.excluded[name]
            for name in ("name", "role", "locale", "password_hash", "email_verified_at")
        },
    )
)
ACCOUNT = Statement(select(*_ACCOUNT_COLUMNS).where(_account.c.id == bindparam("id")))
ACCOUNT_TO_SIGN_IN = Statement(
    select(*_ACCOUNT_COLUMNS, _account.c.password_hash).where(_account.c.email_key == bindparam("email_key"))
)
# Nothing when the account is gone or has another password by now.
LOCK_ACCOUNT_WITH_PASSWORD = Statement(
    text(
        """
        SELECT id FROM auth.account WHERE id = CAST(:id AS uuid) AND password_hash = :password_hash
        FOR NO KEY UPDATE
        """
    )
)
LOCK_ACCOUNT_ROW = Statement(text("SELECT FROM auth.account WHERE id = CAST(:id AS uuid) FOR UPDATE"))
CONTACTS = Statement(
    select(_account.c.id, _account.c.email, _account.c.name, _account.c.locale, _account.c.time_zone)
    .where(_account.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(_account.c.id)
)
UPGRADE_PASSWORD_HASH = Statement(
    text(
        """
        UPDATE auth.account SET password_hash = :new_hash
        WHERE id = CAST(:id AS uuid) AND password_hash = :old_hash
        """
    )
)

ADD_SESSION = Statement(
    insert(_session).values({name: bindparam(name) for name in ("id", "account_id", "device", "place")})
)
# Whether the account was lately used from a network.
IS_FAMILIAR = Statement(
    text(
        """
        SELECT EXISTS (
            SELECT FROM auth.session
            WHERE account_id = CAST(:account_id AS uuid) AND place = CAST(:place AS bytea)
              AND last_seen_at > now() - interval '30 days'
        )
        """
    )
)
TOUCH_SESSION = Statement(
    text(
        """
        UPDATE auth.session AS session SET last_seen_at = now()
        FROM auth.account AS account
        WHERE session.id = CAST(:id AS uuid) AND account.id = session.account_id
        RETURNING account.id, account.email, account.name, account.role, account.locale, account.created_at,
                  account.email_verified_at, account.phone, account.time_zone
        """
    )
)
REVOKE_OWN_SESSION = Statement(
    text(
        """
        UPDATE auth.session AS session SET revoked_at = coalesce(session.revoked_at, now())
        FROM auth.session AS before
        WHERE session.id = CAST(:id AS uuid) AND session.account_id = CAST(:account_id AS uuid)
          AND before.id = session.id
        RETURNING before.revoked_at IS NULL AS lived
        """
    )
)
# All of an account's; but one, if it is named.
REVOKE_SESSIONS = Statement(
    text(
        """
        UPDATE auth.session SET revoked_at = now()
        WHERE account_id = CAST(:account_id AS uuid) AND id <> CAST(:but AS uuid) AND revoked_at IS NULL
        RETURNING id
        """
    )
)
REVOKE_SESSION = Statement(
    text(
        """
        UPDATE auth.session SET revoked_at = now() WHERE id = CAST(:id AS uuid) AND revoked_at IS NULL
        RETURNING account_id
        """
    )
)
OWN_SESSIONS = Statement(
    text(
        """
        SELECT id, device, created_at, last_seen_at
        FROM auth.session
        WHERE account_id = CAST(:account_id AS uuid) AND revoked_at IS NULL
          AND (last_seen_at, id) < (CAST(:seen_before AS timestamptz), CAST(:before AS uuid))
          AND EXISTS (
              SELECT FROM auth.refresh_token AS token
              WHERE token.session_id = session.id AND token.expires_at > now()
          )
        ORDER BY last_seen_at DESC, id DESC
        LIMIT CAST(:row_limit AS int)
        """
    )
)
# A session is seen whenever it gets a new refresh token, which lives so many days: the others are not looked at.
FORGET_OLD_SESSIONS = Statement(
    text(
        """
        DELETE FROM auth.session AS session
        WHERE session.last_seen_at < now() - make_interval(days => CAST(:days AS int)) AND NOT EXISTS (
            SELECT FROM auth.refresh_token AS token
            WHERE token.session_id = session.id AND token.expires_at > now()
        )
        """
    )
)

ADD_REFRESH_TOKEN = Statement(
    text(
        """
        INSERT INTO auth.refresh_token (hash, session_id, expires_at)
        VALUES (CAST(:hash AS bytea), CAST(:session_id AS uuid), now() + make_interval(days => CAST(:days AS int)))
        RETURNING expires_at
        """
    )
)
# Of many calls with one token, the first to lock its row changes it; the others then find it used.
USE_REFRESH_TOKEN = Statement(
    text(
        """
        UPDATE auth.refresh_token AS token SET used_at = now(), successor_hash = CAST(:successor_hash AS bytea)
        FROM auth.session AS session
        WHERE token.hash = CAST(:hash AS bytea) AND token.used_at IS NULL AND token.expires_at > now()
          AND session.id = token.session_id AND session.revoked_at IS NULL
        RETURNING session.id
        """
    )
)
REFRESH_TOKEN = Statement(
    select(_refresh_token.c.session_id, _refresh_token.c.used_at, func.now().label("now")).where(
        _refresh_token.c.hash == bindparam("hash")
    )
)
FORGET_OLD_REFRESH_TOKENS = Statement(text("DELETE FROM auth.refresh_token WHERE expires_at <= now()"))

LOCK_SIGNING_KEYS = Statement(text("SELECT pg_advisory_xact_lock(hashtext('auth.signing_key'))"))
ADD_SIGNING_KEY = Statement(
    insert(_signing_key).values(
        {name: bindparam(name) for name in ("kid", "private_key", "public_jwk", "not_before", "retires_at")}
    )
)
PUBLISHED_SIGNING_KEYS = Statement(
    text(
        """
        SELECT kid, private_key, public_jwk, created_at, not_before, retires_at, now() AS now
        FROM auth.signing_key
        WHERE retires_at IS NULL OR retires_at > now()
        ORDER BY not_before DESC, kid
        """
    )
)
RETIRE_OLDER_SIGNING_KEYS = Statement(
    text(
        """
        UPDATE auth.signing_key SET retires_at = CAST(:retires_at AS timestamptz)
        WHERE retires_at IS NULL AND kid <> :kid
        """
    )
)
RETIRE_SIGNING_KEY = Statement(text("UPDATE auth.signing_key SET retires_at = now() WHERE kid = :kid"))
# The key that was to follow it is retired: it goes on signing.
KEEP_SIGNING_KEY = Statement(text("UPDATE auth.signing_key SET retires_at = NULL WHERE kid = :kid"))
FORGET_RETIRED_SIGNING_KEYS = Statement(text("DELETE FROM auth.signing_key WHERE retires_at <= now()"))
DATABASE_NOW = Statement(text("SELECT now()"))

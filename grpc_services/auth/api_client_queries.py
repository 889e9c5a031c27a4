"""SQL of hoteliers' own systems."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, text

from grpc_services.auth.models import ApiClient, ApiClientSecret
from runtime.database import Statement
from runtime.tables import table_of

_client = table_of(ApiClient)
_secret = table_of(ApiClientSecret)

ADD_CLIENT = Statement(
    insert(_client)
    .values({name: bindparam(name) for name in ("id", "account_id", "name", "scopes")})
    .returning(*_client.c)
)
COUNT_LIVING = Statement(
    text("SELECT count(*) FROM auth.api_client WHERE account_id = CAST(:account_id AS uuid) AND revoked_at IS NULL")
)
LOCK_OWN_CLIENT = Statement(
    text(
        """
        SELECT id, account_id, name, scopes, created_at, last_used_at, revoked_at
        FROM auth.api_client
        WHERE id = CAST(:id AS uuid) AND account_id = CAST(:account_id AS uuid)
        FOR UPDATE
        """
    )
)
OWN_CLIENTS = Statement(
    text(
        """
        SELECT id, account_id, name, scopes, created_at, last_used_at, revoked_at
        FROM auth.api_client
        WHERE account_id = CAST(:account_id AS uuid) AND id < CAST(:before AS uuid)
        ORDER BY id DESC
        LIMIT CAST(:row_limit AS int)
        """
    )
)
REVOKE_CLIENT = Statement(
    text(
        """
        UPDATE auth.api_client SET revoked_at = now() WHERE id = CAST(:id AS uuid) AND revoked_at IS NULL
        RETURNING revoked_at
        """
    )
)
REVOKE_CLIENTS_OF = Statement(
    text(
        """
        UPDATE auth.api_client SET revoked_at = now()
        WHERE account_id = CAST(:account_id AS uuid) AND revoked_at IS NULL
        RETURNING id
        """
    )
)
ADD_SECRET = Statement(insert(_secret).values({name: bindparam(name) for name in ("hash", "client_id", "hint")}))
# Never later than it would end anyway.
END_SECRETS = Statement(
    text(
        """
        UPDATE auth.api_client_secret
        SET expires_at = least(expires_at, now() + make_interval(secs => CAST(:seconds AS int)))
        WHERE client_id = CAST(:client_id AS uuid)
        """
    )
)
FORGET_SECRETS = Statement(text("DELETE FROM auth.api_client_secret WHERE client_id = CAST(:client_id AS uuid)"))
FORGET_OLD_SECRETS = Statement(text("DELETE FROM auth.api_client_secret WHERE expires_at <= now()"))
LIVING_SECRETS = Statement(
    text(
        """
        SELECT client_id, hint, created_at, expires_at
        FROM auth.api_client_secret
        WHERE client_id = ANY(CAST(:client_ids AS uuid[])) AND (expires_at IS NULL OR expires_at > now())
        ORDER BY created_at DESC, hash
        """
    )
)
CLIENT_BY_SECRET = Statement(
    text(
        """
        SELECT client.id, client.account_id, client.name, client.scopes, client.created_at, client.last_used_at,
               client.revoked_at
        FROM auth.api_client_secret AS secret
        JOIN auth.api_client AS client ON client.id = secret.client_id
        WHERE secret.hash = CAST(:hash AS bytea) AND client.id = CAST(:id AS uuid) AND client.revoked_at IS NULL
          AND (secret.expires_at IS NULL OR secret.expires_at > now())
        """
    )
)
TOUCH_CLIENT = Statement(
    text(
        """
        UPDATE auth.api_client SET last_used_at = now()
        WHERE id = CAST(:id AS uuid) AND revoked_at IS NULL
        RETURNING id, account_id, scopes
        """
    )
)

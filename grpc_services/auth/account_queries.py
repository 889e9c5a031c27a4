"""SQL of what people do with their own account, and of the mails that this takes."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, text

from grpc_services.auth.models import AccountMail
from runtime.database import Statement
from runtime.tables import table_of

_mail = table_of(AccountMail)

LOCK_ACCOUNT = Statement(
    text(
        """
        SELECT id, email, email_key, name, role, locale, created_at, email_verified_at, phone, time_zone, password_hash
        FROM auth.account WHERE id = CAST(:id AS uuid) FOR UPDATE
        """
    )
)
UPDATE_PROFILE = Statement(
    text(
        """
        UPDATE auth.account SET name = :name, locale = :locale, phone = :phone, time_zone = :time_zone
        WHERE id = CAST(:id AS uuid)
        RETURNING id, email, name, role, locale, created_at, email_verified_at, phone, time_zone
        """
    )
)
SET_PASSWORD = Statement(text("UPDATE auth.account SET password_hash = :password_hash WHERE id = CAST(:id AS uuid)"))
VERIFY_EMAIL = Statement(
    text(
        """
        UPDATE auth.account SET email_verified_at = coalesce(email_verified_at, now())
        WHERE id = CAST(:id AS uuid) AND email_key = :email_key
        """
    )
)
# Nothing when somebody else has the address meanwhile.
SET_EMAIL = Statement(
    text(
        """
        UPDATE auth.account SET email = :email, email_key = :email_key, email_verified_at = now()
        WHERE id = CAST(:id AS uuid)
          AND NOT EXISTS (SELECT FROM auth.account AS other WHERE other.email_key = :email_key)
        """
    )
)
DELETE_ACCOUNT = Statement(text("DELETE FROM auth.account WHERE id = CAST(:id AS uuid)"))
ACCOUNT_BY_KEY = Statement(text("SELECT id, email, email_key, locale FROM auth.account WHERE email_key = :email_key"))

ADD_MAIL = Statement(
    insert(_mail).values(
        {
            name: bindparam(name)
            for name in ("id", "account_id", "purpose", "address", "locale", "token_hash", "expires_at", "request_id")
        }
        | {"next_attempt_at": text("now()")}
    )
)
CLAIM_MAILS = Statement(
    text(
        """
        UPDATE auth.account_mail AS mail
        SET attempts = attempts + 1,
            next_attempt_at = now() + make_interval(secs => 60 * power(4, least(attempts, 4)))
        FROM (
            SELECT id FROM auth.account_mail
            WHERE next_attempt_at <= now()
            ORDER BY next_attempt_at
            LIMIT CAST(:row_limit AS int)
            FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE mail.id = due.id
        RETURNING mail.id, mail.account_id, mail.purpose, mail.address, mail.locale, mail.attempts, mail.request_id,
                  mail.expires_at > now() AS alive
        """
    )
)
# What belongs to no account forgets where it went.
END_MAIL = Statement(
    text(
        """
        UPDATE auth.account_mail
        SET next_attempt_at = NULL, address = CASE WHEN account_id IS NULL THEN '' ELSE address END
        WHERE id = CAST(:id AS uuid)
        """
    )
)
# A reset that was asked for: now it is known whose it is.
ADDRESS_MAIL = Statement(
    text(
        """
        UPDATE auth.account_mail SET account_id = CAST(:account_id AS uuid), locale = :locale
        WHERE id = CAST(:id AS uuid)
        """
    )
)
# Of many calls with one token one uses it.
USE_TOKEN = Statement(
    text(
        """
        UPDATE auth.account_mail SET used_at = now()
        WHERE token_hash = CAST(:token_hash AS bytea) AND used_at IS NULL AND expires_at > now()
          AND purpose = ANY(CAST(:purposes AS text[])) AND account_id IS NOT NULL
        RETURNING account_id, purpose, address
        """
    )
)
# The others of its kind that an account still has out there.
SPEND_TOKENS = Statement(
    text(
        """
        UPDATE auth.account_mail SET used_at = now(), next_attempt_at = NULL
        WHERE account_id = CAST(:account_id AS uuid) AND used_at IS NULL AND token_hash IS NOT NULL
          AND purpose = ANY(CAST(:purposes AS text[]))
        """
    )
)
FORGET_MAILS_OF = Statement(text("DELETE FROM auth.account_mail WHERE account_id = CAST(:account_id AS uuid)"))
FORGET_OLD_MAILS = Statement(text("DELETE FROM auth.account_mail WHERE created_at < now() - interval '7 days'"))

ADD_TICKET = Statement(
    text(
        """
        INSERT INTO auth.export_ticket (hash, session_id, expires_at)
        SELECT CAST(:hash AS bytea), id, now() + interval '10 minutes'
        FROM auth.session
        WHERE id = CAST(:session_id AS uuid) AND account_id = CAST(:account_id AS uuid) AND revoked_at IS NULL
        RETURNING expires_at
        """
    )
)
USE_TICKET = Statement(
    text(
        """
        DELETE FROM auth.export_ticket AS ticket
        USING auth.session AS session, auth.account AS account
        WHERE ticket.hash = CAST(:hash AS bytea) AND ticket.expires_at > now()
          AND session.id = ticket.session_id AND session.revoked_at IS NULL AND account.id = session.account_id
        RETURNING session.id AS session_id, account.id AS account_id, account.role
        """
    )
)
FORGET_OLD_TICKETS = Statement(text("DELETE FROM auth.export_ticket WHERE expires_at <= now()"))

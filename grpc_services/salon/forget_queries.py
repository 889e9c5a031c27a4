"""SQL of forgetting a person whose account was deleted. Each statement repeats safely."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

APPOINTMENTS_OF = Statement(
    text("SELECT id, reference FROM salon.appointment WHERE client_account_id = CAST(:account_id AS uuid)")
)
FORGET_CLIENT = Statement(
    text(
        """
        UPDATE salon.appointment
        SET client_account_id = '00000000-0000-0000-0000-000000000000',
            client_name = 'Deleted account', client_email = '', client_phone = '', note = '', updated_at = now()
        WHERE client_account_id = CAST(:account_id AS uuid)
        """
    )
)
FORGET_MASTERS_ACCOUNT = Statement(
    text("UPDATE salon.master SET account_id = NULL WHERE account_id = CAST(:account_id AS uuid)")
)

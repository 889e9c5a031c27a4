"""SQL of forgetting a person whose account was deleted. Each statement repeats safely."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

FORGET_GUEST = Statement(
    text(
        """
        UPDATE booking.booking
        SET guest_account_id = '00000000-0000-0000-0000-000000000000',
            guest_name = 'Deleted account', guest_email = '', guest_phone = '', special_requests = '',
            updated_at = now()
        WHERE guest_account_id = CAST(:account_id AS uuid)
        """
    )
)
FORGET_WAITING = Statement(
    text(
        """
        UPDATE booking.waitlist_entry
        SET account_id = '00000000-0000-0000-0000-000000000000',
            guest_name = 'Deleted account', guest_email = '', guest_phone = '',
            state = CASE state WHEN 'WAITING' THEN 'LEFT' ELSE state END
        WHERE account_id = CAST(:account_id AS uuid)
        """
    )
)

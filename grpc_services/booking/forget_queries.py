"""SQL of forgetting a person whose account was deleted. Each statement repeats safely."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

BOOKINGS_OF = Statement(
    text("SELECT id, reference FROM booking.booking WHERE guest_account_id = CAST(:account_id AS uuid)")
)
FORGET_GUEST = Statement(
    text(
        """
        UPDATE booking.booking
        SET guest_account_id = '00000000-0000-0000-0000-000000000000',
            guest_name = 'Deleted account', guest_email = '', guest_phone = '', special_requests = '',
            arrival_time = '', updated_at = now()
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
# Who slept in the rooms, and what the desk wrote about them.
FORGET_ROOM_GUESTS = Statement(
    text("UPDATE booking.booking_room SET guest_name = '' WHERE booking_id = ANY(CAST(:booking_ids AS uuid[]))")
)
FORGET_NOTES = Statement(text("DELETE FROM booking.booking_note WHERE booking_id = ANY(CAST(:booking_ids AS uuid[]))"))
FORGET_BASKETS = Statement(
    text(
        """
        UPDATE booking.basket SET account_id = '00000000-0000-0000-0000-000000000000'
        WHERE account_id = CAST(:account_id AS uuid)
        """
    )
)

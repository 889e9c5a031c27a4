"""SQL of forgetting a person whose account was deleted. Each statement repeats safely."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

FORGET_NOTIFICATIONS = Statement(
    text("DELETE FROM notification.notification WHERE account_id = CAST(:account_id AS uuid)")
)
FORGET_PREFERENCES = Statement(text("DELETE FROM notification.preference WHERE holder_id = CAST(:account_id AS uuid)"))
FORGET_QUIET_HOURS = Statement(
    text("DELETE FROM notification.quiet_hours WHERE account_id = CAST(:account_id AS uuid)")
)
FORGET_REFUSED_ADDRESS = Statement(
    text("DELETE FROM notification.refused_address WHERE account_id = CAST(:account_id AS uuid)")
)
FORGET_ENDPOINTS = Statement(
    text("DELETE FROM notification.webhook_endpoint WHERE account_id = CAST(:account_id AS uuid)")
)
# What hoteliers were told of the person's bookings, appointments and reviews.
FORGET_NAMES = Statement(
    text(
        """
        UPDATE notification.notification
        SET parameters = parameters || (
            SELECT jsonb_object_agg(name, 'Deleted account')
            FROM unnest(ARRAY['guest_name', 'client_name', 'author_name']) AS name WHERE parameters ? name
        )
        WHERE parameters ?| ARRAY['guest_name', 'client_name', 'author_name']
          AND (parameters->>'reference' = ANY(CAST(:references AS text[]))
               OR parameters->>'review_id' = ANY(CAST(:review_ids AS text[])))
        """
    )
)
FORGET_ARRIVALS = Statement(
    text(
        """
        UPDATE notification.notification
        SET parameters = jsonb_set(parameters, '{arrivals}', (
            SELECT jsonb_agg(
                CASE WHEN one->>'reference' = ANY(CAST(:references AS text[]))
                     THEN one || '{"guest_name": "Deleted account", "requests": ""}' ELSE one END
                ORDER BY at)
            FROM jsonb_array_elements(parameters->'arrivals') WITH ORDINALITY AS arrival (one, at)
        ))
        WHERE parameters ? 'arrivals' AND EXISTS (
            SELECT FROM jsonb_array_elements(parameters->'arrivals') AS one
            WHERE one->>'reference' = ANY(CAST(:references AS text[]))
        )
        """
    )
)
# What hoteliers' systems were told; a delivery that is made again says it without the name. The bodies are JSON without
# spaces, and every name is that of the person whom the one booking, appointment or review is of.
FORGET_BODIES = Statement(
    text(
        r"""
        UPDATE notification.webhook_delivery
        SET body = regexp_replace(
            body, '"(guestName|clientName|authorName)":"([^"\\]|\\.)*"', '"\1":"Deleted account"', 'g'
        )
        WHERE body LIKE ANY(CAST(:patterns AS text[]))
        """
    )
)

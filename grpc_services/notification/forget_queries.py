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

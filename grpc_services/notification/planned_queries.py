"""The SQL of what is to be told at a moment to come. Moments are the service's own clock, given as `now`."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

# Also for what was told or dropped before: a changed stay has another moment to be reminded of. What was told is never
# told again all the same, for its event is named after the stay's day (see rules.planned_event).
PLAN = Statement(
    text(
        """
        INSERT INTO notification.planned_notice AS known
            (id, template, subject_id, occasion, state, due_at, expires_at, version, outcome, request_id)
        VALUES (CAST(:id AS uuid), :template, CAST(:subject_id AS uuid), :occasion, 'PLANNED',
                CAST(:due_at AS timestamptz), CAST(:expires_at AS timestamptz), CAST(:version AS int), '', :request_id)
        ON CONFLICT (template, subject_id, occasion) DO UPDATE SET
            state = 'PLANNED', due_at = excluded.due_at, expires_at = excluded.expires_at,
            version = excluded.version, outcome = '', request_id = excluded.request_id, changed_at = now()
        WHERE known.version < excluded.version AND (known.state <> 'TOLD' OR known.due_at <> excluded.due_at)
        """
    )
)
DROP = Statement(
    text(
        """
        UPDATE notification.planned_notice
        SET state = 'DROPPED', outcome = :outcome, version = CAST(:version AS int), changed_at = now()
        WHERE template = :template AND subject_id = CAST(:subject_id AS uuid) AND state = 'PLANNED'
          AND version <= CAST(:version AS int)
        """
    )
)
DUE = Statement(
    text(
        """
        SELECT id, template, subject_id, occasion, due_at, expires_at, version, request_id
        FROM notification.planned_notice
        WHERE state = 'PLANNED' AND due_at <= CAST(:now AS timestamptz)
        ORDER BY due_at, id
        LIMIT CAST(:row_limit AS int)
        """
    )
)
# Each of these changes the notice only as it was looked at: not when another worker or a newer event came first.
FINISH = Statement(
    text(
        """
        UPDATE notification.planned_notice SET state = :state, outcome = :outcome, changed_at = now()
        WHERE id = CAST(:id AS uuid) AND state = 'PLANNED' AND due_at = CAST(:due_at AS timestamptz)
          AND version = CAST(:version AS int)
        """
    )
)
PUT_OFF = Statement(
    text(
        """
        UPDATE notification.planned_notice
        SET due_at = CAST(:until AS timestamptz), expires_at = CAST(:expires_at AS timestamptz), changed_at = now()
        WHERE id = CAST(:id AS uuid) AND state = 'PLANNED' AND due_at = CAST(:due_at AS timestamptz)
          AND version = CAST(:version AS int)
        """
    )
)

"""SQL of forgetting a person whose account was deleted. Each statement repeats safely."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

REVIEWS_OF = Statement(text("SELECT id FROM review.review WHERE author_id = CAST(:account_id AS uuid)"))
FORGET_AUTHOR = Statement(
    text(
        """
        UPDATE review.review SET author_id = '00000000-0000-0000-0000-000000000000', author_name = 'Deleted account'
        WHERE author_id = CAST(:account_id AS uuid)
        """
    )
)
FORGET_REPORTER = Statement(
    text(
        """
        UPDATE review.report SET reporter_id = '00000000-0000-0000-0000-000000000000'
        WHERE reporter_id = CAST(:account_id AS uuid)
          AND NOT EXISTS (SELECT FROM review.report AS other
                          WHERE other.review_id = report.review_id
                            AND other.reporter_id = '00000000-0000-0000-0000-000000000000')
        """
    )
)
FORGET_REPORTS = Statement(text("DELETE FROM review.report WHERE reporter_id = CAST(:account_id AS uuid)"))

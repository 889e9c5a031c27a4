"""SQL of forgetting a person whose account was deleted. Each statement repeats safely."""

from __future__ import annotations

from sqlalchemy import text

from runtime.database import Statement

FORGET_AUTHOR = Statement(
    text(
        """
        UPDATE review.review SET author_id = '00000000-0000-0000-0000-000000000000', author_name = 'Deleted account'
        WHERE author_id = CAST(:account_id AS uuid)
        """
    )
)

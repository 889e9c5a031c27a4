"""One Alembic history and one PostgreSQL schema a service."""

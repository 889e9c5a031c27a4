"""The processes that work behind the services: one job a file."""

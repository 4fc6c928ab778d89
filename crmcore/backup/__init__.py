"""One file with everything a workspace has, the same for SQLite and PostgreSQL."""

"""Full-text search: the same tokens, and so the same answers, on SQLite and PostgreSQL."""

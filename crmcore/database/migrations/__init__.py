"""The core's migrations, oldest first; each is frozen once released."""

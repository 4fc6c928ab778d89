"""Outgoing webhooks: what has happened, told to other systems."""

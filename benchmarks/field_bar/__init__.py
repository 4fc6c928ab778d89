"""The load that a factory's CRM bears, and what is left of it when things break meanwhile."""

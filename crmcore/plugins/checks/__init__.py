"""What the host checks about a plugin before it trusts its contributions: one small file a matter."""

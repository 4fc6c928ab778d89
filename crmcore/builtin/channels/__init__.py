"""The channels that the core brings along: programs that post messages, and public forms."""

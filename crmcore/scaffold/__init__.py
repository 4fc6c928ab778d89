"""A new plugin: a small, complete distribution to begin with."""

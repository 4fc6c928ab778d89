"""Exact sets: which versions of the core and its plugins belong together, with the hashes of what was installed."""

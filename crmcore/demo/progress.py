"""How the demo tells how far it has come."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how many are through, and of how many."""

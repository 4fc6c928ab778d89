"""Who visits the pages."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

Browse = Callable[..., Awaitable[httpx2.AsyncClient]]
"""Call it with an e-mail address for a signed-in browser, without one for a stranger's; ``language`` is asked for."""

Chromium = Callable[[str], Awaitable[Any]]
"""Call it with an e-mail address for a page in a real browser where that person is signed in."""

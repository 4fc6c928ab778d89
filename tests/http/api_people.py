"""Who the tests are, where the application is, and how they reach it."""

from typing import Any, cast

import httpx2
from litestar import Litestar

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery staple"


def transport(app: Litestar) -> httpx2.ASGITransport:
    """Return the way to ``app`` in the test's own event loop."""
    return httpx2.ASGITransport(app=cast(Any, app))

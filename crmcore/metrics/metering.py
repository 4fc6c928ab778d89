"""Counting the requests of an application."""

import time
from collections.abc import Callable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from crmcore.metrics.requests import ProcessMetrics

NO_ROUTE = "(none)"


def metered(app: ASGIApp, figures: Callable[[], ProcessMetrics]) -> ASGIApp:
    """Return ``app`` with its requests counted in ``figures()``; it must be the one that finds the route."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        metrics = figures()
        status = 500
        seconds: float | None = None

        async def send_on(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status = message["status"]
                if any(value.startswith(b"text/event-stream") for _, value in message["headers"]):
                    # A stream stays open for hours; what counts is how soon it begins.
                    seconds = time.perf_counter() - began
                    metrics.request_ended()
            await send(message)

        began = time.perf_counter()
        metrics.request_began()
        try:
            await app(scope, receive, send_on)
        finally:
            if seconds is None:
                metrics.request_ended()
                seconds = time.perf_counter() - began
            # A path that is nobody's is never a label: strangers would make as many as they like.
            route = str(scope.get("path_template") or NO_ROUTE)
            method = scope["method"] if route != NO_ROUTE else NO_ROUTE
            metrics.answered(method, route, status, seconds)

    return counted

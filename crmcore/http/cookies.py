"""The cookie of a signed-in browser."""

from litestar.datastructures import Cookie

from crmcore.settings import WorkspaceSettings


def session_cookie_name(settings: WorkspaceSettings) -> str:
    """Return the cookie's name: with the ``__Host-`` prefix wherever the public address is https (RFC 6265bis)."""
    return "__Host-crm_session" if settings.base_url.startswith("https:") else "crm_session"


def session_cookie(settings: WorkspaceSettings, secret: str, *, max_age: int | None = None) -> Cookie:
    """Return the cookie that carries a session's secret; an empty ``secret`` with ``max_age=0`` ends it."""
    return Cookie(
        key=session_cookie_name(settings),
        value=secret,
        path="/",
        max_age=max_age,
        secure=settings.base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def short_cookie(settings: WorkspaceSettings, name: str, value: str, *, max_age: int) -> Cookie:
    """Return a cookie of the way in: what stands between password and code, or between here and a provider."""
    return Cookie(
        key=short_cookie_name(settings, name),
        value=value,
        path="/",
        max_age=max_age,
        secure=settings.base_url.startswith("https:"),
        httponly=True,
        # Lax: the browser comes back from a provider's page by a link.
        samesite="lax",
    )


def short_cookie_name(settings: WorkspaceSettings, name: str) -> str:
    """Return the full name of :func:`short_cookie`."""
    return f"__Host-crm_{name}" if settings.base_url.startswith("https:") else f"crm_{name}"

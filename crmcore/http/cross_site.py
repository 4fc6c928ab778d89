"""Requests that another site makes with our visitor's cookie."""

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from crmcore.http.refusals import CrossSite

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def refuse_cross_site(
    connection: ASGIConnection[Any, Any, Any, Any], base_url: str, *, proof_required: bool
) -> None:
    """Raise :class:`CrossSite` when an unsafe request does not come from a page of ours.

    ``Sec-Fetch-Site`` decides where the browser sends it, else ``Origin``, which must be the public address
    or the address that was asked. With ``proof_required`` a request that carries neither is refused as well.
    """
    if connection.scope.get("method") in SAFE_METHODS:
        return
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if site is not None:
        same = site == "same-origin"
    elif origin is not None:
        same = same_origin(origin, base_url, connection.headers.get("host", ""))
    else:
        same = not proof_required
    if not same:
        raise CrossSite


def refuse_foreign_page(connection: ASGIConnection[Any, Any, Any, Any], base_url: str) -> None:
    """Raise :class:`CrossSite` when a page of another site asks, also for what only reads."""
    site = connection.headers.get("sec-fetch-site", "none")
    origin = connection.headers.get("origin")
    foreign = origin is not None and not same_origin(origin, base_url, connection.headers.get("host", ""))
    if site not in ("same-origin", "none") or foreign:
        raise CrossSite


def followed_here(connection: ASGIConnection[Any, Any, Any, Any], base_url: str) -> bool:
    """Tell whether a link of ours was followed: a GET that begins something, because no form may lead elsewhere."""
    headers = connection.headers
    if (site := headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    return same_origin(headers.get("referer", ""), base_url, headers.get("host", ""))


def same_origin(origin: str, base_url: str, host: str) -> bool:
    """Tell whether ``origin``, or the origin of an address, is the public address or the ``host`` that was asked."""
    try:
        sender, ours = urlsplit(origin), urlsplit(base_url)
    except ValueError:
        return False
    if sender.scheme not in ("http", "https") or not sender.netloc:
        return False
    return (sender.scheme, sender.netloc) == (ours.scheme, ours.netloc) or sender.netloc == host

"""Hosts of one's own network that a deployment lets plugins reach."""

from collections.abc import Iterable


class AllowedHosts:
    """The deployment's list: ``pbx.lan`` (any port) or ``pbx.lan:8088``; IPv6 addresses in brackets.

    A listed host may be reached over plain http and at a private address.
    """

    __slots__ = ("_hosts",)

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(host.strip().lower().rstrip(".") for host in hosts if host.strip())

    def allow(self, host: str, port: int) -> bool:
        """Tell whether ``host``, as the URL names it, is listed for ``port``."""
        name = host.lower().rstrip(".")
        written = f"[{name}]" if ":" in name else name
        return written in self._hosts or name in self._hosts or f"{written}:{port}" in self._hosts

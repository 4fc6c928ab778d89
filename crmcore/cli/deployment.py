"""``crmcore doctor --deploy``: are the settings those of a workspace that strangers can reach?"""

from __future__ import annotations

import os
import stat
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from crmcore.cli.finding import Finding, Result

if TYPE_CHECKING:
    from crmcore.settings import WorkspaceSettings
    from crmcore.workspace import Crm

LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
# What answers at these addresses hands out a cloud machine's own credentials.
METADATA = frozenset({"169.254.169.254", "metadata.google.internal", "100.100.100.200", "fd00:ec2::254"})
ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})


def deployment_findings(settings: WorkspaceSettings) -> list[Finding]:
    """Return what stands against letting strangers reach a workspace with these settings, and what is right."""
    return [
        _address(settings),
        _database(settings),
        _key(settings),
        _folder(settings),
        _mail(settings),
        _uploads(settings),
        _second_factor(settings),
        _plugins(settings),
        _outgoing(settings),
        _metrics(settings),
        _process(),
        _demo(settings),
    ]


async def token_finding(crm: Crm) -> Finding:
    """Return whether there are API tokens that are good for ever."""
    from crmcore.accounts.tables import ApiToken

    endless = await ApiToken.count().where(ApiToken.expires_at.is_null() & ApiToken.revoked_at.is_null())
    if endless:
        return _found(
            "tokens", "warning", f"{endless} never expire: crmcore token list, crmcore token revoke ID"
        )
    return _found("tokens", "ok", "every token has an end")


def _found(check: str, result: Result, message: str) -> Finding:
    return Finding(check=f"deploy: {check}", result=result, message=message)


def _address(settings: WorkspaceSettings) -> Finding:
    parts = urlsplit(settings.base_url)
    if parts.scheme != "https":
        return _found(
            "address",
            "problem",
            f"base_url is {settings.base_url}: without https the session cookie travels readable, and neither "
            "its __Host- name nor Strict-Transport-Security is used. Put a proxy with a certificate before it "
            "and set CRMCORE_BASE_URL=https://…",
        )
    if (parts.hostname or "") in LOCAL:
        message = (
            f"base_url is {settings.base_url}: links in mails would lead nowhere. Set the public address."
        )
        return _found("address", "problem", message)
    return _found("address", "ok", f"{settings.base_url}, secure cookies, HSTS")


def _database(settings: WorkspaceSettings) -> Finding:
    parts = urlsplit(settings.effective_database_url())
    if parts.scheme.startswith("sqlite"):
        return _found("database", "ok", "SQLite, one file on this machine")
    host = parts.hostname or ""
    mode = (parse_qs(parts.query).get("sslmode") or parse_qs(parts.query).get("ssl") or [""])[0]
    if host not in LOCAL and not host.startswith("/") and mode not in ENCRYPTED:
        message = f"the connection to {host} need not be encrypted: add ?sslmode=verify-full (or require) to the URL"
        return _found("database", "problem", message)
    if host not in LOCAL and not parts.password and not os.environ.get("PGPASSWORD"):
        return _found("database", "warning", f"{host} lets this user in without a password")
    return _found("database", "ok", "PostgreSQL" + (f", sslmode {mode}" if mode else ", on this machine"))


def _key(settings: WorkspaceSettings) -> Finding:
    if settings.secret_key:
        return _found("key", "ok", "given by the settings, not kept beside the data")
    return _found(
        "key",
        "warning",
        f"{settings.data_path / 'secret.key'} lies beside the data it protects: whoever gets a copy of the folder "
        "can open it. Move its text to CRMCORE_SECRET_KEY, and back it up elsewhere than the data.",
    )


def _folder(settings: WorkspaceSettings) -> Finding:
    path = settings.data_path
    if os.name != "posix" or not path.is_dir():
        return _found("data folder", "ok", f"{path}")
    if (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        return _found("data folder", "problem", f"{path} is open to others ({mode:04o}): chmod 700 it")
    return _found("data folder", "ok", f"{path} is its owner's alone")


def _mail(settings: WorkspaceSettings) -> Finding:
    from crmcore.mail.smtp import read_server

    if not settings.smtp_url:
        message = "no smtp_url: invitations and new passwords reach people only by a link that you pass on"
        return _found("mail", "warning", message)
    try:
        server = read_server(settings.smtp_url)
    except ValueError as error:
        return _found("mail", "problem", f"smtp_url: {error}")
    if server.plain and server.host not in LOCAL:
        return _found(
            "mail", "warning", f"{server.host} gets mails in the clear, links to new passwords as well"
        )
    return _found("mail", "ok", f"by {server.host}, encrypted")


def _uploads(settings: WorkspaceSettings) -> Finding:
    endpoint = (parse_qs(urlsplit(settings.files_url).query).get("endpoint") or [""])[0]
    if endpoint.startswith("http:") and (urlsplit(endpoint).hostname or "") not in LOCAL:
        return _found("uploads", "problem", f"{endpoint} is not encrypted: use https")
    return _found("uploads", "ok", "in the bucket" if settings.files_url else "in the data folder")


def _second_factor(settings: WorkspaceSettings) -> Finding:
    if "admin" not in settings.second_factor_roles:
        message = "administrators may sign in with a password alone: CRMCORE_SECOND_FACTOR_ROLES=admin"
        return _found("second factor", "warning", message)
    return _found("second factor", "ok", "needed by " + ", ".join(settings.second_factor_roles))


def _plugins(settings: WorkspaceSettings) -> Finding:
    if settings.plugins is None:
        message = "whatever is installed is loaded: name the plugins you want in CRMCORE_PLUGINS"
        return _found("plugins", "warning", message)
    if not settings.strict:
        message = "a plugin that fails is left out and the rest starts; strict refuses to start instead"
        return _found("plugins", "ok", f"{len(settings.plugins)} named. Not strict: {message}")
    return _found("plugins", "ok", f"{len(settings.plugins)} named, strict")


def _metrics(settings: WorkspaceSettings) -> Finding:
    networks = [ip_network(address, strict=False) for address in settings.metrics_from]
    if any(network.prefixlen == 0 for network in networks):
        return _found(
            "metrics", "problem", "metrics_from names every address there is: anybody may read them"
        )
    if any(ip_address(here) in network for network in networks for here in ("127.0.0.1", "::1")):
        message = (
            "metrics_from lets this machine read the metrics without a token: so does everybody whom a proxy on it "
            "passes on without X-Forwarded-For. Let the proxy answer 404 to /metrics, or give Prometheus a token"
        )
        return _found("metrics", "warning", message)
    return _found("metrics", "ok", "for a token" + (", and for named addresses" if networks else ""))


def _outgoing(settings: WorkspaceSettings) -> Finding:
    hosts = settings.outgoing_hosts
    if bad := sorted(host for host in hosts if host in METADATA):
        message = f"outgoing_hosts has {', '.join(bad)}, where a cloud machine's credentials are handed out"
        return _found("outgoing", "problem", message)
    if bad := sorted(host for host in hosts if host in LOCAL):
        message = f"outgoing_hosts lets plugins reach this machine's own services: {', '.join(bad)}"
        return _found("outgoing", "warning", message)
    return _found("outgoing", "ok", "public addresses" + (f" and {', '.join(hosts)}" if hosts else " only"))


def _process() -> Finding:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        message = "this runs as root: give crmcore a user of its own"
        return _found("process", "warning", message)
    return _found("process", "ok", "not root")


def _demo(settings: WorkspaceSettings) -> Finding:
    file = settings.data_path / "demo.json"
    if file.exists():
        message = (
            f"{file} holds a password that works: this is a demo's workspace. Start with an empty folder."
        )
        return _found("demo", "problem", message)
    return _found("demo", "ok", "no demo data")

"""The file that says which workspaces a host has."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct, field

from crmcore.hosting.limits import Limits
from crmcore.hosting.together import refuse_other_versions
from crmcore.settings import SettingsError, WorkspaceSettings, load_settings

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
OWN = ("hosts", "suspended", "limits", "settings_file", "lock")


class HostSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all workspaces of a host share.

    ``data`` is the folder below which each has its own unless it names one. A workspace that nobody asks for
    ``idle_s`` seconds falls asleep; ``round_s`` is how often sleeping ones are looked after: reminders, snoozed
    conversations, mail to fetch. A job with a time of its own is run at that time. ``built`` is how many sleeping
    ones stay built and wake within milliseconds. ``logs`` is a folder for a log of each; empty writes all lines,
    each with its workspace, to the process's own.
    """

    data: str = "data"
    idle_s: Annotated[float, Meta(ge=1, le=86_400)] = 300.0
    round_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
    built: Annotated[int, Meta(ge=0, le=100_000)] = 1_000
    logs: str = ""
    limits: Limits = field(default_factory=Limits)


class Hosted(Struct, frozen=True, kw_only=True):
    """One workspace of the file: the host names it answers to, its settings and its bounds.

    ``lock`` is the file of the exact set that it was tried with, if there is one.
    """

    name: str
    hosts: tuple[str, ...]
    settings: WorkspaceSettings
    limits: Limits
    suspended: bool = False
    lock: str = ""


class Hosts(Struct, frozen=True, kw_only=True):
    """The whole file."""

    host: HostSettings
    workspaces: dict[str, Hosted]


def read_hosts(file: Path) -> Hosts:
    """Return what ``file`` says; folders in it are relative to its own.

    Raises :class:`~crmcore.settings.SettingsError` with the place when something cannot be: a workspace without a
    host name, a host name, folder or database of two.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}.") from error
    if unknown := sorted(set(document) - {"host", "workspaces"}):
        raise SettingsError(f"{file}: “{unknown[0]}” is not known; there are [host] and [workspaces.NAME].")
    host = _converted(document.get("host", {}), HostSettings, f"{file}: host")
    entries = document.get("workspaces")
    if not isinstance(entries, dict) or not entries:
        raise SettingsError(f"{file} has no workspaces. Add one, for example: [workspaces.acme]")
    base = file.resolve().parent
    workspaces = {name: _hosted(file, base, host, name, entry) for name, entry in entries.items()}
    _all_different(file, workspaces)
    locks = {name: Path(one.lock) for name, one in workspaces.items() if one.lock and not one.suspended}
    refuse_other_versions(file, locks)
    return Hosts(host=_placed(host, base), workspaces=workspaces)


def _placed(host: HostSettings, base: Path) -> HostSettings:
    return msgspec.structs.replace(
        host, data=str(base / host.data), logs=str(base / host.logs) if host.logs else ""
    )


def _hosted(file: Path, base: Path, host: HostSettings, name: str, entry: Any) -> Hosted:
    where = f"{file}: workspaces.{name}"
    if not NAME.fullmatch(name):
        raise SettingsError(f"{where}: a name has up to 40 of a-z, 0-9 and “-”.")
    if not isinstance(entry, dict):
        raise SettingsError(f"{where} is not a table.")
    names = _converted(entry.get("hosts", []), list[str], f"{where}.hosts")
    if not names:
        raise SettingsError(
            f'{where} has no hosts. Add the names it answers to: hosts = ["{name}.example.com"]'
        )
    hosts = tuple(one.lower().rstrip(".") for one in names)
    inline = {key: value for key, value in entry.items() if key not in OWN}
    for key in inline:
        if key not in WorkspaceSettings.__struct_fields__:
            raise SettingsError(f"{where}: “{key}” is not a setting.")
    written = entry.get("settings_file")
    try:
        settings = load_settings(
            base / written if written else None,
            environment={},
            unless_said={
                "base_url": f"https://{hosts[0]}",
                "data_dir": str(base / host.data / name),
                "name": name,
            },
            **inline,
        )
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
    settings = msgspec.structs.replace(settings, data_dir=str(base / settings.data_dir))
    own_limits = _converted(entry.get("limits", {}), dict[str, Any], f"{where}.limits")
    lock = _converted(entry.get("lock", ""), str, f"{where}.lock")
    return Hosted(
        name=name,
        hosts=hosts,
        settings=settings,
        limits=_converted({**msgspec.to_builtins(host.limits), **own_limits}, Limits, f"{where}.limits"),
        suspended=_converted(entry.get("suspended", False), bool, f"{where}.suspended"),
        lock=str(base / lock) if lock else "",
    )


def _all_different(file: Path, workspaces: dict[str, Hosted]) -> None:
    """Refuse two workspaces that would share a name, a folder or a database: nothing may cross."""
    seen: dict[tuple[str, str], str] = {}
    for name, hosted in workspaces.items():
        own = [("host name", one) for one in hosted.hosts]
        own.append(("folder", str(Path(hosted.settings.data_dir).resolve())))
        own.append(("database", _database_of(hosted.settings)))
        for what, value in own:
            other = seen.setdefault((what, value), name)
            if other != name:
                raise SettingsError(
                    f"{file}: workspaces.{other} and workspaces.{name} have one {what}: {value}"
                )


def _database_of(settings: WorkspaceSettings) -> str:
    """Return which database the settings name, however they write it; without a password."""
    url = urlsplit(settings.effective_database_url())
    if url.scheme == "sqlite":
        return str(Path(unquote(url.path.removeprefix("/"))).resolve())
    return f"{url.scheme.replace('postgresql', 'postgres')}://{url.hostname}:{url.port or 5432}{url.path}"


def _converted(value: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, TypeError) as error:
        raise SettingsError(f"{where}: {error}.") from error

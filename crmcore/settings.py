"""A workspace's own settings: where its data is, which plugins it wants, how it is reached."""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from crmcore.contacts.calling_codes import CALLING_CODES


class SettingsError(ValueError):
    """The settings cannot be used; the sentence names the file or variable and the path in it."""


class WorkspaceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything one workspace needs to start.

    ``data_dir`` holds the SQLite database, the key ring and uploads. ``database_url`` is empty for SQLite in
    ``data_dir``, or ``postgres://user:password@host:port/name``. ``plugins`` is None for every installed plugin, or
    the exact list of names. ``files_url`` is empty for uploads in ``data_dir``, or a bucket,
    ``s3://bucket/prefix?endpoint=…&region=…``, that ``files_key`` and ``files_secret`` open. ``max_file_mb`` is the
    largest upload in millions of bytes. ``no_plugins`` names plugins that are
    skipped whatever else is said; ``["*"]``
    skips all of them. ``strict`` refuses to start when a plugin fails. ``base_url`` is the public address.
    ``colour`` is that of buttons and links. Name, colour, language, time zone and address may be chosen in the page
    where they are not set here.
    ``outgoing_hosts`` names hosts of one's own network that plugins may reach. ``keep_deliveries_days`` is how
    long raw deliveries are kept after they were handled. ``default_country`` is whose
    national phone numbers are meant, a code of ISO 3166-1 that has a calling code. ``time_zone`` is the workspace's,
    by which nightly work is done, a name such as ``Europe/Berlin``. ``smtp_url`` is the server for
    mails, ``smtps://user:password@host:465``; empty sends none. ``mail_from`` is their sender.
    ``second_factor_roles`` names the roles that need a second factor to sign in. ``metrics_from`` are addresses
    and networks that may read the metrics without a token. ``traces_url`` is where OpenTelemetry spans are posted,
    ``http://127.0.0.1:4318/v1/traces``; empty makes none. Raises :class:`SettingsError`.
    """

    data_dir: str = ".crmcore"
    database_url: str = ""
    files_url: Annotated[str, Meta(max_length=500)] = ""
    files_key: str = ""
    files_secret: str = ""
    max_file_mb: Annotated[int, Meta(ge=1, le=2000)] = 20
    base_url: str = "http://127.0.0.1:8000"
    name: Annotated[str, Meta(max_length=60)] = "crmcore"
    colour: Annotated[str, Meta(pattern="^(blue|teal|green|violet|pink)$")] = "blue"
    plugins: list[str] | None = None
    no_plugins: list[str] = []
    strict: bool = False
    language: Annotated[str, Meta(pattern="^(en|ru)$")] = "en"
    time_zone: Annotated[str, Meta(max_length=64)] = "UTC"
    default_country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "US"
    outgoing_hosts: list[str] = []
    keep_deliveries_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    secret_key: str = ""
    smtp_url: Annotated[str, Meta(max_length=500)] = ""
    mail_from: Annotated[str, Meta(max_length=300)] = ""
    second_factor_roles: list[str] = []
    metrics_from: list[str] = []
    traces_url: Annotated[str, Meta(max_length=500, pattern="^(https?://[^\\s]+)?$")] = ""

    def __post_init__(self) -> None:
        if self.default_country not in CALLING_CODES:
            raise SettingsError(_unusable("default_country", self.default_country))
        if not _is_zone(self.time_zone):
            raise SettingsError(_unusable("time_zone", self.time_zone))
        for address in self.metrics_from:
            try:
                ip_network(address, strict=False)
            except ValueError as error:
                raise SettingsError(_unusable("metrics_from", address)) from error

    @property
    def data_path(self) -> Path:
        """The data folder as a path."""
        return Path(self.data_dir)

    def effective_database_url(self) -> str:
        """Return the database's URL, SQLite in the data folder unless another is set."""
        return self.database_url or f"sqlite:///{self.data_path / 'crm.sqlite'}"

    def __repr__(self) -> str:
        return f"WorkspaceSettings(data_dir={self.data_dir!r}, plugins={self.plugins!r})"


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    unless_said: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> WorkspaceSettings:
    """Return the settings from ``file`` (TOML), then the ``CRMCORE_…`` variables, then ``overrides``.

    ``unless_said`` stands in for the defaults of what none of them names.
    A variable is the field's name in capitals (``CRMCORE_DATABASE_URL``); lists are separated by commas;
    ``CRMCORE_DATA`` is short for the data folder. Raises :class:`SettingsError`.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = dict(unless_said or {})
    said_by: dict[str, str] = {}
    if file is not None:
        values.update(_read(file))
        said_by.update({name: f"{file}: {name}" for name in values})
    lists = {"plugins", "no_plugins", "outgoing_hosts", "second_factor_roles", "metrics_from"}
    for name in WorkspaceSettings.__struct_fields__:
        variable = f"CRMCORE_{name.upper()}"
        text = environment.get(variable)
        if text is not None:
            values[name] = _listed(text) if name in lists else text
            said_by[name] = variable
    if data := environment.get("CRMCORE_DATA"):
        values["data_dir"] = data
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(values, WorkspaceSettings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_fault(values, said_by) or f"settings: {error}") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"The settings file {file} does not exist.") from error
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {file} is not a text in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {file} is not valid TOML: {error}.") from error
    for name in values:
        if name not in WorkspaceSettings.__struct_fields__:
            near = get_close_matches(name, WorkspaceSettings.__struct_fields__, 1)
            known = ", ".join(WorkspaceSettings.__struct_fields__)
            hint = f"Did you mean “{near[0]}”?" if near else f"There are {known}."
            raise SettingsError(f"{file}: “{name}” is not a setting. {hint}")
    return values


_POSSIBLE = {
    "name": "a text of at most 60 characters",
    "files_url": "a text of at most 500 characters",
    "max_file_mb": "a number from 1 to 2000",
    "plugins": "a list of names",
    "no_plugins": "a list of names",
    "strict": "true or false",
    "language": "en or ru",
    "colour": "blue, teal, green, violet or pink",
    "default_country": "the two capital letters of a country with a calling code, such as GB",
    "time_zone": "the name of a time zone, such as Europe/Berlin",
    "outgoing_hosts": "a list of hosts",
    "keep_deliveries_days": "a number of days from 1 to 3650",
    "smtp_url": "a text of at most 500 characters",
    "mail_from": "a text of at most 300 characters",
    "second_factor_roles": "a list of roles",
    "metrics_from": "a list of IP addresses or networks",
    "traces_url": "an address such as http://127.0.0.1:4318/v1/traces",
}


def _fault(values: Mapping[str, Any], said_by: Mapping[str, str]) -> str:
    """Return in a sentence which setting cannot be used, who said it, and what is possible."""
    for field in msgspec.structs.fields(WorkspaceSettings):
        name = field.name
        try:
            if name in values:
                msgspec.convert(values[name], field.type, strict=False)
        except msgspec.ValidationError:
            return _unusable(name, values[name], said_by.get(name))
    if (country := values.get("default_country", "US")) not in CALLING_CODES:
        return _unusable("default_country", country, said_by.get("default_country"))
    if not _is_zone(zone := values.get("time_zone", "UTC")):
        return _unusable("time_zone", zone, said_by.get("time_zone"))
    return ""


def _unusable(name: str, value: Any, said_by: str | None = None) -> str:
    # A password, also one in a URL, is never repeated.
    shown = "" if name in ("secret_key", "files_secret", "database_url", "smtp_url") else f", not “{value}”"
    return f"{said_by or name} must be {_POSSIBLE.get(name, 'a text')}{shown}."


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]

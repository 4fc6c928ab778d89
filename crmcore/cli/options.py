"""The options that every command understands, wherever they stand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from crmcore.cli.place import Place

F = TypeVar("F", bound=Callable[..., Any])
PORT = click.IntRange(0, 65535)


def workspace_options(command: F) -> F:
    """Add ``--data``, ``--settings``, ``--no-plugins`` and ``--strict`` to ``command``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def json_option(command: F) -> F:
    """Add ``--json``, which a program reads instead of the table."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(command)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if value is None:
        return
    place: Place = context.find_root().ensure_object(Place)
    setattr(place, str(option.name), value)


def _names(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is not None:
        _remember(context, option, [name for part in value.split(",") if (name := part.strip())] or ["*"])


_OPTIONS = (
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        expose_value=False,
        callback=_remember,
        help="Data folder of the workspace. Default: CRMCORE_DATA, or .crmcore.",
    ),
    click.option(
        "--settings",
        "settings_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_remember,
        help="Settings of the workspace, a TOML file. Default: CRMCORE_SETTINGS, or none.",
    ),
    click.option(
        "--no-plugins",
        "no_plugins",
        metavar="[=A,B]",
        expose_value=False,
        callback=_names,
        help="Start without plugins, or without those named.",
    ),
    click.option(
        "--strict",
        "strict",
        is_flag=True,
        default=None,
        expose_value=False,
        callback=_remember,
        help="Refuse to start when a plugin cannot be loaded.",
    ),
)

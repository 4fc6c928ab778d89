"""How commands print: tables for people, JSON for programs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import rich_click as click


def print_json(value: Any) -> None:
    """Print ``value`` as JSON, indented, on stdout."""
    encoded = msgspec.json.encode(value, enc_hook=str)
    click.echo(msgspec.json.format(encoded, indent=2).decode())


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """Print aligned columns, or the sentence ``empty`` when there are no rows. Nothing is cut off."""
    if not rows:
        click.echo(empty)
        return
    widths = [max(len(line[column]) for line in [header, *rows]) for column in range(len(header))]
    for number, line in enumerate([header, *rows]):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)


def moment(value: datetime | None) -> str:
    """Return a moment as people read it, in UTC."""
    return value.strftime("%Y-%m-%d %H:%M:%S") if value else ""

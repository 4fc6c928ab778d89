"""What the command line says of an import."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.output import print_json

if TYPE_CHECKING:
    from crmcore.contracts.actors import Actor
    from crmcore.importing.refused_rows import Left
    from crmcore.importing.run import Import
    from crmcore.workspace import Crm

SHOWN_ERRORS = 20
JSON_ERRORS = 1000


def importer(file_name: str) -> Actor:
    """Return who imports from the command line: the history names the file."""
    from crmcore.contracts.actors import Actor

    return Actor(kind="import", label=file_name[:200], permissions=frozenset({"*"}))


async def save_left(crm: Crm, run: Import, errors: Path | None, skipped: Path | None) -> None:
    """Write the files that were asked for: refused rows as they were with their reasons, ready to be mended and
    imported again, and skipped rows with what they matched."""
    if errors is not None:
        await _save(crm, run, errors, "refused")
    if skipped is not None:
        await _save(crm, run, skipped, "skipped")


async def _save(crm: Crm, run: Import, file: Path, left: Left) -> None:
    pieces = await crm.imports.errors(run.id, actor=importer(run.file_name), left=left)
    with file.open("wb") as stream:
        async for piece in pieces:
            stream.write(piece)


async def tell_undone(crm: Crm, run: Import, as_json: bool = False) -> None:
    """Print what became of the rows of an import that was taken back."""
    kept = await crm.imports.kept(run.id, actor=importer(""))
    if as_json:
        rows = [{"row": row.row, "record_id": row.record_id, "sentence": row.sentence()} for row in kept]
        shown = ("state", "undone", "kept", "error")
        print_json({"id": run.id, **{name: getattr(run, name) for name in shown}, "kept_rows": rows})
        return
    for row in kept:
        click.echo(f"row {row.row}: {row.record_id} is kept: {row.sentence()}", err=True)
    if run.state == "failed":
        click.echo(f"crmcore: {run.error}", err=True)
    click.echo(f"{run.undone} undone, {run.kept} kept")


async def tell(crm: Crm, run: Import, as_json: bool, listed: bool) -> None:
    """Print what became of the rows; skipped ones are ``listed`` in a file already."""
    limit = JSON_ERRORS if as_json else SHOWN_ERRORS
    refused = await crm.imports.refused(run.id, actor=importer(run.file_name), limit=limit)
    if as_json:
        errors = [{"row": row.row, "sentence": row.sentence(), "problems": row.problems} for row in refused]
        shown = ("state", "created", "updated", "unchanged", "skipped", "refused", "error")
        known = await crm.imports.skipped(run.id, actor=importer(run.file_name), limit=limit)
        skipped = [{"row": row.row, "sentence": row.sentence(), "record_id": row.record_id} for row in known]
        values = {name: getattr(run, name) for name in shown}
        print_json({"id": run.id, **values, "errors": errors, "skipped_rows": skipped})
        return
    for row in refused:
        click.echo(f"row {row.row}: {row.sentence()}", err=True)
    if run.refused > len(refused):
        click.echo(f"… and {run.refused - len(refused)} more; --errors FILE writes them all.", err=True)
    if run.skipped and not listed:
        click.echo(
            "--skipped FILE lists the rows that were skipped, each with the record it matched.", err=True
        )
    if run.state == "failed":
        click.echo(f"crmcore: {run.error} Go on with: crmcore import resume {run.id}", err=True)
    unchanged = f", {run.unchanged} unchanged" if run.unchanged else ""
    would = "Would be: " if run.settings.dry_run else ""
    click.echo(
        f"{would}{run.created} created, {run.updated} updated{unchanged}, {run.skipped} skipped as known, "
        f"{run.refused} refused"
    )
    if sys.stderr.isatty() and not run.settings.dry_run and (run.created or run.updated):
        click.echo(f"To take it back: crmcore import undo {run.id}", err=True)

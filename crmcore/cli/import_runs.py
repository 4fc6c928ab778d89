"""``crmcore import list``, ``resume``, ``cancel`` and ``undo``."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import rich_click as click

from crmcore.cli.imported import importer, save_left, tell, tell_undone
from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import moment, print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.importing.run import Import
    from crmcore.workspace import Crm


@click.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List the imports of the last thirty days, the newest first.

    \b
    Example:
      crmcore import list
    """

    async def work() -> list[Import]:
        async with place.opened(place.existing()) as crm:
            return await crm.imports.newest(actor=importer(""), limit=200)

    found = run(work())
    if as_json:
        print_json(found)
        return
    rows = [
        [
            str(item.id),
            moment(item.created_at),
            item.file_name,
            item.record_type,
            item.state,
            f"{item.done}/{item.total}",
            str(item.refused),
        ]
        for item in found
    ]
    print_table(["ID", "AT", "FILE", "RECORDS", "STATE", "ROWS", "REFUSED"], rows, "No imports.")


@click.command("resume")
@click.argument("id")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="CSV file for the refused rows."
)
@click.option(
    "--skipped",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV file for the rows skipped as known: by what, and the id of the record that each matched.",
)
@json_option
@workspace_options
@click.pass_context
def resume(context: click.Context, id: str, errors: Path | None, skipped: Path | None, as_json: bool) -> None:
    """Go on with an import, or its undoing, that was stopped, failed, or whose process died.

    No row is imported twice and none is left out. Another process that works on it stops.

    \b
    Example:
      crmcore import resume 019a8f1e-…
    """
    place: Place = context.obj

    async def work() -> tuple[Import, int]:
        async with place.opened(place.existing()) as crm:
            whole = await _whole(crm, id)
            found = await crm.imports.resume(whole, actor=importer(""), in_background=False)
            undoing = found.state == "undoing"
            what = f"{'Undoing' if undoing else 'Importing'} {found.file_name}"
            done = await crm.imports.work(whole, None if as_json else partial(ProgressLine(sys.stderr), what))
            if undoing:
                await tell_undone(crm, done, as_json)
                return done, done.kept
            await save_left(crm, done, errors, skipped)
            await tell(crm, done, as_json, listed=skipped is not None)
            return done, done.refused

    done, left = run(work())
    context.exit(1 if left or done.state == "failed" else 0)


@click.command("cancel")
@click.argument("id")
@workspace_options
@click.pass_obj
def cancel(place: Place, id: str) -> None:
    """Stop an import that is at work or waits; what was imported stays.

    \b
    Example:
      crmcore import cancel 019a8f1e-…
    """

    async def work() -> Import:
        async with place.opened(place.existing()) as crm:
            return await crm.imports.cancel(await _whole(crm, id), actor=importer(""))

    found = run(work())
    click.echo(f"Stopped after {found.done} of {found.total} rows.")


@click.command("undo")
@click.argument("id")
@workspace_options
@click.pass_context
def undo(context: click.Context, id: str) -> None:
    """Take an import back: what it created is deleted, what it changed gets its values back.

    Records that somebody changed since are kept, and told. Exit code 1 when there are any.

    \b
    Example:
      crmcore import undo 019a8f1e-…
    """
    place: Place = context.obj

    async def work() -> Import:
        async with place.opened(place.existing()) as crm:
            whole = await _whole(crm, id)
            found = await crm.imports.get(whole, actor=importer(""))
            if found.state != "undoing":
                actor = importer(found.file_name)
                await crm.imports.undo(whole, actor=actor, in_background=False)
            line = partial(ProgressLine(sys.stderr), f"Undoing {found.file_name}")
            done = await crm.imports.work(whole, line)
            await tell_undone(crm, done)
            return done

    done = run(work())
    context.exit(1 if done.kept or done.state == "failed" else 0)


async def _whole(crm: Crm, beginning: str) -> UUID:
    """Return the id of the one import whose id begins so. Raises :class:`Refused` when there is not just one."""
    with suppress(ValueError):
        return UUID(beginning)
    wanted = beginning.lower().removesuffix("…").replace("-", "")
    newest = await crm.imports.newest(actor=importer(""), limit=200)
    found = [item.id for item in newest if wanted and item.id.hex.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{len(found)} imports begin with {beginning}: write more of the id.")
    raise Refused(f"No import begins with {beginning}. `crmcore import list` shows them.")

"""``crmcore import``: spreadsheets become records, and can be taken back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.import_runs import cancel, list_, resume, undo
from crmcore.cli.imported import importer, save_left, tell
from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.record_types import record_type_named

if TYPE_CHECKING:
    from crmcore.importing.preview import Preview
    from crmcore.importing.run import Duplicates, Import

_FILE = "file"


class ImportGroup(click.RichGroup):
    """``crmcore import contacts people.csv`` is ``crmcore import file contacts people.csv``."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        first = _behind_global_options(args)
        if args[first:] and args[first] not in (*self.commands, "-h", "--help"):
            args = [*args[:first], _FILE, *args[first:]]
        return super().parse_args(context, args)


def _behind_global_options(args: Sequence[str]) -> int:
    """Return where the first argument stands that is no option of the whole command."""
    place = 0
    while place < len(args):
        if args[place] in ("--data", "--settings"):
            place += 2
        elif args[place] == "--strict" or args[place].startswith(("--data=", "--settings=", "--no-plugins")):
            place += 1
        else:
            break
    return place


@click.group("import", cls=ImportGroup)
@workspace_options
def import_() -> None:
    """Import spreadsheets: `crmcore import contacts people.csv`; go on with an import, take it back.

    \b
    Examples:
      crmcore import contacts people.csv --preview
      crmcore import contacts people.xlsx --map "Town=custom.city" --errors refused.csv
      crmcore import undo 019a-…
    """


@click.command(_FILE)
@click.argument("records")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "chosen",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="Which field a column goes into, for example --map 'Town=custom.city'; nothing after = leaves it out. Or "
    "a JSON object of them. Columns that are not named are guessed; a mapping is remembered for the next file with "
    "the same columns.",
)
@click.option("--delimiter", default="", help="Default: found out. Write tab for a tab.")
@click.option("--encoding", default="", help="Default: found out.")
@click.option("--sheet", default="", help="Of a workbook. Default: the first.")
@click.option(
    "--duplicates",
    default="skip",
    show_default=True,
    type=click.Choice(["skip", "update", "merge", "refuse"]),
    help="What happens to a record that is known: skipped, updated with the cells that are not empty, merged (only "
    "what is empty is filled, lists are added to), or the row is refused.",
)
@click.option(
    "--key",
    default="",
    metavar="FIELD",
    help="By which field records are known, for example id, name or custom.external_id. Default: contacts by their "
    "e-mail addresses, phone numbers and handles, others not at all.",
)
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="CSV file for the refused rows."
)
@click.option(
    "--skipped",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV file for the rows skipped as known: by what, and the id of the record that each matched.",
)
@click.option(
    "--allow-erased",
    is_flag=True,
    help="Also make contacts of people whose data was erased; their rows are refused otherwise.",
)
@click.option("--dry-run", is_flag=True, help="Check every row and write nothing.")
@click.option("--preview", is_flag=True, help="Only show which column goes where, and the first rows.")
@json_option
@workspace_options
@click.pass_context
def file_(
    context: click.Context,
    records: str,
    file: Path,
    chosen: tuple[str, ...],
    delimiter: str,
    encoding: str,
    sheet: str,
    duplicates: Duplicates,
    key: str,
    errors: Path | None,
    skipped: Path | None,
    allow_erased: bool,
    dry_run: bool,
    preview: bool,
    as_json: bool,
) -> None:
    """Import the rows of a CSV or XLSX FILE as RECORDS: contacts, companies, or a plugin's records.

    Encoding, delimiter and columns are found out. Every row passes the same checks as a form; refused rows are
    told with their reasons, the others go in. Exit code 1 when a row was refused.

    \b
    Examples:
      crmcore import contacts people.csv --preview
      crmcore import contacts people.csv --map "Town=custom.city" --errors refused.csv
      crmcore import file companies firms.xlsx --key name --duplicates merge --dry-run
    """
    place: Place = context.obj
    mapping = _mapping(chosen)

    async def work() -> Import | Preview:
        from crmcore.importing.run import ImportSettings
        from crmcore.importing.storage import blocks_of

        settings = ImportSettings(
            mapping=mapping,
            delimiter={"tab": "\t"}.get(delimiter, delimiter)[:1],
            encoding=encoding,
            sheet=sheet,
            duplicates=duplicates,
            key=key,
            dry_run=dry_run,
            allow_erased=allow_erased,
        )
        async with place.opened() as crm:
            record_type = record_type_named(crm, records)
            actor = importer(file.name)
            found = await crm.imports.receive(record_type, file.name, blocks_of(file), actor=actor)
            if preview:
                shown = await crm.imports.preview(found.id, settings, actor=actor)
                await crm.imports.delete(found.id, actor=actor)
                return shown
            try:
                await crm.imports.start(found.id, settings, actor=actor, in_background=False)
            except BaseException:
                await crm.imports.delete(found.id, actor=actor)
                raise
            line = None if as_json else partial(ProgressLine(sys.stderr), f"Importing {records}")
            done = await crm.imports.work(found.id, line)
            await save_left(crm, done, errors, skipped)
            await tell(crm, done, as_json, listed=skipped is not None)
            return done

    result = run(work())
    if preview:
        _show_preview(result, file.name, as_json)  # type: ignore[arg-type]  # it is one
        return
    failed = result.state == "failed" or result.refused  # type: ignore[union-attr]  # an import
    context.exit(1 if failed else 0)


for _command in (file_, list_, resume, cancel, undo):
    import_.add_command(_command)


def _mapping(chosen: tuple[str, ...]) -> dict[str, str]:
    import msgspec

    mapping: dict[str, str] = {}
    for text in chosen:
        if text.lstrip().startswith("{"):
            try:
                mapping |= msgspec.json.decode(text, type=dict[str, str])
            except msgspec.DecodeError as error:
                raise click.UsageError(f"--map: this is not a JSON object of texts: {error}") from error
            continue
        column, equals, field = text.rpartition("=")
        if not equals:
            raise click.UsageError(f"--map wants COLUMN=FIELD, not {text!r}")
        mapping[column.strip()] = field.strip()
    return mapping


def _show_preview(preview: Preview, name: str, as_json: bool) -> None:
    if as_json:
        print_json(preview)
        return
    facts = preview.facts
    if facts["format"] == "csv":
        delimiter = "tab" if facts["delimiter"] == "\t" else facts["delimiter"]
        how = f"{facts['encoding']}, cells separated by {delimiter}"
    else:
        how = f"the sheet {facts['sheet']}"
    again = "; columns as they went last time" if preview.remembered else ""
    click.echo(f"{name}: {preview.total} rows, {how}{again}")
    width = max(len(column.column) for column in preview.columns)
    for column in preview.columns:
        samples = f"   {', '.join(column.samples)}" if column.samples else ""
        click.echo(f"  {column.column.ljust(width)}  →  {column.field or '(left out)'}{samples}")
    for row in preview.rows:
        reasons = " ".join(f"{problem['path']}: {problem['message']}" for problem in row.problems)
        click.echo(f"  row {row.row}, {row.outcome}: {reasons or row.document}")

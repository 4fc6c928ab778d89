"""``crmcore import``: spreadsheets become records."""

from __future__ import annotations

import csv
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.importing.importer import Duplicates, ImportReport
    from crmcore.importing.mapping import ColumnMapping
    from crmcore.importing.sheet import Sheet
    from crmcore.workspace import Crm

SHOWN_ERRORS = 20


@click.command("import")
@click.argument("records")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "chosen",
    multiple=True,
    metavar="COLUMN=FIELD",
    help="Which field a column goes into, for example --map 'Town=custom.city'; nothing after = leaves it out. "
    "Columns that are not named are guessed.",
)
@click.option("--delimiter", default="", help="Default: found out. Write tab for a tab.")
@click.option("--encoding", default="", help="Default: found out.")
@click.option(
    "--duplicates",
    default="skip",
    show_default=True,
    type=click.Choice(["skip", "update", "refuse"]),
    help="What happens to a contact whose e-mail or phone is known.",
)
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="CSV file for the refused rows."
)
@click.option("--preview", is_flag=True, help="Import nothing: show which column goes where, and three rows.")
@json_option
@workspace_options
@click.pass_context
def import_(
    context: click.Context,
    records: str,
    file: Path,
    chosen: tuple[str, ...],
    delimiter: str,
    encoding: str,
    duplicates: Duplicates,
    errors: Path | None,
    preview: bool,
    as_json: bool,
) -> None:
    """Import the rows of a CSV FILE as RECORDS: contacts, companies, or a plugin's records.

    Encoding, delimiter and columns are found out. Every row passes the same checks as a form; refused rows are
    told with their reasons, the others go in. Exit code 1 when a row was refused.

    \b
    Examples:
      crmcore import contacts people.csv --preview
      crmcore import contacts people.csv --map "Town=custom.city" --errors refused.csv
      crmcore import contacts people.csv --duplicates update --json
    """
    place: Place = context.obj
    fields = dict(_pair(text) for text in chosen)

    async def work() -> ImportReport | None:
        from crmcore.contracts.actors import Actor
        from crmcore.importing.importer import Importer
        from crmcore.importing.mapping import MappingError, map_columns
        from crmcore.importing.sheet import SheetError, open_sheet

        async with place.opened() as crm:
            key = _record_type(crm, records)
            try:
                sheet = open_sheet(file, encoding=encoding, delimiter={"tab": "\t"}.get(delimiter, delimiter))
                mapping = map_columns(sheet.header, await crm.records.schema(key), fields)
                if preview:
                    _show_preview(sheet, mapping, as_json)
                    return None
                actor = Actor(kind="import", label=file.name[:200], permissions=frozenset({"*"}))
                importer = Importer(crm, key, mapping, actor=actor, duplicates=duplicates)
                if as_json:
                    report = await importer.run(sheet)
                else:
                    line = partial(ProgressLine(sys.stderr), f"Importing {records}")
                    report = await importer.run(sheet, progress=line)
            except (SheetError, MappingError) as error:
                raise Refused(str(error)) from error
            if errors is not None:
                _write_errors(errors, sheet, report)
            return report

    report = run(work())
    if report is None:
        return
    if as_json:
        print_json(
            {
                "created": report.created,
                "updated": report.updated,
                "skipped": report.skipped,
                "errors": [
                    {"row": error.row, "sentence": error.sentence(), "problems": error.problems}
                    for error in report.errors
                ],
            }
        )
    else:
        _tell(report)
    context.exit(1 if report.errors else 0)


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.rpartition("=")
    if not equals:
        raise click.UsageError(f"--map wants COLUMN=FIELD, not {text!r}")
    return column.strip(), field.strip()


def _record_type(crm: Crm, name: str) -> str:
    for key, kind in crm.records.types.items():
        if name in (key, kind.plural):
            return key
    kinds = ", ".join(kind.plural for kind in crm.records.types.values() if kind.creatable)
    raise Refused(f"There are no records named {name!r}; there are {kinds}.")


def _show_preview(sheet: Sheet, mapping: ColumnMapping, as_json: bool) -> None:
    documents = [mapping.document(row.cells)[0] for _, row in zip(range(3), sheet.rows(), strict=False)]
    columns = [
        {"column": column, "field": field}
        for column, field in zip(sheet.header, mapping.targets, strict=True)
    ]
    if as_json:
        found = {"encoding": sheet.encoding, "delimiter": sheet.delimiter, "rows": sheet.count()}
        print_json({**found, "columns": columns, "first": documents})
        return
    delimiter = "tab" if sheet.delimiter == "\t" else sheet.delimiter
    click.echo(f"{sheet.file.name}: {sheet.count()} rows, {sheet.encoding}, cells separated by {delimiter}")
    width = max(len(column["column"]) for column in columns)
    for column in columns:
        click.echo(f"  {column['column'].ljust(width)}  →  {column['field'] or '(left out)'}")
    for document in documents:
        click.echo(f"  {document}")


def _tell(report: ImportReport) -> None:
    for error in report.errors[:SHOWN_ERRORS]:
        click.echo(f"row {error.row}: {error.sentence()}", err=True)
    if len(report.errors) > SHOWN_ERRORS:
        click.echo(
            f"… and {len(report.errors) - SHOWN_ERRORS} more; --errors FILE writes them all.", err=True
        )
    click.echo(
        f"{report.created} created, {report.updated} updated, {report.skipped} skipped as known, "
        f"{len(report.errors)} refused"
    )


def _write_errors(file: Path, sheet: Sheet, report: ImportReport) -> None:
    """Write the refused rows as they were, with their reasons in a last column, ready to mend and import again."""
    refused = {error.row: error.sentence() for error in report.errors}
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=sheet.delimiter)
        writer.writerow([*sheet.header, "error"])
        for row in sheet.rows():
            if row.number in refused:
                # A spreadsheet runs cells that begin like this as formulas.
                cells = [f"'{cell}" if cell[:1] in "=+-@" and cell else cell for cell in row.cells]
                writer.writerow([*cells, refused[row.number]])

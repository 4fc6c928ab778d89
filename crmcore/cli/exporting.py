"""``crmcore export``: records become a spreadsheet."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import rich_click as click

from crmcore.cli.options import workspace_options
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.record_types import record_type_named
from crmcore.cli.refusals import Refused


@click.command()
@click.argument("records")
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file; its ending, .csv or .xlsx, says what it is. Use - for CSV on stdout.",
)
@click.option("-q", "--words", "q", default="", help="Only what a search for these words finds.")
@click.option("--filter", "filter_", default="", metavar="JSON", help="Only what this filter finds.")
@click.option("--view", type=click.UUID, help="Only what this saved view finds; shared ones only.")
@click.option("--sort", default="", help="The order. Default: the oldest first.")
@click.option("--columns", default="", metavar="A,B", help="Fields by name. Default: all.")
@click.option("--labels", is_flag=True, help="Labels above the columns instead of names.")
@click.option(
    "--language", type=click.Choice(["en", "ru"]), default="en", show_default=True, help="Of the labels."
)
@click.option("--delimiter", default=",", show_default=True, help="Of CSV: a comma, a semicolon or tab.")
@workspace_options
@click.pass_obj
def export(
    place: Place,
    records: str,
    file: Path,
    q: str,
    filter_: str,
    view: UUID | None,
    sort: str,
    columns: str,
    labels: bool,
    language: str,
    delimiter: str,
) -> None:
    """Export RECORDS to a CSV or XLSX file, which an import reads back.

    Texts that a spreadsheet would run as formulas begin with an apostrophe; sensitive values are masked.

    \b
    Examples:
      crmcore export contacts --to people.xlsx
      crmcore export contacts --to vip.csv --filter '{"field": "tags", "op": "in", "value": ["vip"]}'
      crmcore export companies --to - --columns name,domain
    """
    kind = "csv" if str(file) == "-" else file.suffix.lower().removeprefix(".")
    if kind not in ("csv", "xlsx"):
        raise click.UsageError("--to wants a file that ends with .csv or .xlsx, or - for CSV on stdout")
    asked: dict[str, Any] = {"query": {"q": q, "sort": sort}, "format": kind, "labels": labels}
    asked["delimiter"] = {"tab": "\t"}.get(delimiter, delimiter)
    if view is not None:
        asked["view"] = str(view)
    if columns.strip():
        asked["columns"] = [name.strip() for name in columns.split(",")]
    run(_export(place, records, file, asked, filter_, language))


async def _export(
    place: Place, records: str, file: Path, asked: dict[str, Any], filter_: str, language: str
) -> None:
    import msgspec

    from crmcore.contracts.actors import Actor
    from crmcore.exporting.service import ExportSettings

    try:
        if filter_:
            asked["query"]["filter"] = msgspec.json.decode(filter_)
        settings = msgspec.convert(asked, ExportSettings)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refused(f"That cannot be exported: {error}") from error
    async with place.opened(place.existing()) as crm:
        key = record_type_named(crm, records)
        actor = Actor(kind="system", label="export", permissions=frozenset({"*"}), language=language)
        to_stdout = str(file) == "-"
        line = None if to_stdout else partial(ProgressLine(sys.stderr), f"Exporting {records}")
        found = await crm.exports.prepare(key, settings, actor=actor, progress=line)
        if to_stdout:
            async for piece in found.pieces:
                sys.stdout.buffer.write(piece)
            return
        # Nobody finds half a file under the name.
        part = file.with_name(f"{file.name}.{uuid4().hex[:8]}.part")
        try:
            with part.open("wb") as stream:
                async for piece in found.pieces:
                    stream.write(piece)
            part.replace(file)
        except OSError as error:
            raise Refused(f"{file}: {error.strerror or error}") from error
        finally:
            part.unlink(missing_ok=True)
    click.echo(f"Written: {file}")

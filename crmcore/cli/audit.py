"""``crmcore audit``: who did what, and is it as it was written?"""

import sys
from pathlib import Path

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine


@click.group()
def audit() -> None:
    """Who did what, when and why."""


@audit.command()
@click.option("--expect", default="", metavar="HEAD", help="The head of an earlier verification.")
@json_option
@workspace_options
@click.pass_context
def verify(context: click.Context, expect: str, as_json: bool) -> None:
    """Go through the whole chain and name whatever was changed, added or deleted since it was written.

    Exit code 1 when something is not as it was. Keep the printed head elsewhere: given with --expect the next
    time, it shows whether something was cut off at the end.

    \b
    Examples:
      crmcore audit verify
      crmcore audit verify --expect 8c5e…
    """
    from crmcore.contracts.actors import system_actor

    async def work() -> bool:
        place: Place = context.obj
        async with place.opened(place.existing()) as crm:
            line = ProgressLine()
            verdict = await crm.audit.verify(
                actor=system_actor("command line"),
                expect=expect,
                told=lambda done, total: None if as_json else line("seals", done, total),
            )
        if as_json:
            print_json(
                {
                    "sound": verdict.sound,
                    **{name: getattr(verdict, name) for name in verdict.__struct_fields__},
                }
            )
            return verdict.sound
        for fault in verdict.faults:
            click.echo(
                f"{fault.kind:14} seal {fault.seal}" + (f", entry {fault.entry}" if fault.entry else "")
            )
        if verdict.found_expected is False:
            click.echo("The expected head is not in the chain: seals were cut off or replaced.")
        judged = "as they were written" if verdict.sound else "NOT as they were written"
        click.echo(
            f"{verdict.entries} entries in {verdict.seals} seals, {verdict.redacted} without their words, "
            f"{verdict.unsealed} not sealed yet: {judged}."
        )
        click.echo(f"Head: {verdict.head or 'none yet'}")
        return verdict.sound

    context.exit(0 if run(work()) else 1)


@audit.command()
@click.option(
    "--to", "file", type=click.Path(path_type=Path), help="The file; without it, to the standard output."
)
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--record-type", default="", help="Only what was done to these: contact, session, plugin …")
@click.option("--action", default="", help="Only this action: create, update, sign_in …")
@workspace_options
@click.pass_obj
def export(place: Place, file: Path | None, kind: str, record_type: str, action: str) -> None:
    """Write all entries to a file, the newest first.

    \b
    Example:
      crmcore audit export --format csv --to audit.csv
    """
    from crmcore.audit.export import audit_file
    from crmcore.audit.query import AuditQuery
    from crmcore.contracts.actors import system_actor

    async def work() -> None:
        async with place.opened(place.existing()) as crm:
            entries = crm.audit.entries(
                AuditQuery(record_type=record_type, action=action), actor=system_actor("command line")
            )
            stream = file.open("wb") if file else sys.stdout.buffer
            try:
                async for piece in audit_file(entries, "csv" if kind == "csv" else "jsonl"):
                    stream.write(piece)
            finally:
                stream.flush()
                if file:
                    stream.close()

    run(work())

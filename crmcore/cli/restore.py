"""``crmcore restore``: a workspace out of a backup."""

from pathlib import Path

import rich_click as click

from crmcore.cli.options import workspace_options
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine
from crmcore.cli.refusals import Refused


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Look at the copy before it is put in place; print a verdict.")
@click.option("--replace", is_flag=True, help="Replace what is there, after you typed its name.")
@workspace_options
@click.pass_obj
def restore(place: Place, file: Path, verify: bool, replace: bool) -> None:
    """Restore a backup into an empty place: another data folder, another PostgreSQL database.

    The archive is read to its end first; one that is damaged or cut off is refused. The copy is made beside its
    place and put there when it is whole. Its engine may be another than the backup's: SQLite on the first day,
    PostgreSQL later, and back. A backup of an older version is migrated; one of a newer version is refused.

    With --verify the copy is put in place only when its counts, foreign keys, keys, uploads and the chain of its
    audit are as they should be. Stop every process of the workspace before you use --replace.

    \b
    Examples:
      crmcore restore crm-2026-11-22.tar.gz --verify --data /var/lib/crmcore
      CRMCORE_DATABASE_URL=postgres://crm@localhost/crm crmcore restore crm.tar.gz --verify
    """
    from crmcore.backup.reading import Archive
    from crmcore.backup.restoring import Restore, staging_of
    from crmcore.cli.presence import database_place

    settings = place.settings()
    where = database_place(settings)

    async def work() -> None:
        if await staging_of(settings.effective_database_url()).occupied():
            if not replace:
                raise Refused(
                    f"There is a workspace at {where} already. Restore into another place, or add --replace."
                )
            click.echo(f"Everything at {where} will be replaced. Type {where} to go on.")
            if click.prompt("", prompt_suffix="> ", default="", show_default=False) != where:
                raise Refused("Nothing was replaced.")
        archive = Archive.checked(file)
        header = archive.header
        click.echo(
            f"{file} is whole: crmcore {header.version}, {header.engine}, {header.created_at:%Y-%m-%d %H:%M} UTC."
        )
        restoring = Restore(archive, settings, lambda url: place.build(database_url=url), ProgressLine())
        verdict = await restoring.run(verify=verify)
        if verdict is not None:
            click.echo(
                f"Verified: every row count, foreign keys, {verdict.audit_entries} audit entries in "
                f"{verdict.audit_seals} seals (head {verdict.head[:16] or 'none'}), {verdict.uploads} uploads."
            )
            for problem in verdict.problems[:20]:
                click.echo(f"problem: {problem}", err=True)
            if not verdict.sound:
                raise Refused(
                    f"{len(verdict.problems)} problems; the copy was not put in place. Without --verify it is."
                )
        click.echo(f"Restored to {where}." + (" Sound." if verdict else ""))

    run(work())

"""``crmcore backup``: everything a workspace has, in one file."""

from pathlib import Path

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine


@click.command()
@click.option(
    "--to",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The archive to write, such as crm-2026-11-22.tar.gz. It must not be there yet.",
)
@click.option("--with-key", is_flag=True, help="Put the secret key into the archive too.")
@json_option
@workspace_options
@click.pass_obj
def backup(place: Place, file: Path, with_key: bool, as_json: bool) -> None:
    """Write a backup of the workspace into one file, while it works.

    Everything is as at one moment, whatever people do meanwhile: all tables, uploads and files of imports and
    exports. The same archive can be restored to SQLite and to PostgreSQL.

    The secret key is NOT in it unless --with-key: keep the key elsewhere, because without it the encrypted values of
    the backup cannot be read. With --with-key whoever has the file can read everything.

    \b
    Examples:
      crmcore backup --to /var/backups/crm-2026-11-22.tar.gz
      crmcore backup --to everything.tar.gz --with-key
    """
    from crmcore.backup.making import make_backup
    from crmcore.backup.manifest import Manifest

    def quiet(what: str, done: int, total: int) -> None:
        return None

    async def work() -> Manifest:
        crm = place.existing()
        try:
            return await make_backup(crm, file, with_key=with_key, told=quiet if as_json else ProgressLine())
        finally:
            crm.host.close()

    manifest = run(work())
    rows, size = sum(manifest.rows(table) for table in manifest.parts), file.stat().st_size
    if as_json:
        told = {"file": str(file), "bytes": size, "rows": rows, "uploads": manifest.files}
        print_json(told | {"missing": manifest.missing, "with_key": with_key})
        return
    click.echo(
        f"{file}: {rows} rows, {manifest.files} uploads, {size / 1_000_000:.1f} MB. "
        + ("The secret key is in it." if with_key else "The secret key is not in it: keep it elsewhere.")
    )
    for sha256 in manifest.missing:
        click.echo(f"The upload {sha256} is not in the storage; the backup is without it.", err=True)

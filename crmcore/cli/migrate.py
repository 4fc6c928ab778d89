"""``crmcore migrate``: bring the database up to date."""

from pathlib import Path
from tempfile import TemporaryDirectory

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.presence import stand_ins


@click.command()
@click.option("--check", is_flag=True, help="Run nothing; exit code 1 when there is something to run.")
@json_option
@workspace_options
@click.pass_context
def migrate(context: click.Context, check: bool, as_json: bool) -> None:
    """Run the migrations of the core and of all plugins that are on.

    serve and demo do this themselves; run it alone when several processes start at once.

    \b
    Examples:
      crmcore migrate
      crmcore migrate --check --json
    """
    place: Place = context.obj

    async def work() -> list[str]:
        with TemporaryDirectory(prefix="crmcore-") as folder:
            # A question makes no workspace: where there is none, an empty database aside answers.
            aside = stand_ins(place.settings(), Path(folder)) if check else {}
            crm = place.build(**aside)
            await crm.database.open()
            try:
                with crm.bound():
                    if check:
                        return list(await crm.database.pending_migrations(crm.apps()))
                    return await crm.migrate(None if as_json else click.echo)
            finally:
                await crm.database.close()

    names = run(work())
    if as_json:
        print_json({"pending": names} if check else {"run": names})
    elif check:
        click.echo("\n".join(names) if names else "The database is up to date.")
    elif not names:
        click.echo("The database is up to date.")
    context.exit(1 if check and names else 0)

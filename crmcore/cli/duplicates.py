"""``crmcore duplicates``: contacts that may be one person."""

import rich_click as click

from crmcore.cli.options import workspace_options
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine


@click.group()
def duplicates() -> None:
    """Contacts that may be one person."""


@duplicates.command()
@click.option("--restart", is_flag=True, help="Begin anew instead of where an interrupted scan stopped.")
@workspace_options
@click.pass_obj
def scan(place: Place, restart: bool) -> None:
    """Search the whole base for contacts that may be one person.

    What is found is listed under /api/duplicates and stays there until the contacts are merged or somebody says
    that they are two people. People can work meanwhile. An interrupted scan goes on where it stopped.

    \b
    Example:
      crmcore duplicates scan
    """

    async def work() -> tuple[int, int]:
        async with place.opened(place.existing()) as crm:
            state = await crm.duplicates.scan_now(ProgressLine(), restart=restart)
            return state["compared"], state["found"]

    compared, found = run(work())
    click.echo(f"{compared} pairs were compared; {found} may be one person.")

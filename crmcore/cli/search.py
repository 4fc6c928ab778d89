"""``crmcore search``: the search index."""

import rich_click as click

from crmcore.cli.options import workspace_options
from crmcore.cli.place import Place, run
from crmcore.cli.progress import ProgressLine


@click.group()
def search() -> None:
    """The search index."""


@search.command()
@click.option("--restart", is_flag=True, help="Begin anew instead of where an interrupted rebuild stopped.")
@workspace_options
@click.pass_obj
def rebuild(place: Place, restart: bool) -> None:
    """Make the search index anew from what is stored.

    Needed after a custom field became filterable, or ceased to be; otherwise every write keeps the index itself.
    People can work and search meanwhile. An interrupted rebuild goes on where it stopped.

    \b
    Example:
      crmcore search rebuild
    """

    async def work() -> dict[str, int]:
        async with place.opened(place.existing()) as crm:
            return await crm.search_rebuild.run(ProgressLine(), restart=restart)

    counts = run(work())
    click.echo(f"{sum(counts.values())} records are indexed.")

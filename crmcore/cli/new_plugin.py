"""``crmcore new-plugin``: a distribution to begin with."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from crmcore.cli.options import workspace_options
from crmcore.cli.refusals import Refused


def _split(context: click.Context, option: click.Parameter, value: tuple[str, ...]) -> list[str]:
    return [key.strip() for text in value for key in text.split(",") if key.strip()]


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--with",
    "parts",
    multiple=True,
    metavar="PART,…",
    callback=_split,
    help="What it begins with, one or several, separated by commas. Default: panel.",
)
@click.option(
    "--into",
    default=".",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where its folder is made. Default: here.",
)
@workspace_options
def new_plugin(name: str, parts: list[str], into: Path) -> None:
    """Make a new plugin: a small, complete distribution whose tests pass.

    NAME is what the plugin is called everywhere, in addresses, settings and tables: small letters, digits and
    underscores, such as loyalty. The folder crm-NAME is made, with one module for each PART, tests, samples for the
    quality scale, a README and an example for CI. Nothing is asked, and nothing is overwritten.

    \b
    Then:
      pip install -e "crm-loyalty[test]"
      pytest crm-loyalty
      crmcore plugins check loyalty --level gold
      crmcore serve
    \b
    Parts:
      panel       beside contacts and conversations
      channel     messages come in, replies go out
      connection  accounts at a service that is no channel
      action      a button at contacts, with a form
      page        an entry in the menu
      tables      with a migration, merging and personal data
      jobs        in the queue, and every night
      fields      at contacts
      validator   a format for text fields
      field-type  a kind of field
    \b
    Examples:
      crmcore new-plugin loyalty
      crmcore new-plugin loyalty --with panel,tables,jobs --into ~/src
    """
    from crmcore.scaffold.distribution import NewPlugin, ScaffoldRefused

    try:
        plugin = NewPlugin(name, parts)
        place = plugin.write(into)
    except ScaffoldRefused as refused:
        raise Refused(str(refused)) from refused
    except OSError as error:
        raise Refused(f"{into} cannot be written: {error.strerror}.") from error
    click.echo(f"{place}: {', '.join(part.key for part in plugin.parts)}")
    click.echo(f'Next: pip install -e "{place}[test]" && pytest {place}')

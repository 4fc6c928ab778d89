"""``crmcore plugins``: which there are, what became of each, and what they leave behind."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.presence import missing, stand_ins
from crmcore.cli.quality import DATABASES, LEVELS, document_of, print_report, reaches, tried
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.plugins.ledger import LedgerEntry
    from crmcore.workspace import Crm


@click.group()
def plugins() -> None:
    """Plugins: installed with pip, chosen here."""


@plugins.command("list")
@json_option
@workspace_options
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """List every plugin with its state and what it provides.

    loaded, disabled (somebody switched it off), incompatible (wants another core), failed (with the reason), absent
    (was here once, and is not installed now).

    \b
    Examples:
      crmcore plugins list
      crmcore plugins list --json | jq '.[] | select(.state == "failed")'
    """
    found = run(_plugins(place))
    if as_json:
        print_json(found)
        return
    rows = [
        [
            plugin["name"],
            plugin["state"],
            plugin["version"],
            plugin["reason"]
            or "; ".join(f"{kind}: {', '.join(keys)}" for kind, keys in plugin["provides"].items()),
        ]
        for plugin in found
        if plugin["name"] != "core"
    ]
    print_table(["NAME", "STATE", "VERSION", "PROVIDES"], rows, "No plugins are installed.")


@plugins.command()
@click.argument("names", nargs=-1)
@click.option("--traceback", is_flag=True, help="Show where a failed plugin failed.")
@click.option(
    "--level",
    default="bronze",
    show_default=True,
    type=click.Choice(LEVELS),
    help="How far the plugins NAMES have to come on the quality scale.",
)
@click.option("--every", is_flag=True, help="Tell of the rules that are kept, too.")
@click.option(
    "--database",
    default="sqlite",
    show_default=True,
    type=click.Choice(DATABASES),
    help="On which database the plugins NAMES are tried.",
)
@click.option(
    "--server",
    metavar="URL",
    default="",
    envvar="CRMCORE_TEST_POSTGRES",
    help="A PostgreSQL server on which databases may be made and dropped, postgres://USER:PASSWORD@HOST/DATABASE. "
    "Default: CRMCORE_TEST_POSTGRES, or one that is started from local programs for as long as it is needed.",
)
@json_option
@workspace_options
@click.pass_context
def check(
    context: click.Context,
    names: tuple[str, ...],
    traceback: bool,
    level: str,
    every: bool,
    database: str,
    server: str,
    as_json: bool,
) -> None:
    """Load the plugins and tell what is wrong with them; those NAMES are tried by all rules of the quality scale.

    A NAME is that of an installed plugin, or a file: ./loyalty.py. It is tried in workspaces that are thrown
    away; nothing leaves the machine. Exit code 1 when one is not loaded or does not reach the --level: for the tests
    of a plugin, and before a deployment.

    With --database postgres or both, the rules are tried on PostgreSQL: SQL of one's own, migrations and jobs that
    run side by side behave differently there. It takes about twice as long.

    \b
    Examples:
      crmcore plugins check
      crmcore plugins check loyalty --traceback
      crmcore plugins check ./loyalty.py --level gold
      crmcore plugins check loyalty --database both
      crmcore plugins check loyalty --database postgres --server postgres://ci:secret@localhost/postgres
    """
    files = [name for name in names if name.endswith(".py")]
    found = {plugin["name"]: plugin for plugin in run(_plugins(context.obj)) if plugin["name"] != "core"}
    chosen = [_known(name, found) for name in names if name not in files]
    if not names:
        chosen = [
            name for name, plugin in found.items() if plugin["state"] in ("loaded", "failed", "incompatible")
        ]
    bad = [name for name in chosen if found[name]["state"] != "loaded"]
    reports = tried([*(name for name in chosen if names and name not in bad), *files], database, server)
    short = [report.plugin for report in reports if not reaches(report, level)]
    if as_json:
        print_json(
            {
                "ok": not bad and not short,
                "plugins": [found[name] for name in chosen],
                "quality": [document_of(report) for report in reports],
            }
        )
    else:
        for name in chosen:
            plugin = found[name]
            reason = f": {plugin['reason']}" if plugin["reason"] else ""
            click.echo(f"{name} {plugin['version']}: {plugin['state']}{reason}")
            for note in plugin["notes"]:
                click.echo(f"  {note}")
            if traceback and plugin["error"]:
                click.echo(plugin["error"])
        for report in reports:
            print_report(report, every=every, on=database != "sqlite")
            if traceback:
                click.echo("\n".join(finding.traceback for finding in report.left() if finding.traceback))
        if not chosen and not files:
            click.echo("No plugins are installed.")
    context.exit(1 if bad or short else 0)


@plugins.command()
@click.argument("name")
@workspace_options
@click.pass_obj
def enable(place: Place, name: str) -> None:
    """Switch the plugin NAME on. It is loaded at the next start.

    \b
    Example:
      crmcore plugins enable shopify
    """
    run(_choose(place, name, True))
    click.echo(f"{name} is on from the next start.")


@plugins.command()
@click.argument("name")
@workspace_options
@click.pass_obj
def disable(place: Place, name: str) -> None:
    """Switch the plugin NAME off. What it stored stays; its fields are dormant, its channels paused.

    Tells which fields turn dormant: its own, and those of anybody with its field types or checks.

    \b
    Example:
      crmcore plugins disable shopify
    """
    dormant = run(_choose(place, name, False))
    click.echo(f"{name} is off from the next start.")
    if dormant:
        click.echo("Dormant from then on, with their values kept and nothing checked or required:")
    for field, why in dormant:
        click.echo(f"  {field}: {why}")


@plugins.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Really delete it.")
@json_option
@workspace_options
@click.pass_context
def purge(context: click.Context, name: str, yes: bool, as_json: bool) -> None:
    """Delete what the plugin NAME has left behind: its tables, settings, values, jobs and field definitions.

    Shows what it would delete, and deletes it with --yes only; without, the exit code is 1. The plugin has to be
    uninstalled or switched off before. Values of its fields stay in the records.

    \b
    Examples:
      crmcore plugins purge shopify
      crmcore plugins purge shopify --yes
    """
    place: Place = context.obj

    async def work() -> Any:
        from crmcore.plugins.purge import Purge, PurgeRefused

        async with place.opened(place.existing(strict=False)) as crm:
            loaded = frozenset(key for key, state in crm.host.plugins.items() if state.state == "loaded")
            work = Purge(
                crm.database, crm.ledger, loaded, words=crm.field_words, record_types=crm.records.types
            )
            try:
                return await (work.execute(name, yes=True) if yes else work.plan(name))
            except PurgeRefused as refused:
                raise Refused(str(refused)) from refused

    plan = run(work())
    if as_json:
        print_json({"deleted": yes, "plan": plan})
    else:
        click.echo(f"{name}: {'deleted' if yes else 'would delete'}")
        for table, count in plan.tables.items():
            click.echo(f"  table {table} with {count} rows")
        for kind in ("custom_fields", "settings", "values", "jobs", "connections", "files"):
            if count := getattr(plan, kind):
                click.echo(f"  {count} {kind.replace('_', ' ')}")
        if plan.is_empty():
            click.echo("  nothing but its line in the ledger")
        if not yes:
            click.echo(f"Nothing was deleted. To do it: crmcore plugins purge {name} --yes", err=True)
    context.exit(0 if yes else 1)


async def _plugins(place: Place) -> list[dict[str, Any]]:
    """Return every plugin as a document; never refuses to start because of one, and makes no workspace."""
    from crmcore.contracts.labels import text_of

    settings = place.settings()
    with TemporaryDirectory(prefix="crmcore-") as folder:
        crm = place.build(strict=False, **stand_ins(settings, Path(folder)))
    found = [
        {
            "name": state.name,
            "distribution": state.distribution,
            "version": state.version,
            "state": state.state,
            "reason": text_of(state.reason),
            "provides": state.provides,
            "hooks": state.hooks,
            "error": state.error,
            "notes": [text_of(note) for note in state.notes],
        }
        for state in crm.host.plugins.values()
    ]
    if missing(settings):
        return found
    names = {plugin["name"] for plugin in found}
    found += [
        {
            "name": entry.name,
            "distribution": entry.distribution,
            "version": entry.version,
            "state": "absent",
            "reason": "It was here once and is not installed now. What it stored is kept.",
            "provides": {},
            "hooks": [],
            "error": "",
            "notes": [],
        }
        for entry in await _remembered(crm)
        if entry.name not in names
    ]
    return found


async def _remembered(crm: Crm) -> list[LedgerEntry]:
    from crmcore.plugins.ledger import table_exists

    await crm.database.open()
    try:
        with crm.bound():
            there = await table_exists(crm.database, "plugin_ledger")
            return await crm.ledger.entries() if there else []
    finally:
        await crm.database.close()


async def _choose(place: Place, name: str, enabled: bool) -> list[tuple[str, str]]:
    """Switch the plugin; return the fields that a disabled one leaves dormant, each with the reason."""
    async with place.opened(place.build(strict=False)) as crm:
        remembered = {entry.name: entry for entry in await crm.ledger.entries()}
        _known(name, {**crm.host.plugins, **remembered})
        if name == "core":
            raise Refused("The core is no plugin that can be switched.")
        await crm.ledger.choose(name, enabled)
        return [] if enabled else await _in_need_of(crm, name)


async def _in_need_of(crm: Crm, plugin: str) -> list[tuple[str, str]]:
    from crmcore.contracts.actors import system_actor

    types, checks = (
        {key for key, registered in items.items() if registered.plugin == plugin}
        for items in (crm.registry.field_types, crm.registry.validators)
    )
    found: list[tuple[str, str]] = []
    for kind, record_type in crm.records.types.items():
        if not record_type.custom_fields:
            continue
        for field in await crm.fields.list(kind, actor=system_actor("command line")):
            why = (
                "the plugin's own field"
                if field.owner == plugin
                else f"its field type “{field.type}”"
                if field.type in types
                else f"its check “{field.format}”"
                if field.format in checks
                else ""
            )
            if why and not field.dormant:
                found.append((f"{kind}.{field.key}", why))
    return found


def _known(name: str, known: dict[str, Any]) -> str:
    if name in known:
        return name
    if (Path(name) / "pyproject.toml").is_file() or ("/" in name and Path(name).is_dir()):
        raise Refused(
            f"{name} is a folder: install it first, pip install -e {name}, and then name the plugin as "
            "`crmcore plugins list` does."
        )
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else "`crmcore plugins list` shows those that are."
    raise Refused(f"There is no plugin named {name}. {hint}")

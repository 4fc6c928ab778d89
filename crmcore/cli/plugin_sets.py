"""``crmcore plugins lock`` and what goes with it: exact sets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json, print_table
from crmcore.cli.place import Place, run
from crmcore.cli.presence import sqlite_file
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.sets.lockfile import Lock
    from crmcore.sets.planning import UpgradePlan

LOCK = "pylock.crmcore.toml"
lock_argument = click.argument(
    "lock_file", type=click.Path(path_type=Path, dir_okay=False), default=LOCK, required=False
)


@click.command()
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=LOCK, show_default=True)
@click.option(
    "--extras", help="The core's extras in it, as fast,postgres. Default: those that are installed."
)
@click.option("--no-index", is_flag=True, help="Ask no index: the lock verifies, but cannot be installed.")
@workspace_options
@click.pass_obj
def lock(place: Place, output: Path, extras: str | None, no_index: bool) -> None:
    """Write down exactly what is installed: the core, the plugins that the settings choose, and all they need.

    The lock is a pylock.toml (PEP 751): versions, the hashes of the archives, and a digest of the installed files of
    each package. It is refused when versions do not go together, when a file is not the one that was installed, and
    for editable installs, whose files change by themselves.

    \b
    Examples:
      crmcore plugins lock
      crmcore plugins lock --settings acme.toml --output pylock.acme.toml
    """
    from crmcore.sets.lockfile import write_lock
    from crmcore.sets.locking import lock_of

    named = None if extras is None else [one.strip() for one in extras.split(",") if one.strip()]
    made = lock_of(_chosen(place), extras=named, ask_index=not no_index)
    write_lock(made, output)
    names = ", ".join(made.tool.crmcore.plugins) or "no plugins"
    click.echo(f"{output}: {len(made.packages)} packages, {names}.")


@click.command()
@lock_argument
@click.option("--locked", is_flag=True, help="Said for clearness: nothing but the lock is ever installed.")
@workspace_options
@click.pass_obj
def install(place: Place, lock_file: Path, locked: bool) -> None:
    """Install exactly the set of LOCK_FILE into this environment, every archive by its hash, and verify it.

    \b
    Examples:
      crmcore plugins install --locked
      crmcore plugins install pylock.acme.toml
    """
    from crmcore.sets.installing import install_lock
    from crmcore.sets.lockfile import read_lock

    read = read_lock(lock_file)
    install_lock(read, told=lambda what: click.echo(f"Installing {what} …", err=True))
    _verified(read, as_json=False)


@click.command()
@lock_argument
@json_option
@workspace_options
@click.pass_obj
def verify(place: Place, lock_file: Path, as_json: bool) -> None:
    """Tell whether what is installed is what LOCK_FILE says, file by file.

    Exit code 1 when a package is missing or has another version, when a file was altered, and when a plugin is
    installed that is not in the lock.

    \b
    Examples:
      crmcore plugins verify
      crmcore plugins verify pylock.acme.toml --json
    """
    from crmcore.sets.lockfile import read_lock

    _verified(read_lock(lock_file), as_json=as_json)


@click.command()
@click.argument("before", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("after", type=click.Path(path_type=Path, dir_okay=False), required=False)
@json_option
@workspace_options
@click.pass_context
def diff(context: click.Context, before: Path, after: Path | None, as_json: bool) -> None:
    """Tell what the set AFTER has otherwise than BEFORE; without AFTER, what is installed here.

    Exit code 1 when there is a difference.

    \b
    Examples:
      crmcore plugins diff pylock.crmcore.toml
      crmcore plugins diff old.toml new.toml --json
    """
    from crmcore.sets.difference import differences
    from crmcore.sets.lockfile import read_lock
    from crmcore.sets.locking import lock_of

    first = read_lock(before)
    second = (
        read_lock(after)
        if after
        else lock_of(_chosen(context.obj), extras=first.tool.crmcore.extras, ask_index=False)
    )
    found = differences(first, second)
    if as_json:
        print_json(found)
    else:
        rows = [[one.package, one.kind, one.before, one.after, ", ".join(one.plugins)] for one in found]
        print_table(["PACKAGE", "CHANGE", "BEFORE", "AFTER", "PLUGINS"], rows, "The sets are the same.")
    context.exit(1 if found else 0)


@click.command()
@workspace_options
@click.pass_obj
def freeze(place: Place) -> None:
    """Print the versions of the core, the chosen plugins and all they need, as pip's requirements.

    \b
    Example:
      crmcore plugins freeze > requirements.txt
    """
    from crmcore.sets.locking import roots_of
    from crmcore.sets.packages import installed_extras, installed_set

    roots, _ = roots_of(_chosen(place), installed_extras())
    packages, _ = installed_set(roots)
    for one in packages.values():
        click.echo(f"{one.name} @ {one.direct.url}" if one.direct else f"{one.name}=={one.version}")


@click.command()
@lock_argument
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), show_default=True)
@click.option("--base", default="", metavar="IMAGE", help="The image to build on; else python:VERSION-slim.")
@click.option("--wheels", is_flag=True, help="Fetch every archive now, so that building asks no index.")
@workspace_options
@click.pass_obj
def container(place: Place, lock_file: Path, into: Path, base: str, wheels: bool) -> None:
    """Write a Containerfile and what goes with it: it installs the set of LOCK_FILE, and nothing else.

    Archives that were installed from a file of this machine, your own plugins say, are put into the folder wheels
    beside it. The image named with --base needs the Python of the lock, with venv.

    \b
    Examples:
      crmcore plugins container --into build
      crmcore plugins container pylock.acme.toml --into build --wheels
      crmcore plugins container --into build --base registry.example.com/python:3.13
    """
    from crmcore.sets.building import write_build

    files = write_build(
        lock_file,
        into,
        base=base,
        index=not wheels,
        told=lambda what: click.echo(f"Fetching {what} …", err=True),
    )
    click.echo(f"{', '.join(map(str, files))}.")
    click.echo(f"Build it: podman build --tag crm {into}")


@click.command()
@click.option(
    "--copy", "copy_url", help="PostgreSQL: the URL of a restored copy to try migrations and records on."
)
@json_option
@workspace_options
@click.pass_context
def plan(context: click.Context, copy_url: str | None, as_json: bool) -> None:
    """Tell what this environment would change in the workspace, without touching it.

    Install the new set into a fresh environment and ask there: which plugins come, go or change, which migrations
    run, which fields are new, stricter or dormant, and which stored records would not pass. A SQLite database is
    copied aside and the copy is migrated; for PostgreSQL name a copy that you restored. Exit code 1 when a plugin or
    a migration fails or a record would not pass.

    \b
    Examples:
      ./new/bin/crmcore plugins plan --data /var/lib/crmcore
      ./new/bin/crmcore plugins plan --copy postgres://…/crm_copy --json
    """
    place: Place = context.obj
    with TemporaryDirectory(prefix="crmcore-plan-") as folder:
        if copy_url and copy_url == place.settings().effective_database_url():
            raise Refused(
                "--copy names the workspace's own database. Restore a backup beside it and name that."
            )
        url = copy_url or _copied(place, Path(folder))
        found = run(_plan(place, url))
    if as_json:
        print_json({"safe": found.safe, "plan": found})
    else:
        _print_plan(found)
    context.exit(0 if found.safe else 1)


async def _plan(place: Place, url: str | None) -> UpgradePlan:
    from crmcore.sets.planning import plan_upgrade

    crm = place.existing(**({"database_url": url} if url else {}))
    await crm.database.open()
    try:
        with crm.bound():
            return await plan_upgrade(
                crm, on_copy=url is not None, told=lambda what: click.echo(f"{what} …", err=True)
            )
    finally:
        await crm.database.close()
        crm.host.close()


def _copied(place: Place, folder: Path) -> str | None:
    """Copy a SQLite database, which may be in use, and return the URL of the copy; None for PostgreSQL."""
    file = sqlite_file(place.settings())
    if file is None or not file.is_file():
        return None
    copy = folder / "crm.sqlite"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return f"sqlite:///{copy}?synchronous=off"


def _print_plan(found: UpgradePlan) -> None:
    rows = [[one.name, one.change, one.before, one.after, one.reason] for one in found.plugins]
    print_table(["PLUGIN", "CHANGE", "BEFORE", "AFTER", "REASON"], rows, "The plugins stay as they are.")
    for name in found.migrations:
        click.echo(f"migration {name}")
    if found.broken:
        click.echo(f"migration fails: {found.broken}")
    for field in found.fields:
        checked = (
            f", {field.failing} of {field.total} records would not pass" if field.failing is not None else ""
        )
        click.echo(f"field {field.field} ({field.plugin}): {field.change}{checked}")
        for example in field.examples:
            click.echo(f"  {example}")
    for note in found.deprecated:
        click.echo(note)
    if not found.checked:
        click.echo("Nothing was tried on a copy: records were not checked. Name one with --copy.")


def _chosen(place: Place) -> list[str] | None:
    settings = place.settings()
    if "*" in settings.no_plugins:
        return []
    if settings.plugins is None and not settings.no_plugins:
        return None
    from crmcore.plugins.discovery import find_candidates

    named = settings.plugins
    names = sorted({one.name for one in find_candidates()}) if named is None else named
    return [name for name in names if name not in settings.no_plugins]


def _verified(read: Lock, *, as_json: bool) -> None:
    from crmcore.sets.verifying import verify as verified

    findings = verified(read)
    if as_json:
        print_json({"ok": not findings, "findings": findings})
        if findings:
            raise SystemExit(1)
        return
    for finding in findings:
        click.echo(finding.sentence)
    if findings:
        raise Refused(f"{len(findings)} things are not as the lock says.")
    click.echo(f"{len(read.packages)} packages are what the lock says, file by file.")


SET_COMMANDS = (lock, install, verify, diff, freeze, container, plan)

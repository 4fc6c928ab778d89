"""Trying a plugin by the rules of the quality scale at the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import rich_click as click

from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.testing.postgres import PostgresServer
    from crmcore.testing.suite import Report

LEVELS = ("bronze", "silver", "gold")
DATABASES = ("sqlite", "postgres", "both")
DATABASE_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def tried(names: Sequence[str], database: str = "sqlite", server: str = "") -> list[Report]:
    """Try the plugins of these names, or in these files, each in workspaces of its own that are thrown away.

    ``database`` is one of :data:`DATABASES`. PostgreSQL is the ``server`` of this URL; without one a server of its
    own is started from local programs, in a temporary folder, and ended afterwards.
    """
    import logging

    from crmcore.plugins.failures import LoadProblem
    from crmcore.testing.plugin_points import entry_point_of

    logging.getLogger("crmcore").propagate = False
    try:
        points = [entry_point_of(name) for name in names]
    except (LookupError, LoadProblem) as error:
        raise Refused(str(error.args[0] if error.args else error)) from error
    if not points:
        return []
    reports = []
    if database != "postgres":
        reports += [_tried(point, None) for point in points]
    if database != "sqlite":
        with _postgres(server) as found:
            reports += [_tried(point, found) for point in points]
    return reports


def _tried(point: EntryPoint, server: PostgresServer | None) -> Report:
    from crmcore.testing.suite import try_plugin
    from crmcore.testing.workspaces import Databases

    with TemporaryDirectory(prefix="crmcore-check-") as folder:
        databases = Databases(Path(folder), server)
        try:
            return try_plugin(point, databases, Path(folder))
        finally:
            databases.close()


@contextmanager
def _postgres(url: str) -> Iterator[PostgresServer]:
    """Give a server on which databases may be made and dropped."""
    try:
        from crmcore.testing.postgres import OwnPostgresServer, PostgresServer, find_programs
    except ModuleNotFoundError as error:
        raise Refused("PostgreSQL needs its driver: pip install crmcore[postgres].") from error
    if url:
        server = PostgresServer(url)
        try:
            server.run("SELECT 1")
        except Exception as error:
            # A driver may quote the URL, which has a password.
            raise Refused(
                f"The server of --server does not answer ({type(error).__name__}). It looks like "
                "postgres://USER:PASSWORD@HOST/DATABASE, and its user may make databases."
            ) from error
        yield server
        return
    programs = find_programs()
    if programs is None:
        raise Refused(
            "There is no PostgreSQL here to be started. Install one (initdb and postgres), or name a server on which "
            "databases may be made: --server postgres://USER:PASSWORD@HOST/DATABASE."
        )
    server = OwnPostgresServer(programs)
    try:
        yield server
    finally:
        server.stop()


def print_report(report: Report, *, every: bool = False, on: bool = False) -> None:
    """Print the level and what keeps it from the next; with ``every``, all rules; with ``on``, the database."""
    kept = sum(finding.state == "kept" for finding in report.findings)
    open_ = report.left()
    name = f"{report.plugin} on {DATABASE_NAMES[report.database]}" if on else report.plugin
    click.echo(f"{name}: {report.level or 'below bronze'}, {kept} rules kept, {len(open_)} open")
    for finding in report.findings if every else open_:
        if finding.state == "nothing":
            continue
        mark = {"kept": "+", "broken": "-", "unshown": "?"}[finding.state]
        click.echo(f"  {mark} {finding.level:6} {finding.rule}: {finding.sentence or finding.asks}")


def document_of(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "plugin": report.plugin,
        "database": report.database,
        "level": report.level,
        "rules": [
            {
                "rule": finding.rule,
                "level": finding.level,
                "state": finding.state,
                "asks": finding.asks,
                "sentence": finding.sentence,
            }
            for finding in report.findings
        ],
    }


def reaches(report: Report, wanted: str) -> bool:
    """Tell whether the plugin has come as far as ``wanted``."""
    return report.level != "" and LEVELS.index(report.level) >= LEVELS.index(wanted)

"""Trying a plugin by the rules of the quality scale at the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import rich_click as click

from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.testing.suite import Report

LEVELS = ("bronze", "silver", "gold")


def tried(names: Sequence[str]) -> list[Report]:
    """Try the plugins of these names, or in these files, each in workspaces of its own that are thrown away."""
    import logging

    from crmcore.plugins.failures import LoadProblem
    from crmcore.testing.plugin_points import entry_point_of
    from crmcore.testing.suite import try_plugin
    from crmcore.testing.workspaces import Databases

    logging.getLogger("crmcore").propagate = False
    reports = []
    for name in names:
        try:
            point = entry_point_of(name)
        except (LookupError, LoadProblem) as error:
            raise Refused(str(error.args[0] if error.args else error)) from error
        with TemporaryDirectory(prefix="crmcore-check-") as folder:
            databases = Databases(Path(folder))
            reports.append(try_plugin(point, databases, Path(folder)))
            databases.close()
    return reports


def print_report(report: Report, *, every: bool = False) -> None:
    """Print the level and what keeps it from the next; with ``every``, all rules."""
    kept = sum(finding.state == "kept" for finding in report.findings)
    open_ = report.left()
    click.echo(f"{report.plugin}: {report.level or 'below bronze'}, {kept} rules kept, {len(open_)} open")
    for finding in report.findings if every else open_:
        if finding.state == "nothing":
            continue
        mark = {"kept": "+", "broken": "-", "unshown": "?"}[finding.state]
        click.echo(f"  {mark} {finding.level:6} {finding.rule}: {finding.sentence or finding.asks}")


def document_of(report: Report) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "plugin": report.plugin,
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

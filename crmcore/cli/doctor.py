"""``crmcore doctor``: is everything as it should be?"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import rich_click as click

from crmcore.cli.finding import Finding, Result
from crmcore.cli.options import json_option, workspace_options
from crmcore.cli.output import print_json
from crmcore.cli.place import Place, run
from crmcore.cli.presence import database_place, key_file, missing, sqlite_file, stand_ins
from crmcore.cli.refusals import sentence_of

if TYPE_CHECKING:
    from crmcore.settings import WorkspaceSettings
    from crmcore.workspace import Crm

MIN_FREE_BYTES = 500_000_000


@click.command()
@click.option(
    "--deploy", is_flag=True, help="Also check whether strangers may reach it: https, keys, sign-in, mail …"
)
@click.option(
    "--stored", is_flag=True, help="Also look through everything stored: does it agree with itself?"
)
@json_option
@workspace_options
@click.pass_context
def doctor(context: click.Context, deploy: bool, stored: bool, as_json: bool) -> None:
    """Check the workspace: Python, data folder, key, database, migrations, plugins, jobs, deliveries.

    Changes nothing, makes nothing. Exit code 1 when there is a problem; a warning leaves it at 0. People may go on
    working while --stored reads every record.

    \b
    Examples:
      crmcore doctor
      crmcore doctor --deploy
      crmcore doctor --stored
      crmcore --data /var/lib/crmcore doctor --json
    """
    findings = run(_examine(context.obj, deploy, stored))
    if as_json:
        print_json(findings)
    else:
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            mark = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}[finding.result]
            click.echo(f"{mark:8} {finding.check.ljust(width)}  {finding.message}")
    context.exit(1 if any(finding.result == "problem" for finding in findings) else 0)


async def _examine(place: Place, deploy: bool, stored: bool) -> list[Finding]:
    from crmcore.secrets.keys import SecretError, new_key, parse_keys
    from crmcore.settings import SettingsError

    settings = place.settings()
    findings = [_python(), _data_folder(settings.data_path)]
    if deploy:
        from crmcore.cli.deployment import deployment_findings

        findings += deployment_findings(settings)
    file, key = sqlite_file(settings), key_file(settings)
    if file is not None and not file.is_file():
        with TemporaryDirectory(prefix="crmcore-") as folder:
            findings += _plugins(place.build(strict=False, **stand_ins(settings, Path(folder))))
        return [*findings, Finding(check="workspace", result="problem", message=missing(settings))]
    if key is not None and not key.is_file():
        findings.append(Finding(check="key", result="problem", message=missing(settings)))
    with TemporaryDirectory(prefix="crmcore-") as folder:
        aside = stand_ins(settings, Path(folder))
        if key is not None and key.is_file():
            try:
                # Read here: a workspace that reads it mends its mode too.
                aside["secret_key"] = key.read_text(encoding="ascii")
                parse_keys(aside["secret_key"], str(key))
            except (SecretError, OSError, UnicodeDecodeError) as error:
                message = str(error) if isinstance(error, SecretError) else f"{key} cannot be read: {error}"
                findings.append(Finding(check="key", result="problem", message=message))
                aside["secret_key"] = new_key()
        try:
            crm = place.build(strict=False, **aside)
        except (SecretError, SettingsError):
            raise
        except Exception as error:
            # Which plugins are switched off is asked of the database; without it, all are looked at.
            aside |= stand_ins(settings, Path(folder), database=True)
            findings += _plugins(place.build(strict=False, **aside))
            return [*findings, _database_fault(settings, error)]
    findings += _plugins(crm)
    try:
        await crm.database.open()
    except Exception as error:
        return [*findings, _database_fault(settings, error)]
    try:
        with crm.bound():
            return findings + await _stored(crm, deploy, stored)
    finally:
        await crm.http_client.aclose()
        await crm.database.close()
        crm.host.close()


async def _stored(crm: Crm, deploy: bool, stored: bool) -> list[Finding]:
    from crmcore.cli.deployment import token_finding

    findings: list[Finding] = []
    checks: list[tuple[str, Callable[[Crm], Awaitable[Finding]]]] = [
        ("database", _database),
        ("migrations", _migrations),
        ("jobs", _jobs),
        ("deliveries", _deliveries),
        ("listening", _listening),
        ("plugins' health", _health),
        ("files", _files),
        ("users", _users),
        *([("deploy: tokens", token_finding)] if deploy else []),
    ]
    for name, check in checks:
        try:
            findings.append(await check(crm))
        except Exception as error:
            if name == "database":
                findings.append(_database_fault(crm.settings, error))
            else:
                findings.append(Finding(check=name, result="problem", message=f"cannot be checked: {error}"))
        # Without an answer and its tables nothing below can be asked.
        if findings[-1].result != "ok" and name in ("database", "migrations"):
            return findings
    if stored:
        from crmcore.cli.agreement import stored_findings

        findings += await stored_findings(crm)
    return findings


def _database_fault(settings: WorkspaceSettings, error: Exception) -> Finding:
    text = sentence_of(error) or f"{type(error).__name__}: {error}"
    # A driver may quote the URL.
    if password := urlsplit(settings.database_url).password:
        text = text.replace(password, "…").replace(unquote(password), "…")
    message = f"{database_place(settings)}: {text}"
    return Finding(check="database", result="problem", message=message)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sqlite3.sqlite_version_info < (3, 35):
        message = f"Python {version} brings SQLite {sqlite3.sqlite_version}; crmcore needs 3.35 or newer"
        return Finding(check="python", result="problem", message=message)
    return Finding(check="python", result="ok", message=f"Python {version}, SQLite {sqlite3.sqlite_version}")


def _data_folder(folder: Path) -> Finding:
    path = folder.resolve()

    def found(result: Result, message: str) -> Finding:
        return Finding(check="data folder", result=result, message=message)

    if not path.is_dir():
        return found("warning", f"{path} is not there yet; it is made at start")
    if not os.access(path, os.W_OK | os.X_OK):
        return found("problem", f"{path} cannot be written by this user")
    key = path / "secret.key"
    if os.name == "posix" and key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        return found("problem", f"{key} can be read by others: chmod 600 it")
    free = shutil.disk_usage(path).free
    if free < MIN_FREE_BYTES:
        return found("warning", f"{path} has {free // 1_000_000} MB left")
    return found("ok", str(path))


def _plugins(crm: Crm) -> list[Finding]:
    from crmcore.contracts.labels import text_of

    findings = []
    for name, state in crm.host.plugins.items():
        label = f"plugin {name}"
        if state.state == "loaded":
            findings.append(Finding(check=label, result="ok", message=f"{state.version} loaded"))
        elif state.state == "disabled":
            findings.append(
                Finding(check=label, result="ok", message=text_of(state.reason) or "switched off")
            )
        else:
            findings.append(
                Finding(check=label, result="problem", message=f"{state.state}: {text_of(state.reason)}")
            )
    return [*findings, _together(crm.settings)]


def _together(settings: WorkspaceSettings) -> Finding:
    """Look whether the core, the plugins and what they need accept each other's versions."""
    from crmcore.sets.lockfile import LockRefused
    from crmcore.sets.locking import roots_of
    from crmcore.sets.packages import installed_set

    try:
        roots, _ = roots_of(settings.plugins, ())
    except LockRefused as error:
        return Finding(check="versions", result="problem", message=f"{error} Install it, or take it out")
    _, conflicts = installed_set(roots)
    if conflicts:
        said = " ".join(conflict.sentence() for conflict in conflicts)
        message = f"{said} Install versions that go together; crmcore plugins lock keeps them"
        return Finding(check="versions", result="problem", message=message)
    return Finding(check="versions", result="ok", message="core and plugins go together")


async def _database(crm: Crm) -> Finding:
    await crm.database.ping()
    kind = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[crm.database.kind]
    return Finding(check="database", result="ok", message=f"{kind} answers")


async def _migrations(crm: Crm) -> Finding:
    pending = await crm.database.pending_migrations(crm.apps())
    if pending:
        message = f"{len(pending)} to run: serve does it at its start, or crmcore migrate"
        return Finding(check="migrations", result="warning", message=message)
    return Finding(check="migrations", result="ok", message="up to date")


async def _jobs(crm: Crm) -> Finding:
    dead = len(await crm.jobs.dead())
    if dead:
        return Finding(check="jobs", result="warning", message=f"{dead} gave up and wait for a person")
    return Finding(check="jobs", result="ok", message="none gave up")


async def _deliveries(crm: Crm) -> Finding:
    from crmcore.conversations.tables import InboundDelivery

    bad = await InboundDelivery.count().where(InboundDelivery.state.is_in(["quarantined", "held"]))
    if bad:
        message = f"{bad} not understood or held: crmcore inbound list --state quarantined"
        return Finding(check="deliveries", result="warning", message=message)
    return Finding(check="deliveries", result="ok", message="all understood")


async def _listening(crm: Crm) -> Finding:
    from crmcore.connections.listening_log import listening_states
    from crmcore.conversations.tables import ChannelAccountRow

    if not crm.listening.somebody_listens():
        return Finding(check="listening", result="ok", message="no account has to be listened for")
    states = await listening_states(crm.clock())
    failing = []
    for row in await ChannelAccountRow.select().where(ChannelAccountRow.state == "active"):
        found = await crm.channel_accounts.known(row["id"], row["version"])
        if found.service is None or found.service.listen is None:
            continue
        state = states.get(row["id"])
        if state is None or state["state"] == "stopped":
            failing.append(f"{row['name']}: nobody listens: is crmcore serve or worker running?")
        elif state["state"] == "waiting":
            failing.append(f"{row['name']}: {state['error']}")
    if failing:
        return Finding(check="listening", result="warning", message="; ".join(failing)[:1000])
    return Finding(check="listening", result="ok", message="every account is listened for")


async def _files(crm: Crm) -> Finding:
    from crmcore.files.storage import Lost

    storage = crm.files.storage
    try:
        await storage.check()
    except (OSError, Lost) as error:
        message = f"{storage.place} cannot be written: {error}"
        return Finding(check="files", result="problem", message=message)
    return Finding(check="files", result="ok", message=storage.place)


async def _health(crm: Crm) -> Finding:
    from crmcore.contracts.labels import text_of

    check = "plugins' health"
    await crm.plugin_settings.load_all()
    found = await crm.contributions.health.all()
    unwell = [health for health in found if not health.ok]
    if unwell:
        said = "; ".join(f"{health.plugin}: {text_of(health.message)}" for health in unwell)
        return Finding(check=check, result="warning", message=said)
    return Finding(check=check, result="ok", message=f"{len(found)} checks" if found else "nothing to check")


async def _users(crm: Crm) -> Finding:
    from crmcore.accounts.tables import User

    if not await User.exists().where((User.role == "admin") & User.active.eq(True)):
        message = "no administrator yet: crmcore user add EMAIL --role admin"
        return Finding(check="users", result="warning", message=message)
    return Finding(check="users", result="ok", message="there is an administrator")

"""``crmcore host``: many workspaces in one process."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.options import PORT
from crmcore.cli.output import print_table
from crmcore.cli.place import run

if TYPE_CHECKING:
    from crmcore.hosting.host import Host
    from crmcore.hosting.hosts_file import Hosts


@click.command()
@click.argument("hosts_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--host", "address", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on."
)
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="0: any free one.")
@click.option(
    "--status-port", type=PORT, help="Tell on this port of 127.0.0.1 how the workspaces are; 0: any free one."
)
@click.option(
    "--check", is_flag=True, help="Only read the file, list what is in it, and load the plugins aside."
)
def host(hosts_file: Path, address: str, port: int, status_port: int | None, check: bool) -> None:
    """Serve all workspaces that HOSTS_FILE names, each by its own host name.

    Each has its own database, folder, keys, plugins, settings and bounds. One that nobody asks falls asleep and wakes
    with the next request; what is due in it is run all the same. The file is read again when it is written, or at
    SIGHUP: workspaces are added, changed, suspended and taken away without the others noticing. What cannot be
    used in it is logged and changes nothing.

    \b
    A file with two workspaces:
      [host]
      idle_s = 300
      [workspaces.acme]
      hosts = ["acme.example.com"]
      plugins = ["validators", "shopify"]
      [workspaces.roga]
      hosts = ["roga.example.com", "crm.roga.example"]
      language = "ru"
      limits = { requests_per_s = 10 }
    \b
    Examples:
      crmcore host hosts.toml --check
      crmcore host hosts.toml --port 8080 --status-port 9200
      curl -H "Host: acme.example.com" http://127.0.0.1:8080/health/ready
    """
    from crmcore.cli.serving import ending_quietly
    from crmcore.hosting.hosts_file import read_hosts

    if check:
        found = read_hosts(hosts_file)
        rows = [
            [name, "suspended" if one.suspended else "", ", ".join(one.hosts), one.settings.data_dir]
            for name, one in sorted(found.workspaces.items())
        ]
        print_table(["NAME", "STATE", "HOSTS", "DATA"], rows, "")
        _check_plugins(found)
        return
    with ending_quietly():
        run(_serve(hosts_file, address, port, status_port))
        click.echo("Stopped.")


def _check_plugins(found: Hosts) -> None:
    """Load the plugins of each different choice aside, and end with 1 when one cannot be."""
    from crmcore.hosting.together import plugin_problems

    known: dict[str, list[str]] = {}
    bad = False
    for name, one in sorted(found.workspaces.items()):
        choice = repr((one.settings.plugins, one.settings.no_plugins))
        for line in known.setdefault(choice, plugin_problems(one.settings)):
            bad = True
            click.echo(f"{name}: {line}")
    if bad:
        raise SystemExit(1)


async def _serve(hosts_file: Path, address: str, port: int, status_port: int | None) -> None:
    from crmcore.cli.logs import log_to_stderr
    from crmcore.cli.serving import (
        address_of,
        leave_at_once_on_signals,
        on_stop_signal,
        open_port,
        server_of,
        until_started,
    )
    from crmcore.hosting.gateway import Gateway
    from crmcore.hosting.host import Host
    from crmcore.hosting.logs import OwnLogs
    from crmcore.hosting.status import StatusPage

    hosting = Host(hosts_file)
    again = f"crmcore host {hosts_file} --port {{port}}"
    with ExitStack() as stack:
        folder = hosting.settings.logs
        log_to_stderr(
            logging.WARNING, stack.enter_context(closing(OwnLogs(Path(folder)))) if folder else None
        )
        bound = stack.enter_context(open_port(address, port, again))
        servers = [(server_of(Gateway(hosting)), bound)]
        if status_port is not None:
            own = stack.enter_context(open_port("127.0.0.1", status_port, again))
            servers.append((server_of(StatusPage(hosting), lifespan=False), own))

        def stop() -> None:
            hosting.end_streams()
            for server, _ in servers:
                server.should_exit = True

        with on_stop_signal(stop), _reloading(hosting):
            serving = [asyncio.create_task(server.serve(sockets=[each])) for server, each in servers]
            await asyncio.gather(
                *(until_started(server, task) for (server, _), task in zip(servers, serving, strict=True))
            )
            click.echo(f"Address: {address_of(bound)}")
            if status_port is not None:
                click.echo(f"Status: {address_of(own)}/workspaces")
            await asyncio.gather(*serving)
        leave_at_once_on_signals()


def _reloading(hosting: Host) -> ExitStack:
    """Read the file again at SIGHUP, as long as the block runs."""
    stack = ExitStack()
    # Windows has no such signal; the file's time is looked at anyway.
    with suppress(NotImplementedError, AttributeError):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, hosting.forget_time)
        stack.callback(loop.remove_signal_handler, signal.SIGHUP)
    return stack

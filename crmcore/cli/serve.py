"""``crmcore serve``: the web server with its worker."""

from __future__ import annotations

import logging
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.options import PORT, workspace_options
from crmcore.cli.place import Place, run
from crmcore.cli.plugin_files import FileWatch, tell_states
from crmcore.cli.refusals import Refused

if TYPE_CHECKING:
    from crmcore.workspace import Crm


@click.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="0: any free one.")
@click.option("--no-worker", is_flag=True, help="Leave the jobs to another process: crmcore worker.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Web processes on this one port, replaced on SIGHUP without a gap; more than one needs PostgreSQL.",
)
@click.option("--allow-sqlite", is_flag=True, help="Several web processes on SQLite all the same.")
@click.option(
    "--plugin",
    "plugin_files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Load this file as a plugin beside those installed; may be repeated.",
)
@click.option("--reload", is_flag=True, help="Load the --plugin files anew whenever one of them is written.")
@click.option("--socket", "inherited", type=int, hidden=True, help="Listen on this open descriptor.")
@click.option("--ready", type=int, hidden=True, help="Write to this descriptor once it answers.")
@workspace_options
@click.pass_obj
def serve(
    place: Place,
    host: str,
    port: int,
    no_worker: bool,
    workers: int | None,
    allow_sqlite: bool,
    plugin_files: tuple[Path, ...],
    reload: bool,
    inherited: int | None,
    ready: int | None,
) -> None:
    """Serve the workspace: pages, JSON API, and the worker for its jobs.

    Migrations run first. Ctrl-C or SIGTERM ends it after the open requests, with exit code 0.

    With --workers, processes share the port, each with a worker for jobs unless --no-worker. One that dies is
    started again; SIGHUP replaces them one by one, the new one answering before the old one ends, so that new
    settings or a new version come into force without a refused request. With SQLite that is --workers 1.

    Started by a socket unit of systemd it listens there, whatever --host and --port say: who asks while it is
    restarted waits and is not refused.

    With --plugin, a plugin is one file that is installed nowhere; its name is the file's. With --reload the
    workspace starts anew, on the same port, whenever the file is written: for writing a plugin, not for people.

    \b
    Examples:
      crmcore serve
      crmcore serve --plugin ./loyalty.py --reload
      crmcore serve --host 0.0.0.0 --port 80 --data /var/lib/crmcore
      crmcore --settings acme.toml --strict serve
      crmcore serve --workers 1                (and kill -HUP to replace the process)
      crmcore serve --workers 2 --no-worker    (and crmcore worker beside it)
    """
    from crmcore.cli.serving import (
        address_of,
        announce,
        ending_quietly,
        handed_port,
        open_port,
        serve_app,
    )

    if workers and plugin_files:
        raise Refused(
            "Processes of their own serve what is installed: --plugin is for serve without --workers."
        )
    if reload and not plugin_files:
        raise Refused("--reload watches plugins that are files: name one with --plugin ./loyalty.py.")
    place.plugin_files = list(plugin_files)
    if workers:
        from crmcore.cli.web_processes import serve_in_processes

        with ending_quietly():
            run(
                serve_in_processes(
                    place, host, port, workers, worker=not no_worker, allow_sqlite=allow_sqlite
                )
            )
            click.echo("Stopped.")
        return

    def reached_at(bound: socket.socket) -> Crm:
        """Return the workspace; links lead to the port that is open where no address is set."""
        return place.build(log_level=logging.WARNING, unless_said={"base_url": address_of(bound)})

    async def work() -> None:
        from crmcore.http.app import create_app

        with handed_port() or open_port(host, port, "crmcore serve --port {port}") as bound:
            while True:
                watch = FileWatch(place.plugin_files)
                async with place.opened(reached_at(bound)) as crm:
                    tell_states(crm, place.plugin_files)
                    app = create_app(crm, start=False, worker=not no_worker)
                    first = (
                        f"{address_of(bound)}{crm.first_run.path}" if await crm.first_run.is_open() else ""
                    )
                    await serve_app(
                        app,
                        # The server closes what it listens on; this one stays open for the next.
                        bound.dup() if reload else bound,
                        partial(announce, place, bound, first),
                        watch=watch.until_changed if reload else None,
                    )
                if not watch.changed:
                    break
        click.echo("Stopped.")

    async def work_on(descriptor: int, ready: int) -> None:
        from crmcore.cli.web_process import inherited_socket, serve_inherited
        from crmcore.http.app import create_app

        with inherited_socket(descriptor) as bound:
            async with place.opened(reached_at(bound)) as crm:
                app = create_app(crm, start=False, worker=not no_worker)
                first = crm.first_run.path if await crm.first_run.is_open() else ""
                await serve_inherited(app, bound, ready, first)

    with ending_quietly():
        run(work() if inherited is None or ready is None else work_on(inherited, ready))

"""``crmcore serve``: the web server with its worker."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import rich_click as click

from crmcore.cli.options import PORT, workspace_options
from crmcore.cli.place import Place, run

if TYPE_CHECKING:
    from crmcore.workspace import Crm


@click.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="0: any free one.")
@click.option("--no-worker", is_flag=True, help="Leave the jobs to another process: crmcore worker.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Web processes on this one port; more than one needs PostgreSQL.",
)
@click.option("--allow-sqlite", is_flag=True, help="Several web processes on SQLite all the same.")
@click.option("--socket", "inherited", type=int, hidden=True, help="Listen on this open descriptor.")
@click.option("--ready", type=int, hidden=True, help="Write to this descriptor once it answers.")
@workspace_options
@click.pass_obj
def serve(
    place: Place,
    host: str,
    port: int,
    no_worker: bool,
    workers: int,
    allow_sqlite: bool,
    inherited: int | None,
    ready: int | None,
) -> None:
    """Serve the workspace: pages, JSON API, and the worker for its jobs.

    Migrations run first. Ctrl-C or SIGTERM ends it after the open requests, with exit code 0.

    With --workers, several processes share the port, each with a worker for jobs unless --no-worker. One that dies
    is started again; SIGHUP replaces them one by one, the new one answering before the old one ends, so that new
    settings or a new version come into force without a refused request.

    \b
    Examples:
      crmcore serve
      crmcore serve --host 0.0.0.0 --port 80 --data /var/lib/crmcore
      crmcore --settings acme.toml --strict serve
      crmcore serve --workers 2 --no-worker    (and crmcore worker beside it)
    """
    from crmcore.cli.serving import address_of, announce, ending_quietly, open_port, serve_app

    if workers > 1:
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

        with open_port(host, port, "crmcore serve --port {port}") as bound:
            async with place.opened(reached_at(bound)) as crm:
                app = create_app(crm, start=False, worker=not no_worker)
                first = f"{address_of(bound)}{crm.first_run.path}" if await crm.first_run.is_open() else ""
                await serve_app(app, bound, lambda: announce(place, bound, first))
        click.echo("Stopped.")

    async def work_on(descriptor: int, ready: int) -> None:
        from crmcore.cli.web_process import inherited_socket, serve_inherited
        from crmcore.http.app import create_app

        with inherited_socket(descriptor) as bound:
            async with place.opened(reached_at(bound)) as crm:
                await serve_inherited(create_app(crm, start=False, worker=not no_worker), bound, ready)

    with ending_quietly():
        run(work() if inherited is None or ready is None else work_on(inherited, ready))

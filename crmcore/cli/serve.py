"""``crmcore serve``: the web server with its worker."""

import logging

import rich_click as click

from crmcore.cli.options import PORT, workspace_options
from crmcore.cli.place import Place, run


@click.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="0: any free one.")
@click.option("--no-worker", is_flag=True, help="Leave the jobs to another process.")
@workspace_options
@click.pass_obj
def serve(place: Place, host: str, port: int, no_worker: bool) -> None:
    """Serve the workspace: pages, JSON API, and the worker for its jobs.

    Migrations run first. Ctrl-C or SIGTERM ends it after the open requests, with exit code 0.

    \b
    Examples:
      crmcore serve
      crmcore serve --host 0.0.0.0 --port 80 --data /var/lib/crmcore
      crmcore --settings acme.toml --strict serve
    """
    from crmcore.cli.serving import address_of, ending_quietly, open_port, serve_app

    async def work() -> None:
        from crmcore.http.app import create_app

        with open_port(host, port, "crmcore serve --port {port}") as bound:
            async with place.opened(place.build(log_level=logging.WARNING)) as crm:
                app = create_app(crm, start=False, worker=not no_worker)
                await serve_app(app, bound, lambda: click.echo(f"Address: {address_of(bound)}"))
        click.echo("Stopped.")

    with ending_quietly():
        run(work())

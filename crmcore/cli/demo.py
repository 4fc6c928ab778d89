"""``crmcore demo``: a workspace with real data, ready to look at."""

import logging
import sys

import rich_click as click

from crmcore.cli.options import PORT, workspace_options
from crmcore.cli.place import Place, run


@click.command()
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, envvar="PORT", show_default=True, type=PORT, help="0: any free one.")
@click.option(
    "--size",
    default=0,
    type=click.IntRange(0, 1_000_000),
    help="Make up contacts until there are so many, each with a conversation.",
)
@click.option(
    "--with-parent", is_flag=True, hidden=True, help="End with the program that started this: make."
)
@click.option("--only-data", is_flag=True, help="Bring in the data and end, without serving.")
@workspace_options
@click.pass_obj
def demo(place: Place, host: str, port: int, size: int, with_parent: bool, only_data: bool) -> None:
    """Bring in real customers and their questions, then serve the workspace.

    The data goes in as yours would: a file through the importer, questions as deliveries to a channel. A second
    start finds it there and serves at once. Ctrl-C or SIGTERM ends it, with exit code 0.

    \b
    Examples:
      crmcore demo
      crmcore demo --port 8080 --data /tmp/look
      crmcore demo --size 100000
    """
    from crmcore.cli.serving import address_of, ending_quietly, open_port, serve_app, unless_stopped

    async def work() -> None:
        from contextlib import closing

        from crmcore.cli.progress import ProgressLine
        from crmcore.demo.clock import StoryClock
        from crmcore.demo.prepare import prepare
        from crmcore.demo.standins import StandIns
        from crmcore.http.app import create_app

        again = "make demo PORT={port}" if with_parent else "crmcore demo --port {port}"
        with open_port(host, port, again) as bound, closing(StandIns()) as stand_ins:
            address = address_of(bound)
            clock = StoryClock()
            settings = place.settings()
            # Nobody needs the demo's last second after a power cut; without waiting for the disk it is there sooner.
            url = settings.database_url or f"{settings.effective_database_url()}?synchronous=normal"
            crm = place.build(
                clock,
                log_level=logging.WARNING,
                base_url=address,
                database_url=url,
                outgoing_hosts=[*settings.outgoing_hosts, *stand_ins.addresses],
            )
            click.echo(f"Demo data in {crm.settings.data_path.resolve()}")
            async with place.opened(crm):
                progress = ProgressLine()
                sign_in = await unless_stopped(prepare(crm, clock, size=size, progress=progress))
                if sign_in is None:
                    click.echo("Stopped. Start again to go on.")
                    return

                def announce() -> None:
                    if stood_in:
                        click.echo(f"Demo stand-ins, nothing leaves this machine: {', '.join(stood_in)}")
                    click.echo(f"Address: {address}")
                    click.echo(f"Sign in: {sign_in.email} {sign_in.password}")
                    click.echo(f"API token: {sign_in.token}")
                    click.echo("Ctrl-C ends it.")
                    sys.stdout.flush()

                if not only_data:
                    async with stand_ins.running(crm) as stood_in:
                        await serve_app(
                            create_app(crm, start=False), bound, announce, with_parent=with_parent
                        )
        click.echo("The data is there." if only_data else "Stopped.")

    with ending_quietly():
        run(work())

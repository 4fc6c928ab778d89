"""``crmcore worker``: the jobs alone, in a process of their own."""

import logging
from contextlib import ExitStack

import rich_click as click

from crmcore.cli.options import PORT, workspace_options
from crmcore.cli.place import Place, run


@click.command()
@click.option(
    "--concurrency",
    default=8,
    show_default=True,
    type=click.IntRange(1, 200),
    help="Jobs of the core that run at once; each plugin has half as many beside them.",
)
@click.option(
    "--grace",
    "grace_s",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    metavar="SECONDS",
    help="How long running jobs may take to end once it is told to stop.",
)
@click.option(
    "--metrics-port",
    type=PORT,
    help="Answer /metrics and /health on this port; 0: any free one. Without it nothing answers.",
)
@click.option("--metrics-host", default="127.0.0.1", show_default=True, help="Address of the metrics' port.")
@workspace_options
@click.pass_obj
def worker(
    place: Place, concurrency: int, grace_s: float, metrics_port: int | None, metrics_host: str
) -> None:
    """Work the workspace's jobs, without pages and API.

    Any number may run beside each other and beside serve: each job is taken by one of them. A job whose process is
    killed is run again by another within 20 seconds. Migrations run first.

    Ctrl-C or SIGTERM takes no more jobs, lets the running ones end within --grace, gives the others back to be run
    elsewhere, and ends with exit code 0. A second signal does not wait.

    \b
    Examples:
      crmcore worker
      crmcore worker --concurrency 20 --grace 60
      crmcore worker --metrics-port 9101
      crmcore serve --no-worker    (the pages and the API that go with it)
    """
    from crmcore.cli.serving import address_of, ending_quietly, open_port
    from crmcore.cli.working import work_jobs

    async def work() -> None:
        with ExitStack() as stack:
            probe = None
            if metrics_port is not None:
                again = "crmcore worker --metrics-port {port}"
                probe = stack.enter_context(open_port(metrics_host, metrics_port, again))

            def announce() -> None:
                click.echo("Working.")
                if probe is not None:
                    click.echo(f"Metrics: {address_of(probe)}/metrics")

            async with place.opened(place.build(log_level=logging.WARNING)) as crm:
                await work_jobs(crm, concurrency=concurrency, grace_s=grace_s, announce=announce, probe=probe)
        click.echo("Stopped.")

    with ending_quietly():
        run(work())

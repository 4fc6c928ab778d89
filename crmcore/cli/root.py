"""The command itself: global options, the list of commands, and how refusals are told."""

from typing import Any

import rich_click as click

from crmcore.cli.audit import audit
from crmcore.cli.backup import backup
from crmcore.cli.demo import demo
from crmcore.cli.doctor import doctor
from crmcore.cli.duplicates import duplicates
from crmcore.cli.events import events
from crmcore.cli.exporting import export
from crmcore.cli.fields import fields
from crmcore.cli.host import host
from crmcore.cli.importing import import_
from crmcore.cli.inbound import inbound
from crmcore.cli.jobs import jobs
from crmcore.cli.keys import keys
from crmcore.cli.migrate import migrate
from crmcore.cli.new_plugin import new_plugin
from crmcore.cli.options import workspace_options
from crmcore.cli.place import Place
from crmcore.cli.plugin_sets import SET_COMMANDS
from crmcore.cli.plugins import plugins
from crmcore.cli.privacy import privacy
from crmcore.cli.refusals import sentence_of
from crmcore.cli.restore import restore
from crmcore.cli.role import role
from crmcore.cli.search import search
from crmcore.cli.serve import serve
from crmcore.cli.settling import loading
from crmcore.cli.token import token
from crmcore.cli.user import user
from crmcore.cli.worker import worker


class Root(click.RichGroup):
    """Lets ``--no-plugins`` stand without a value, and tells every refusal in one sentence."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        head = ["--no-plugins=*" if arg == "--no-plugins" else arg for arg in args[:end]]
        return super().parse_args(context, [*head, *args[end:]])

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Exception as error:
            sentence = sentence_of(error)
            if sentence is None:
                raise
            click.echo(f"crmcore: {sentence}", err=True)
            context.exit(1)


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 refused or failed (one sentence on stderr says why), 2 wrong usage.",
)
@click.version_option(package_name="crmcore", prog_name="crmcore")
@workspace_options
@click.pass_context
def main(context: click.Context) -> None:
    """crmcore: a pluggable CRM framework.

    \b
    A first look, with real data:
      crmcore demo
    \b
    Your own workspace, in the folder .crmcore:
      crmcore user add anna@example.com --name "Anna" --role admin
      crmcore serve
    \b
    Is everything as it should be?
      crmcore doctor
    """
    loading()
    context.ensure_object(Place)


for _command in (
    serve,
    host,
    worker,
    backup,
    restore,
    demo,
    migrate,
    plugins,
    new_plugin,
    fields,
    inbound,
    jobs,
    events,
    role,
    user,
    token,
    import_,
    export,
    search,
    duplicates,
    audit,
    privacy,
    keys,
    doctor,
):
    main.add_command(_command)

for _command in SET_COMMANDS:
    plugins.add_command(_command)

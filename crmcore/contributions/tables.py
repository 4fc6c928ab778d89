"""What was set off in plugins, and how people arranged their panels."""

from piccolo.columns import JSONB, UUID, Boolean, Integer, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now, uuid7
from crmcore.database.current import WORKSPACE_ENGINE


class ActionRun(Table, db=WORKSPACE_ENGINE, tablename="action_run"):
    """One press of a plugin's button, kept 72 hours. ``press`` names it: actor, action and the button's token.

    ``state`` is running, done, refused or failed; ``result`` what is told to the person who pressed.
    """

    id = UUID(primary_key=True, default=uuid7)
    press = Varchar(length=300, unique=True)
    actor = Varchar(length=100)
    state = Varchar(length=10, default="running")
    result = JSONB(default="{}")
    created_at = Timestamptz(default=utc_now, index=True)
    ended_at = Timestamptz(null=True, default=None)


class PanelChoice(Table, db=WORKSPACE_ENGINE, tablename="panel_choice"):
    """What a person did to a panel: folded it, hid it, moved it. ``place`` is owner and panel, ``OWNER:PANEL``."""

    id = UUID(primary_key=True, default=uuid7)
    place = Varchar(length=200, unique=True)
    owner = UUID(index=True)
    panel = Varchar(length=100)
    folded = Boolean(default=False)
    hidden = Boolean(default=False)
    position = Integer(null=True, default=None)
    updated_at = Timestamptz(default=utc_now)

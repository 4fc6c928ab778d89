"""Where the choices are kept."""

from piccolo.columns import Text, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now
from crmcore.database.current import WORKSPACE_ENGINE


class GeneralSetting(Table, db=WORKSPACE_ENGINE, tablename="general_setting"):
    """One choice by its setting's name; ``first_run`` says that the first account was made in the browser."""

    name = Varchar(length=40, primary_key=True, default="")
    value = Text(default="")
    updated_at = Timestamptz(default=utc_now)

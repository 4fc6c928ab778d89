"""The keys that stored values are sealed with, and how far sealing them anew has come."""

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.table import Table

from crmcore.clock import utc_now
from crmcore.database.current import WORKSPACE_ENGINE


class SealingKey(Table, db=WORKSPACE_ENGINE, tablename="sealing_key"):
    """A key that values of this workspace were sealed with, by its fingerprint; never the key itself."""

    id = Varchar(length=8, primary_key=True, default="")
    created_at = Timestamptz(default=utc_now)
    retired_at = Timestamptz(null=True, default=None)


class Sealing(Table, db=WORKSPACE_ENGINE, tablename="sealing"):
    """How far a place has come towards ``goal``; written with each batch, so that it goes on after a stop."""

    place = Varchar(length=120, primary_key=True, default="")
    goal = Varchar(length=80, default="")
    last_id = Varchar(length=64, default="")
    done = Integer(default=0)
    finished_at = Timestamptz(null=True, default=None)

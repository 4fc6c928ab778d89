"""Calls as they ended."""

from pathlib import Path
from uuid import uuid4

from piccolo.columns import UUID, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.tables import WORKSPACE_ENGINE, Contact, Conversation


class TelephonyCall(Table, db=WORKSPACE_ENGINE, tablename="telephony_call"):
    """One finished call. Unique ``call_sid``: a repeated delivery changes the row instead of adding one.

    ``direction`` is in or out; ``outcome`` answered, missed, busy, failed or cancelled; ``number`` is the
    customer's (empty when hidden), ``line`` ours; ``seconds`` are of talk, or of ringing when nobody answered.
    """

    id = UUID(primary_key=True, default=uuid4)
    call_sid = Varchar(length=64, unique=True)
    contact = ForeignKey(references=Contact, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    conversation = ForeignKey(references=Conversation, null=True, default=None, on_delete=OnDelete.set_null)
    direction = Varchar(length=10, default="in")
    outcome = Varchar(length=12, default="answered")
    number = Varchar(length=320, default="")
    line = Varchar(length=320, default="")
    seconds = Integer(default=0)
    recording_url = Varchar(length=500, default="")
    ended_at = Timestamptz(index=True)


def telephony_app() -> AppConfig:
    """Return the plugin's tables and where their migrations are."""
    return AppConfig(
        app_name="telephony",
        migrations_folder_path=Path(__file__).parent / "migrations",
        table_classes=[TelephonyCall],
    )

"""Calls, whose phone rings where, and what to say."""

from pathlib import Path
from uuid import uuid4

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.conf.apps import AppConfig
from piccolo.table import Table

from crmcore.tables import WORKSPACE_ENGINE, Contact, Conversation, User


class TelephonyCall(Table, db=WORKSPACE_ENGINE, tablename="telephony_call"):
    """One call. Unique ``call_sid``: a repeated delivery changes the row instead of adding one.

    ``stage`` is ringing, answered or ended. ``direction`` is in or out; ``outcome`` answered, missed, busy, failed or
    cancelled; ``number`` is the customer's (empty when hidden), ``line`` ours; ``seconds`` are of talk, or of ringing
    when nobody answered; ``agent`` is the phone that answered, ``user`` whose it is. ``phones`` are those that rang,
    joined by blanks. ``recording_ref`` is where the backend finds the recording, ``recording`` the file that was made
    of it, ``recording_state`` none, waiting, kept, failed or deleted. ``result`` and ``notes`` are an agent's.
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
    stage = Varchar(length=8, default="ended")
    account = UUID(null=True, default=None)
    agent = Varchar(length=120, default="")
    user = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.set_null)
    phones = Varchar(length=500, default="")
    queue = Varchar(length=120, default="")
    waited_s = Integer(default=0)
    held_s = Integer(default=0)
    transfers = Integer(default=0)
    transferred_to = Varchar(length=120, default="")
    voicemail = Boolean(default=False)
    recording_ref = Varchar(length=500, default="")
    recording = UUID(null=True, default=None)
    recording_state = Varchar(length=8, default="none")
    started_at = Timestamptz(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    result = Varchar(length=20, default="")
    notes = Text(default="")


class TelephonyPhone(Table, db=WORKSPACE_ENGINE, tablename="telephony_phone"):
    """Whose phone it is: an extension, a number or a ``client:`` of Twilio. One person may have several.

    ``line`` is the number or the telephone system by which calls from here go, empty where that is chosen each time.
    """

    id = UUID(primary_key=True, default=uuid4)
    phone = Varchar(length=120, index=True)
    user = ForeignKey(references=User, null=True, default=None, on_delete=OnDelete.cascade)
    line = Varchar(length=120, default="")
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


class TelephonyScript(Table, db=WORKSPACE_ENGINE, tablename="telephony_script"):
    """What an agent reads during a call. ``line`` and ``queue`` narrow it to some calls, empty means any."""

    id = UUID(primary_key=True, default=uuid4)
    name = Varchar(length=200)
    direction = Varchar(length=4, default="any")
    line = Varchar(length=120, default="")
    queue = Varchar(length=120, default="")
    text = Text(default="")
    active = Boolean(default=True)
    version = Integer(default=1)
    created_at = Timestamptz()
    updated_at = Timestamptz()


def telephony_app() -> AppConfig:
    """Return the plugin's tables and where their migrations are."""
    return AppConfig(
        app_name="telephony",
        migrations_folder_path=Path(__file__).parent / "migrations",
        table_classes=[TelephonyCall, TelephonyPhone, TelephonyScript],
    )

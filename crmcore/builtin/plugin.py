"""The core's own plugin: the same hooks that every plugin uses, one class a hook, put together here."""

from typing import TYPE_CHECKING

from crmcore.builtin.answering import Answering
from crmcore.builtin.channels_hook import Channels
from crmcore.builtin.field_types import FieldTypes
from crmcore.builtin.jobs import Jobs
from crmcore.builtin.merging import Merging
from crmcore.builtin.panels import Panels
from crmcore.builtin.personal_data import PersonalRooms
from crmcore.builtin.receiving import Receiving
from crmcore.builtin.record_types import RecordTypes
from crmcore.builtin.row_scopes import RowScopes
from crmcore.builtin.rules import Rules
from crmcore.builtin.tiles import Tiles

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class CorePlugin(
    RecordTypes,
    RowScopes,
    FieldTypes,
    Channels,
    Receiving,
    Answering,
    Merging,
    Rules,
    Jobs,
    Panels,
    Tiles,
    PersonalRooms,
):
    """Contributes everything that the core brings along; registered first, under the name ``core``."""

    def __init__(self, crm: "Crm") -> None:
        self.crm = crm

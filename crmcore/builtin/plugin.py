"""The core's own plugin: the same hooks that every plugin uses, one class a hook, put together here."""

from typing import TYPE_CHECKING

from crmcore.builtin.field_types import FieldTypes
from crmcore.builtin.record_types import RecordTypes

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class CorePlugin(RecordTypes, FieldTypes):
    """Contributes everything that the core brings along; registered first, under the name ``core``."""

    def __init__(self, crm: "Crm") -> None:
        self.crm = crm

"""Every room of the core, in the order in which an erasure goes through them."""

from typing import TYPE_CHECKING

from crmcore.contracts.personal_data import PersonalData
from crmcore.privacy.rooms.bulk_changes import BulkChanges
from crmcore.privacy.rooms.field_exports import FieldExports
from crmcore.privacy.rooms.imported import Imported
from crmcore.privacy.rooms.labels import Tags
from crmcore.privacy.rooms.list_exports import ListExports
from crmcore.privacy.rooms.machinery import Answers, Events, Jobs
from crmcore.privacy.rooms.merges import Merges
from crmcore.privacy.rooms.notices import Notices
from crmcore.privacy.rooms.past import Past
from crmcore.privacy.rooms.people import People
from crmcore.privacy.rooms.raw_deliveries import RawDeliveries
from crmcore.privacy.rooms.room import personal_data_of
from crmcore.privacy.rooms.stored_files import Files
from crmcore.privacy.rooms.talks import Talks
from crmcore.privacy.rooms.to_do import ToDo
from crmcore.privacy.rooms.traces import Traces
from crmcore.privacy.rooms.views import Views
from crmcore.privacy.rooms.webhooks import Webhooks

if TYPE_CHECKING:
    from crmcore.workspace import Crm

# People first: from then on nothing new comes in under their name. Files before what they hang on is forgotten,
# copies after what they are copies of, the history after everything that may still write into it.
ROOMS = (
    People,
    Talks,
    RawDeliveries,
    Files,
    ToDo,
    Notices,
    Tags,
    Merges,
    Imported,
    ListExports,
    BulkChanges,
    Views,
    Events,
    Jobs,
    Answers,
    Webhooks,
    FieldExports,
    Past,
    Traces,
)


def core_personal_data(crm: "Crm") -> list[PersonalData]:
    """Return the core's kinds of personal data."""
    return [personal_data_of(room(crm)) for room in ROOMS]

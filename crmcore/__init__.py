"""crmcore: a pluggable CRM framework.

Everything a plugin imports is here; nothing else is promised to stay.
"""

from crmcore.contracts.actors import (
    Actor,
    ActorKind,
    plugin_actor,
    system_actor,
)
from crmcore.contracts.authenticators import (
    Admission,
    Authenticator,
    Departure,
    ExternalIdentity,
    SignInReturn,
    SignInStart,
)
from crmcore.contracts.channels import (
    Capabilities,
    Channel,
    ChannelAccount,
    Forged,
    InboundRequest,
    RawDelivery,
    SendFailed,
    Sent,
    Verified,
)
from crmcore.contracts.connections import (
    Authorization,
    Connection,
)
from crmcore.contracts.context import (
    HttpAnswer,
    HttpClient,
    Log,
    PluginConnections,
    PluginContext,
    PluginFiles,
    PluginRecords,
    Store,
)
from crmcore.contracts.events import (
    Event,
)
from crmcore.contracts.fields import (
    CustomField,
    FieldType,
    JsonSchema,
    Options,
)
from crmcore.contracts.jobs import (
    Busy,
    Job,
    Retry,
)
from crmcore.contracts.labels import (
    Label,
    text_of,
)
from crmcore.contracts.matchers import (
    Match,
    Matcher,
)
from crmcore.contracts.messages import (
    Attachment,
    ContactMatch,
    Identity,
    InboundMessage,
    OutboundAttachment,
    OutboundMessage,
    TaskRequest,
    Verdict,
)
from crmcore.contracts.outgoing import (
    OutgoingFailed,
    OutgoingRefused,
)
from crmcore.contracts.panels import (
    Block,
    Column,
    Item,
    Items,
    KeyValue,
    KeyValues,
    Note,
    Panel,
    PanelContent,
    Slot,
    Stat,
    Stats,
    Subject,
    Table,
)
from crmcore.contracts.personal_data import (
    DataItem,
    DataSubject,
    PersonalData,
)
from crmcore.contracts.pops import (
    Pop,
)
from crmcore.contracts.problems import (
    InvalidValue,
    Problem,
    Refusal,
)
from crmcore.contracts.records import (
    Action,
    Change,
    Draft,
    Merge,
    Move,
    Record,
    RecordType,
    RowLink,
)
from crmcore.contracts.scopes import (
    RowScope,
)
from crmcore.contracts.search import (
    FoundThrough,
    SearchParts,
)
from crmcore.contracts.settings import (
    CheckResult,
    Secret,
    Settings,
    setting,
)
from crmcore.contracts.validators import (
    Validator,
)
from crmcore.contracts.values import (
    Badge,
    Email,
    Link,
    Money,
    Num,
    Phone,
    Ref,
    Text,
    Tone,
    Value,
    When,
)
from crmcore.hookspecs import hookimpl

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Actor",
    "ActorKind",
    "Admission",
    "Attachment",
    "Authenticator",
    "Authorization",
    "Badge",
    "Block",
    "Busy",
    "Capabilities",
    "Change",
    "Channel",
    "ChannelAccount",
    "CheckResult",
    "Column",
    "Connection",
    "ContactMatch",
    "CustomField",
    "DataItem",
    "DataSubject",
    "Departure",
    "Draft",
    "Email",
    "Event",
    "ExternalIdentity",
    "FieldType",
    "Forged",
    "FoundThrough",
    "HttpAnswer",
    "HttpClient",
    "Identity",
    "InboundMessage",
    "InboundRequest",
    "InvalidValue",
    "Item",
    "Items",
    "Job",
    "JsonSchema",
    "KeyValue",
    "KeyValues",
    "Label",
    "Link",
    "Log",
    "Match",
    "Matcher",
    "Merge",
    "Money",
    "Move",
    "Note",
    "Num",
    "Options",
    "OutboundAttachment",
    "OutboundMessage",
    "OutgoingFailed",
    "OutgoingRefused",
    "Panel",
    "PanelContent",
    "PersonalData",
    "Phone",
    "PluginConnections",
    "PluginContext",
    "PluginFiles",
    "PluginRecords",
    "Pop",
    "Problem",
    "RawDelivery",
    "Record",
    "RecordType",
    "Ref",
    "Refusal",
    "Retry",
    "RowLink",
    "RowScope",
    "SearchParts",
    "Secret",
    "SendFailed",
    "Sent",
    "Settings",
    "SignInReturn",
    "SignInStart",
    "Slot",
    "Stat",
    "Stats",
    "Store",
    "Subject",
    "Table",
    "TaskRequest",
    "Text",
    "Tone",
    "Validator",
    "Value",
    "Verdict",
    "Verified",
    "When",
    "hookimpl",
    "plugin_actor",
    "setting",
    "system_actor",
    "text_of",
]

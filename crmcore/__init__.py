"""crmcore: a pluggable CRM framework.

Everything a plugin imports is here; nothing else is promised to stay.
"""

from crmcore import spared_imports as _spared_imports  # noqa: F401 - before all others
from crmcore.contracts.actions import (
    Action,
    ActionCall,
    ActionRef,
    ActionResult,
)
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
from crmcore.contracts.blocks import (
    Block,
    Chart,
    Column,
    Item,
    Items,
    KeyValue,
    KeyValues,
    Media,
    Meter,
    Note,
    Series,
    Spark,
    Stat,
    Stats,
    Table,
    Timeline,
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
from crmcore.contracts.commands import (
    Command,
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
    Leaving,
    Options,
)
from crmcore.contracts.health import (
    HealthCheck,
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
from crmcore.contracts.message_blocks import (
    MessageBlocks,
    MessageView,
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
    OutgoingError,
    OutgoingFailed,
    OutgoingRefused,
)
from crmcore.contracts.pages import (
    Filters,
    Page,
    PageContent,
    PageRequest,
)
from crmcore.contracts.panels import (
    Panel,
    PanelContent,
)
from crmcore.contracts.permissions import (
    Permission,
)
from crmcore.contracts.personal_data import (
    DataItem,
    DataSubject,
    PersonalData,
)
from crmcore.contracts.points import (
    ContactPointState,
    PluginPoints,
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
    Change,
    Draft,
    Merge,
    Move,
    Record,
    RecordType,
    RowLink,
    WriteAction,
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
from crmcore.contracts.setup_steps import (
    SetupStep,
)
from crmcore.contracts.subjects import (
    Slot,
    Subject,
)
from crmcore.contracts.tiles import (
    Tile,
    TileRequest,
)
from crmcore.contracts.timeline import (
    TimelineEntry,
    TimelineSource,
)
from crmcore.contracts.validators import (
    Validator,
)
from crmcore.contracts.values import (
    Badge,
    Badges,
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
from crmcore.contracts.views import (
    PluginViews,
    RecordPage,
    RecordView,
)
from crmcore.errors import (
    Conflict,
    CrmError,
    Forbidden,
    Invalid,
    NotFound,
)
from crmcore.hookspecs import hookimpl

__version__ = "0.1.0"

__all__ = [
    "Action",
    "ActionCall",
    "ActionRef",
    "ActionResult",
    "Actor",
    "ActorKind",
    "Admission",
    "Attachment",
    "Authenticator",
    "Authorization",
    "Badge",
    "Badges",
    "Block",
    "Busy",
    "Capabilities",
    "Change",
    "Channel",
    "ChannelAccount",
    "Chart",
    "CheckResult",
    "Column",
    "Command",
    "Conflict",
    "Connection",
    "ContactMatch",
    "ContactPointState",
    "CrmError",
    "CustomField",
    "DataItem",
    "DataSubject",
    "Departure",
    "Draft",
    "Email",
    "Event",
    "ExternalIdentity",
    "FieldType",
    "Filters",
    "Forbidden",
    "Forged",
    "FoundThrough",
    "HealthCheck",
    "HttpAnswer",
    "HttpClient",
    "Identity",
    "InboundMessage",
    "InboundRequest",
    "Invalid",
    "InvalidValue",
    "Item",
    "Items",
    "Job",
    "JsonSchema",
    "KeyValue",
    "KeyValues",
    "Label",
    "Leaving",
    "Link",
    "Log",
    "Match",
    "Matcher",
    "Media",
    "Merge",
    "MessageBlocks",
    "MessageView",
    "Meter",
    "Money",
    "Move",
    "NotFound",
    "Note",
    "Num",
    "Options",
    "OutboundAttachment",
    "OutboundMessage",
    "OutgoingError",
    "OutgoingFailed",
    "OutgoingRefused",
    "Page",
    "PageContent",
    "PageRequest",
    "Panel",
    "PanelContent",
    "Permission",
    "PersonalData",
    "Phone",
    "PluginConnections",
    "PluginContext",
    "PluginFiles",
    "PluginPoints",
    "PluginRecords",
    "PluginViews",
    "Pop",
    "Problem",
    "RawDelivery",
    "Record",
    "RecordPage",
    "RecordType",
    "RecordView",
    "Ref",
    "Refusal",
    "Retry",
    "RowLink",
    "RowScope",
    "SearchParts",
    "Secret",
    "SendFailed",
    "Sent",
    "Series",
    "Settings",
    "SetupStep",
    "SignInReturn",
    "SignInStart",
    "Slot",
    "Spark",
    "Stat",
    "Stats",
    "Store",
    "Subject",
    "Table",
    "TaskRequest",
    "Text",
    "Tile",
    "TileRequest",
    "Timeline",
    "TimelineEntry",
    "TimelineSource",
    "Tone",
    "Validator",
    "Value",
    "Verdict",
    "Verified",
    "When",
    "WriteAction",
    "hookimpl",
    "plugin_actor",
    "setting",
    "system_actor",
    "text_of",
]

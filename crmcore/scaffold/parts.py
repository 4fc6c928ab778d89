"""What a new plugin may begin with: for each part its files, its hooks and its samples."""

from msgspec import Struct


class Part(Struct, frozen=True, kw_only=True):
    """One thing that plugins bring.

    ``files`` maps paths in the distribution to templates; ``imports`` and ``hooks`` go into ``plugin.py``;
    ``crmcore`` are the names that these take from there. ``samples`` are fields of the samples, ``sample_code``
    stands before them.
    """

    key: str
    tells: str
    files: dict[str, str] = {}
    imports: tuple[str, ...] = ()
    crmcore: tuple[str, ...] = ()
    hooks: str = ""
    contracts: tuple[str, ...] = ()
    samples: str = ""
    sample_imports: tuple[str, ...] = ()
    sample_names: tuple[str, ...] = ()
    sample_code: str = ""
    dependencies: tuple[str, ...] = ()
    words: str = ""
    accounts: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    signed: bool = False


SIGNED_CODE = '''SECRET = "a-secret-of-the-samples"


def sign(url: str, body: bytes) -> dict[str, str]:
    """Return the headers that the other side sends along."""
    return {"X-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}


def answers(http: RecordedHttp) -> None:
    """Say what the other side answers."""
    http.answer("https://api.example.com/", json={})


'''


SETTINGS = Part(
    key="settings",
    tells="Settings with a form, a JSON Schema and bounds.",
    files={"src/PACKAGE/settings.py": "settings.py"},
    imports=("from PACKAGE.settings import CLASSSettings", "from PACKAGE.words import TITLE_WORDS"),
    crmcore=("Settings",),
    hooks='''
@hookimpl
def register_settings() -> Settings:
    """Return what an administrator chooses."""
    return Settings(type=CLASSSettings, title=TITLE_WORDS)
''',
)

PARTS: tuple[Part, ...] = (
    Part(
        key="panel",
        tells="A panel beside contacts and conversations.",
        files={"src/PACKAGE/panel.py": "panel.py", "tests/test_panel.py": "test_panel.py"},
        imports=("from PACKAGE.panel import PANEL",),
        crmcore=("Panel",),
        hooks='''
@hookimpl
def register_panels() -> list[Panel]:
    """Return the panel."""
    return [PANEL]
''',
        contracts=("PanelContract",),
        words="""NOBODY: Label = {
    "en": "Nothing is known of this person.",
    "ru": "Об этом человеке ничего не известно.",
}
SAY: Label = {"en": "Say", "ru": "Сказать"}
""",
    ),
    Part(
        key="channel",
        tells="A channel: messages come in signed, and replies go out.",
        files={"src/PACKAGE/channel.py": "channel.py", "tests/test_channel.py": "test_channel.py"},
        imports=("from PACKAGE.channel import CHANNEL",),
        crmcore=("Channel",),
        hooks='''
@hookimpl
def register_channels() -> list[Channel]:
    """Return the channel."""
    return [CHANNEL]
''',
        contracts=("ChannelContract",),
        words="""AWAY: Label = {"en": "The vendor cannot be reached.", "ru": "Сервис недоступен."}
NO_MESSAGE: Label = {"en": "This is no message.", "ru": "Это не сообщение."}
""",
        sample_names=("Delivery", "RecordedHttp"),
        sample_code='''def delivery(id: str, text: str) -> Delivery:
    """Return what the vendor sends for one message."""
    return Delivery(body=json.dumps({"id": id, "sender": "7007", "text": text}).encode(), sign=sign)


''',
        accounts=('"PLUGIN": {"secret": SECRET}',),
        deliveries=('"PLUGIN": (delivery("m-1", "Hello"), delivery("m-2", "Is anybody there?"))',),
        signed=True,
    ),
    Part(
        key="connection",
        tells="A connection: accounts at a service, its deliveries signed and handled in a job.",
        files={
            "src/PACKAGE/connection.py": "connection.py",
            "tests/test_connection.py": "test_connection.py",
        },
        imports=("from PACKAGE.connection import CONNECTION",),
        crmcore=("Connection",),
        hooks='''
@hookimpl
def register_connections() -> list[Connection]:
    """Return the connection."""
    return [CONNECTION]
''',
        contracts=("ConnectionContract",),
        sample_names=("Delivery", "RecordedHttp"),
        sample_code='''def event(id: str, order: str) -> Delivery:
    """Return what the service sends about one order."""
    return Delivery(body=json.dumps({"id": id, "order": order}).encode(), sign=sign)


''',
        accounts=('"PLUGIN_shop": {"secret": SECRET}',),
        deliveries=('"PLUGIN_shop": (event("e-1", "1042"), event("e-2", "1043"))',),
        signed=True,
    ),
    Part(
        key="action",
        tells="An action: a button at contacts, with a form.",
        files={"src/PACKAGE/action.py": "action.py", "tests/test_action.py": "test_action.py"},
        imports=("from PACKAGE.action import ACTION",),
        crmcore=("Action",),
        hooks='''
@hookimpl
def register_actions() -> list[Action]:
    """Return the action."""
    return [ACTION]
''',
        contracts=("ActionContract",),
    ),
    Part(
        key="page",
        tells="A page with an entry in the menu.",
        files={"src/PACKAGE/page.py": "page.py", "tests/test_page.py": "test_page.py"},
        imports=("from PACKAGE.page import PAGE",),
        crmcore=("Page",),
        hooks='''
@hookimpl
def register_pages() -> list[Page]:
    """Return the page."""
    return [PAGE]
''',
        contracts=("PageContract",),
    ),
    Part(
        key="tables",
        tells="A table with its migration, merging and personal data.",
        files={
            "src/PACKAGE/tables.py": "tables.py",
            "src/PACKAGE/personal.py": "personal.py",
            "src/PACKAGE/migrations/__init__.py": "",
            "src/PACKAGE/migrations/PLUGIN_2026_01_01t00_00_00_000000.py": "migration.py",
            "tests/test_tables.py": "test_tables.py",
        },
        imports=("from PACKAGE.personal import VISITS", "from PACKAGE.tables import APP, CLASSVisit"),
        crmcore=("Merge", "Move", "PersonalData"),
        hooks='''
@hookimpl
def register_tables() -> AppConfig:
    """Return the tables and their migrations."""
    return APP


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Return what is kept of people."""
    return [VISITS]


@hookimpl
async def merge_contacts(merge: Merge) -> list[Move]:
    """Return the merged contact's visits, which go to the kept one."""
    query = CLASSVisit.select(CLASSVisit.id)
    rows = await query.where(CLASSVisit.contact == merge.merged)
    return [Move(table=CLASSVisit, column="contact", row=row["id"]) for row in rows]
''',
        contracts=("TablesContract", "PersonalDataContract"),
        sample_imports=(
            "from typing import Any",
            "from uuid import UUID",
            "from PACKAGE.tables import CLASSVisit",
        ),
        sample_code='''async def story(crm: Any, contact: UUID) -> None:
    """Let the contact visit, as the plugin keeps it."""
    await CLASSVisit(contact=contact, place="The shop", at=crm.clock()).save()


''',
        samples="    story=story,\n",
        dependencies=("piccolo>=1.38,<2",),
    ),
    Part(
        key="jobs",
        tells="A job that is put into the queue, and one for every night.",
        files={"src/PACKAGE/jobs.py": "jobs.py", "tests/test_jobs.py": "test_jobs.py"},
        imports=("from PACKAGE.jobs import JOBS",),
        crmcore=("Job",),
        hooks='''
@hookimpl
def register_jobs() -> list[Job]:
    """Return the jobs."""
    return list(JOBS)
''',
        contracts=("JobContract",),
        samples='    payloads={"greet": {"contact": "{contact}"}},\n',
    ),
    Part(
        key="fields",
        tells="Custom fields at contacts.",
        files={"src/PACKAGE/fields.py": "fields.py", "tests/test_fields.py": "test_fields.py"},
        imports=("from PACKAGE.fields import FIELDS",),
        crmcore=("CustomField",),
        hooks='''
@hookimpl
def register_custom_fields() -> list[CustomField]:
    """Return the fields."""
    return list(FIELDS)
''',
    ),
    Part(
        key="validator",
        tells="A validator: a format for any text field.",
        files={"src/PACKAGE/validator.py": "validator.py", "tests/test_validator.py": "test_validator.py"},
        imports=("from PACKAGE.validator import VALIDATOR",),
        crmcore=("Validator",),
        hooks='''
@hookimpl
def register_validators() -> list[Validator]:
    """Return the validator."""
    return [VALIDATOR]
''',
        contracts=("ValidatorContract",),
    ),
    Part(
        key="field-type",
        tells="A field type with options, its own form and words.",
        files={
            "src/PACKAGE/field_type.py": "field_type.py",
            "tests/test_field_type.py": "test_field_type.py",
        },
        imports=("from PACKAGE.field_type import FIELD_TYPE",),
        crmcore=("FieldType",),
        hooks='''
@hookimpl
def register_field_types() -> list[FieldType]:
    """Return the field type."""
    return [FIELD_TYPE]
''',
        contracts=("FieldTypeContract",),
        samples='    options={"PLUGIN_stars": {"most": 5}},\n    values={"PLUGIN_stars": (1, 5, "3")},\n',
    ),
)

"""Plugins that break a rule about every plugin."""

from typing import Annotated, Any
from uuid import uuid4

import msgspec
from msgspec import Struct
from spoiling import Broken, good, hook, job, panel, raises, refuses_all, settings, stands_still, swallows

from crmcore import CheckResult, PanelContent, Secret, hookimpl, setting
from crmcore.testing.samples import Samples


class OpenSettings(Struct, frozen=True, kw_only=True):
    greeting: str = ""
    api_key: str = ""


class KeySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    greeting: Annotated[str, setting({"en": "Greeting", "ru": "Приветствие"}, max_length=80)] = ""
    key: Annotated[Secret, setting({"en": "Key", "ru": "Ключ"}, max_length=80)] = ""


async def always_well(plugin: Any) -> CheckResult:
    await swallows({}, plugin)
    return CheckResult(ok=True, message="Fine.")


@hookimpl
async def message_received(event: Any, plugin: Any) -> None:
    await plugin.store.set("count", await plugin.store.get("count", 0) + 1)


async def tells_its_key(subject: Any, plugin: Any) -> PanelContent:
    plugin.log.info(f"asking with {plugin.settings.key}"[::1])
    return PanelContent(status="error", message=f"403 for {plugin.settings.key}")


async def blocks(subject: Any, plugin: Any) -> PanelContent:
    return stands_still()


class RandomSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another word at every start, as long as nobody has chosen one."""

    greeting: Annotated[str, setting({"en": "Greeting", "ru": "Приветствие"}, max_length=80)] = msgspec.field(
        default_factory=lambda: uuid4().hex
    )


def known_in_a_module() -> dict[str, Any]:
    known: set[str] = set()

    @hookimpl
    async def message_received(event: Any, plugin: Any) -> None:
        if "ann@example.com" not in known:
            known.add("ann@example.com")
            await plugin.store.set("greeted", True)

    return {"message_received": message_received}


def starts_twice_at_most() -> dict[str, Any]:
    started: list[str] = []

    @hookimpl
    def register_jobs() -> Any:
        if len(started) == 2:
            raise RuntimeError("The jobs are registered already.")
        started.append("once more")
        return list(good("jobs", "JOBS"))

    return {"register_jobs": register_jobs}


WITH_KEY = Samples(settings={"key": "a-key-of-the-samples"})
ONE_MORE_TABLE = """
from crmcore.tables import WORKSPACE_ENGINE
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-05-01T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "more"


class Statement(Table, db=WORKSPACE_ENGINE):
    pass


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="kitten", description=DESCRIPTION)

    async def make():
        await Statement.raw("CREATE TABLE kitten_more (id integer)")

    async def drop():
        await Statement.raw("DROP TABLE kitten_more")

    manager.add_raw(make)
    manager.add_raw_backwards(drop)
    return manager
"""
STILL = """
import time


def stands_still():
    until = time.monotonic() + 1.2
    while time.monotonic() < until:
        pass
    return None
"""
README = "What it does. " * 40
WHOLE = f"""Metadata-Version: 2.4
Name: crm-kitten
Version: 0.1.0
Summary: A kitten
License-Expression: Apache-2.0
Requires-Python: >=3.11
Requires-Dist: crmcore>=0.1,<1

{README}
"""


BROKEN = (
    Broken("plugin.loads", "Did you mean “register_panels”?", lambda: hook("register_panel")),
    Broken("plugin.keys_are_words", "lower-case word", lambda: panel(key="greeting-")),
    Broken(
        "plugin.starts_unconfigured",
        "before anything is configured",
        lambda: job(run=refuses_all, every_s=60),
    ),
    Broken("plugin.secrets_are_marked", "crmcore.Secret", lambda: settings(OpenSettings), samples=Samples()),
    Broken(
        "plugin.settings_refuse_unknown_names",
        "forbid_unknown_fields",
        lambda: settings(OpenSettings),
        samples=Samples(),
    ),
    Broken("plugin.settings_are_bounded", "max_length", lambda: settings(OpenSettings), samples=Samples()),
    Broken(
        "plugin.test_connection_answers",
        "CheckResult(ok=False",
        lambda: settings(KeySettings, raises),
        samples=WITH_KEY,
    ),
    Broken(
        "plugin.test_connection_answers",
        "all is well",
        lambda: settings(KeySettings, always_well),
        samples=WITH_KEY,
    ),
    Broken("plugin.icons_are_there", "/gallery", lambda: panel(icon="no-such-icon")),
    Broken("plugin.speaks_both_languages", "{'en': …, 'ru': …}", lambda: panel(title="Say hello")),
    Broken("plugin.speaks_both_languages", "no text in “ru”", lambda: panel(title={"en": "Hello"})),
    Broken("plugin.events_are_taken_twice", "event.id", lambda: {"message_received": message_received}),
    Broken("plugin.starts_again", "registered already", starts_twice_at_most),
    Broken("plugin.loads_twice", "in the second workspace", known_in_a_module),
    Broken(
        "plugin.comes_back", "its settings are others", lambda: settings(RandomSettings), samples=Samples()
    ),
    Broken(
        "plugin.purges",
        "the table kitten_more is still there",
        files={"migrations/kitten_2026_05_01t00_00_00_000000.py": ONE_MORE_TABLE},
    ),
    Broken("plugin.has_a_version", "pip can compare", metadata=WHOLE.replace("0.1.0", "the-first")),
    Broken(
        "plugin.names_compatible_core",
        "Name the core",
        metadata=WHOLE.replace("crmcore>=0.1,<1", "crmcore>=0.1"),
    ),
    Broken("plugin.describes_itself", "README says too little", metadata=WHOLE.replace(README, "Kitten.")),
    Broken("plugin.describes_itself", "no licence", metadata=WHOLE.replace("License-Expression", "Keywords")),
    Broken("plugin.is_typed", "Add an empty file crm_kitten/py.typed", metadata=WHOLE, taken=("py.typed",)),
    Broken(
        "plugin.secrets_stay",
        "A secret stands in the panel “greeting”",
        lambda: {**settings(KeySettings), **panel(tells_its_key)},
        samples=WITH_KEY,
        after=("panel.knows_nobody",),
    ),
    Broken(
        "plugin.loop_is_free",
        "still.py, line ",
        lambda: panel(blocks),
        files={"still.py": STILL},
        after=("panel.knows_nobody",),
    ),
    Broken(
        "plugin.imports_what_is_promised",
        "import from crmcore",
        files={"spoilt.py": "from crmcore.records.gate import Gate\n"},
    ),
    Broken("plugin.has_one_way_out", "plugin.http", files={"spoilt.py": "import urllib.request\n"}),
    Broken(
        "plugin.takes_the_clock",
        "plugin.now()",
        files={"spoilt.py": "import datetime\nNOW = datetime.datetime.now()\n"},
    ),
)

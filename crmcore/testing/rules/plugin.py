"""What holds for every plugin: it loads alone, says what it needs, speaks both languages, leaves and comes back."""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct
from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

import crmcore.web
from crmcore.contracts.settings import Settings
from crmcore.errors import CrmError
from crmcore.plugins.purge import Purge
from crmcore.plugins.single_file import FileEntryPoint
from crmcore.records.query import ListQuery
from crmcore.testing.bench import Bench
from crmcore.testing.factories import MAKER
from crmcore.testing.rule import Broken, Nothing, Unshown, rules
from crmcore.web.assets import Assets

PUBLIC = ("crmcore", "crmcore.tables", "crmcore.testing")
WAYS_OUT = (
    "requests",
    "httpx",
    "httpx2",
    "aiohttp",
    "urllib3",
    "urllib.request",
    "http.client",
    "smtplib",
    "websockets",
)
_KEY = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_SECRET = re.compile(r"(^|_)(secret|token|password|passphrase|api_?key|private_key|credentials?)($|_)")
_SENTENCE_LIKE = re.compile(r"\s")


async def loads(bench: Bench) -> None:
    """The plugin loads in strict mode, alone beside the core."""
    if bench.crm.host.plugins[bench.name].state != "loaded":
        raise Broken("It does not load.")


async def loads_twice(bench: Bench) -> None:
    """Two workspaces with the plugin live side by side in one process, each with its own settings and data."""
    async with bench.fresh(configured=False) as crm:
        if crm.host.context(bench.name) is bench.context():
            raise Broken("Both workspaces have one context: keep nothing of a workspace in a module.")


async def starts_unconfigured(bench: Bench) -> None:
    """An administrator has not configured it yet: the workspace starts, and a day of periodic work passes quietly."""
    from crmcore.jobs.tables import JobRow

    async with bench.fresh(configured=False) as crm:
        await crm.worker.drain()
        failed = await JobRow.select(JobRow.name, JobRow.error).where(
            JobRow.plugin == bench.name, JobRow.error != ""
        )
        if failed:
            raise Broken(
                f"The job {failed[0]['name']} fails before anything is configured "
                f"({failed[0]['error'][:120]}): let it "
                "return while plugin.settings are empty."
            )


async def starts_again(bench: Bench) -> None:
    """A workspace with the plugin stops, and starts again on the same database."""
    url = bench.fresh_url()
    for _ in range(2):
        async with bench.fresh(url=url):
            pass


async def names_compatible_core(bench: Bench) -> None:
    """The distribution requires crmcore from one version up and below another, so that pip keeps them together."""
    wanted = [one for one in _requirements(bench) if one.name == "crmcore"]
    operators = {part.operator for one in wanted for part in one.specifier}
    if not operators & {">=", "~=", "=="} or not operators & {"<", "~=", "=="}:
        raise Broken('Name the core it works with in pyproject.toml: dependencies = ["crmcore>=0.1,<1"].')


async def describes_itself(bench: Bench) -> None:
    """The distribution has a licence, a summary, the Pythons it needs and a README that people can follow."""
    metadata = _distribution(bench).metadata.json
    for field, what in (("summary", "description"), ("requires_python", "requires-python")):
        if not metadata.get(field):
            raise Broken(f"pyproject.toml has no {what}.")
    if not (metadata.get("license_expression") or metadata.get("license")):
        raise Broken('pyproject.toml names no licence: license = "Apache-2.0".')
    if len(_readme(_distribution(bench)).split()) < 40:
        raise Broken(
            "The README says too little: what it does, how to set it up, what leaves the company. Name it in "
            'pyproject.toml: readme = "README.md".'
        )


async def has_a_version(bench: Bench) -> None:
    """The distribution's version can be compared (PEP 440)."""
    try:
        Version(_distribution(bench).version)
    except InvalidVersion as error:
        raise Broken(f"The version is none that pip can compare: {error}.") from error


async def is_typed(bench: Bench) -> None:
    """The package says that it is typed: it has a py.typed."""
    _distribution(bench)
    folder = bench.folder_of_code()
    if folder.is_dir() and not (folder / "py.typed").exists():
        raise Broken(f"Add an empty file {folder.name}/py.typed, and annotate what others call.")


async def imports_what_is_promised(bench: Bench) -> None:
    """It imports from crmcore only what is promised to stay: crmcore itself and crmcore.tables."""
    for file, tree in _sources(bench):
        for module in _imported(tree):
            if module.startswith("crmcore.") and module not in PUBLIC:
                raise Broken(
                    f"{file.name} imports {module}, which may change any day: import from crmcore, or "
                    "ask for it to be "
                    "made public."
                )


async def has_one_way_out(bench: Bench) -> None:
    """It reaches the outside through plugin.http alone: checked addresses, deadlines, limits."""
    for file, tree in _sources(bench):
        for module in _imported(tree):
            if any(module == way or module.startswith(f"{way}.") for way in WAYS_OUT):
                raise Broken(
                    f"{file.name} imports {module}: ask through plugin.http, which guards the way out."
                )


async def takes_the_clock(bench: Bench) -> None:
    """It asks plugin.now() for the time, so that tests and replays can turn the clock."""
    for file, tree in _sources(bench):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "datetime.now",
                "datetime.utcnow",
                "datetime.datetime.now",
                "datetime.datetime.utcnow",
                "date.today",
                "datetime.date.today",
            ):
                raise Broken(
                    f"{file.name}, line {node.lineno}, asks the machine for the time: use plugin.now()."
                )


async def keys_are_words(bench: Bench) -> None:
    """Keys are lower-case words: they stand in addresses, settings and databases for years."""
    for kind, items in bench.registry.kinds():
        for key, owned in items.items():
            own = key.rpartition(".")[2]
            if owned.plugin == bench.name and not _KEY.fullmatch(own):
                raise Broken(
                    f"The key “{own}” among its {kind} is no lower-case word: make it like order_list."
                )


async def speaks_both_languages(bench: Bench) -> None:
    """Every text of more than a name is there in English and in Russian."""
    for place, label in _labels(bench):
        if isinstance(label, dict):
            missing = [language for language in ("en", "ru") if not label.get(language)]
            if missing:
                raise Broken(f"{place} has no text in “{missing[0]}”.")
        elif _SENTENCE_LIKE.search(label.strip()):
            raise Broken(f"{place} is “{label[:60]}” for everybody: write {{'en': …, 'ru': …}}.")


async def icons_are_there(bench: Bench) -> None:
    """The icons it names are among those that the core brings."""
    known = Assets(Path(crmcore.web.__file__).parent / "static").icons
    for kind, items in bench.registry.kinds():
        for key, owned in items.items():
            icon = getattr(owned.item, "icon", "")
            if owned.plugin == bench.name and icon and icon not in known:
                raise Broken(f"{kind} {key}: there is no icon “{icon}”; /gallery shows those that are there.")


async def secrets_are_marked(bench: Bench) -> None:
    """Settings that are secrets by their name are marked as Secret: encrypted, never shown."""
    for struct in _structs(bench):
        for field in msgspec.structs.fields(struct):
            schema = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"].get(
                field.encode_name, {}
            )
            text = schema.get("type") == "string" or "anyOf" in schema
            if _SECRET.search(field.name) and text and not _is_secret(schema):
                raise Broken(
                    f"{struct.__name__}.{field.name} is kept in clear: give it the type crmcore.Secret."
                )


async def settings_are_bounded(bench: Bench) -> None:
    """Every text among the settings has a maximum or a pattern, every number a range."""
    for struct in _structs(bench):
        properties = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
        for name, schema in properties.items():
            kinds = [schema, *schema.get("anyOf", [])]
            for kind in kinds:
                text = kind.get("type") == "string" and not {"maxLength", "pattern", "enum", "format"} & {
                    *kind,
                    *schema,
                }
                number = kind.get("type") in ("integer", "number") and not (
                    {"maximum", "exclusiveMaximum"} & {*kind, *schema}
                )
                if text or number:
                    raise Broken(
                        f"{struct.__name__}.{name} has no bound: setting({{…}}, "
                        f"{'max_length=200' if text else 'ge=0, le=100'})."
                    )


async def settings_refuse_unknown_names(bench: Bench) -> None:
    """A misspelt setting is refused, not forgotten: forbid_unknown_fields=True."""
    for struct in _structs(bench):
        if not struct.__struct_config__.forbid_unknown_fields:
            raise Broken(
                f"class {struct.__name__}(Struct, …, forbid_unknown_fields=True) refuses misspelt names."
            )


async def secrets_stay(bench: Bench) -> None:
    """No secret of its settings or accounts stands in a page, a log, an error, or in the database in clear."""
    secrets = bench.secrets()
    if not secrets:
        if any(_is_secret(field) for struct in _structs(bench) for field in _properties(struct)):
            raise Unshown(
                "Add samples with secrets of 8 letters or more: Samples(settings={…}) or accounts={…}."
            )
        raise Nothing
    for place, text in bench.heard:
        for secret in secrets:
            if secret in text:
                raise Broken(f"A secret stands in {place}: {text[: text.index(secret)][-60:]}… Leave it out.")
    if bench.crm.database.kind == "sqlite":
        stored = Path(
            bench.crm.settings.effective_database_url().removeprefix("sqlite:///").partition("?")[0]
        )
        written = b"".join(
            file.read_bytes() for file in stored.parent.glob(f"{stored.name}*") if file.is_file()
        )
        for secret in secrets:
            if secret.encode() in written:
                raise Broken(
                    "A secret stands in the database in clear: mark its field as Secret, store it nowhere else."
                )


async def test_connection_answers(bench: Bench) -> None:
    """“Test connection” answers with a sentence while the service is away, and raises nothing."""
    settings: Settings | None = next(
        (owned.item for key, owned in bench.registry.settings.items() if key == bench.name), None
    )
    if settings is None or settings.check is None:
        raise Nothing
    async with bench.fresh() as crm:
        for trouble in (None, "unreachable"):
            http: Any = crm.http_client._transport
            http.trouble, http.fallback = trouble, _gone
            http.requests.clear()
            try:
                result = await settings.check(bench.context(crm))
            except Exception as error:
                raise Broken(
                    f"The connection test raises {error!r}: return CheckResult(ok=False, message=…)."
                ) from error
            if result.ok and trouble and http.requests:
                raise Broken("The connection test says that all is well while the service cannot be reached.")
            bench.heard.append(("the connection test", str(result.message)))


async def events_are_taken_twice(bench: Bench) -> None:
    """An event that comes twice changes nothing the second time: handlers are idempotent on event.id."""
    from crmcore.testing.recorded_events import RecordedEvents

    hooks = [name for name in bench.hooks() if bench.crm.host.specs[name].kind == "event"]
    if not hooks:
        raise Nothing
    async with bench.fresh() as crm:
        if bench.samples.story is not None:
            record = await bench.make(crm).contact()
            await bench.samples.story(crm, record.id)
        await bench.make(crm).message("Hello", email="twice@example.com")
        await crm.worker.drain()
        before = await state_of(bench, crm)
        for event in await RecordedEvents()(*hooks):
            await crm.host.dispatch.call_one(bench.name, event.name, event=event)
        await crm.worker.drain()
        if await state_of(bench, crm) != before:
            raise Broken(
                f"{', '.join(hooks)} told of the same event twice did the same work twice: keep "
                "event.id with what it "
                "leads to, and look for it first."
            )


async def comes_back(bench: Bench) -> None:
    """Uninstalled, it takes nothing along: records can be read and saved. Installed again, its values are there."""
    url = bench.fresh_url()
    async with bench.fresh(url=url) as crm:
        record = await bench.make(crm).contact()
        if bench.samples.story is not None:
            await bench.samples.story(crm, record.id)
            await crm.worker.drain()
        before = await state_of(bench, crm)
        settings = await _masked(bench, crm)
    async with bench.fresh(url=url, plugin=False) as crm:
        found = await crm.records.get("contact", record.id, actor=MAKER)
        try:
            await crm.records.update(
                "contact", record.id, {"first_name": "Away"}, actor=MAKER, version=found.version
            )
        except CrmError as error:
            raise Broken(f"Without the plugin a contact cannot be saved any more: {error}.") from error
        await crm.records.list("contact", ListQuery(), actor=MAKER)
    async with bench.fresh(url=url, configured=False) as crm:
        after = await state_of(bench, crm)
        if after["tables"] != before["tables"] or after["custom"] != before["custom"]:
            raise Broken(
                "After it was uninstalled and installed again, values are missing: keep them in its tables."
            )
        if await _masked(bench, crm) != settings:
            raise Broken("After it was uninstalled and installed again, its settings are others.")


async def purges(bench: Bench) -> None:
    """A purge deletes what it has left behind, and installing it again begins anew."""
    url = bench.fresh_url()
    async with bench.fresh(url=url) as crm:
        record = await bench.make(crm).contact()
        if bench.samples.story is not None:
            await bench.samples.story(crm, record.id)
            await crm.worker.drain()
    async with bench.fresh(url=url, plugin=False) as crm:
        await Purge(crm.database, crm.ledger).execute(bench.name, yes=True)
        await crm.records.get("contact", record.id, actor=MAKER)
    async with bench.fresh(url=url) as crm:
        rows = (await state_of(bench, crm))["tables"]
        if any(rows.values()):
            raise Broken(
                "After a purge its tables have rows: let every table's name begin with the plugin's."
            )


async def loop_is_free(bench: Bench) -> None:
    """Nothing of it keeps the event loop waiting: what computes or blocks is a plain def, or runs in a thread."""
    if bench.stalls:
        raise Broken(
            f"It kept every request waiting: {bench.stalls[0]}. Make the function a plain def, which "
            "runs in a thread, "
            "or await asyncio.to_thread(…)."
        )


async def _masked(bench: Bench, crm: Any) -> Any:
    return await crm.plugin_settings.masked(bench.name) if bench.name in crm.registry.settings else None


async def state_of(bench: Bench, crm: Any) -> dict[str, Any]:
    """Return what the plugin has: rows of its tables, its values in contacts, its own keys and waiting jobs."""
    from crmcore.jobs.tables import JobRow
    from crmcore.plugins.tables import PluginValue

    app = crm.registry.tables.get(bench.name)
    tables = {}
    for table in app.item.table_classes if app and app.plugin == bench.name else ():
        rows = await table.select().order_by(table._meta.primary_key)
        tables[table._meta.tablename] = [
            {name: value for name, value in row.items() if not hasattr(value, "tzinfo")} for row in rows
        ]
    page = await crm.records.list("contact", ListQuery(limit=200), actor=MAKER)
    contacts = sorted(page.items, key=lambda record: str(record.id))
    values = await PluginValue.select(PluginValue.key, PluginValue.value).where(
        PluginValue.plugin == bench.name
    )
    waiting = await JobRow.count().where(JobRow.plugin == bench.name)
    return {
        "tables": tables,
        "custom": [(str(record.id), record.document.get("custom")) for record in contacts],
        "values": sorted((row["key"], row["value"]) for row in values),
        "jobs": waiting,
        "contacts": len(contacts),
    }


def _gone(_: Any) -> Any:
    from crmcore.testing.recorded_http import Answered

    return Answered(status=404)


def _distribution(bench: Bench) -> Distribution:
    if bench.point.dist is None:
        raise (
            Nothing
            if isinstance(bench.point, FileEntryPoint)
            else Unshown("It is not installed as a distribution: pip install -e .")
        )
    return bench.point.dist


def _readme(distribution: Distribution) -> str:
    """Return the README: of an editable installation the file, which may be newer than what pip noted."""
    origin = msgspec.json.decode(distribution.read_text("direct_url.json") or "{}")
    url = urlsplit(origin.get("url", ""))
    if origin.get("dir_info", {}).get("editable") and url.scheme == "file":
        file = Path(unquote(url.path)) / "README.md"
        return file.read_text(encoding="utf-8") if file.is_file() else ""
    return str(distribution.metadata.json.get("description") or "")


def _requirements(bench: Bench) -> list[Requirement]:
    return [Requirement(line) for line in _distribution(bench).requires or []]


def _sources(bench: Bench) -> Iterator[tuple[Path, ast.Module]]:
    place = bench.folder_of_code()
    for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
        # What stands in for a service in a demo or a check is no part of what runs.
        if not {"samples.py", "demo", "demo.py", "standin"} & {
            file.name,
            *file.relative_to(place.parent).parts,
        }:
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module == "urllib":
                yield from (f"urllib.{alias.name}" for alias in node.names)


def _structs(bench: Bench) -> list[type[Struct]]:
    found: list[type[Struct]] = [
        owned.item.type for key, owned in bench.registry.settings.items() if key == bench.name
    ]
    for kind in ("channels", "connections"):
        for owned in getattr(bench.registry, kind, {}).values():
            if owned.plugin == bench.name and owned.item.config is not None:
                found.append(owned.item.config)
    if not found:
        raise Nothing
    return found


def _properties(struct: type[Struct]) -> list[dict[str, Any]]:
    return list(msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"].values())


def _is_secret(schema: dict[str, Any]) -> bool:
    return bool(schema.get("writeOnly")) or any(_is_secret(one) for one in schema.get("anyOf", []))


def _labels(bench: Bench) -> Iterator[tuple[str, Any]]:
    """Return every text for people with its place."""
    for kind, items in bench.registry.kinds():
        for key, owned in items.items():
            if owned.plugin == bench.name:
                yield from _labels_of(f"{kind} {key}", owned.item)
    for owned in bench.registry.custom_fields:
        if owned.plugin == bench.name:
            yield from _labels_of(f"field {owned.item.key}", owned.item)


def _labels_of(place: str, item: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(item, Struct):
        for name in (
            "label",
            "label_plural",
            "title",
            "help",
            "description",
            "group",
            "text",
            "keywords",
            "confirm",
        ):
            label = getattr(item, name, "")
            if label and isinstance(label, str | dict):
                yield f"{place}: {name}", label
    for struct in (getattr(item, "type", None), getattr(item, "config", None), getattr(item, "form", None)):
        if isinstance(struct, type) and issubclass(struct, Struct):
            for name, schema in msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"].items():
                yield (
                    f"{place}: {struct.__name__}.{name}",
                    schema.get("x-crm", {}).get("label") or f"{name} unnamed",
                )


RULES = rules(
    "plugin",
    loads=("bronze", loads),
    starts_unconfigured=("bronze", starts_unconfigured),
    starts_again=("bronze", starts_again),
    keys_are_words=("bronze", keys_are_words),
    secrets_are_marked=("bronze", secrets_are_marked),
    comes_back=("bronze", comes_back),
    has_a_version=("bronze", has_a_version),
    loads_twice=("silver", loads_twice),
    names_compatible_core=("silver", names_compatible_core),
    describes_itself=("silver", describes_itself),
    imports_what_is_promised=("silver", imports_what_is_promised),
    has_one_way_out=("silver", has_one_way_out),
    settings_refuse_unknown_names=("silver", settings_refuse_unknown_names),
    test_connection_answers=("silver", test_connection_answers),
    events_are_taken_twice=("silver", events_are_taken_twice),
    purges=("silver", purges),
    icons_are_there=("silver", icons_are_there),
    takes_the_clock=("gold", takes_the_clock),
    speaks_both_languages=("gold", speaks_both_languages),
    settings_are_bounded=("gold", settings_are_bounded),
    is_typed=("gold", is_typed),
)
# Looked at last: what all the others made the plugin say and do.
LAST_RULES = rules("plugin", secrets_stay=("bronze", secrets_stay), loop_is_free=("silver", loop_is_free))

"""Settings and accounts: bounded, closed, with their secrets marked and kept."""

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from crmcore.contracts.settings import Settings
from crmcore.testing.bench import Bench
from crmcore.testing.canary_places import dump_of
from crmcore.testing.rule import Broken, Nothing, Unshown

_SECRET = re.compile(r"(^|_)(secret|token|password|passphrase|api_?key|private_key|credentials?)($|_)")


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
    else:
        # Only where the driver of PostgreSQL is installed are there databases of that kind.
        import asyncpg

        connection = await asyncpg.connect(bench.crm.settings.effective_database_url())
        try:
            written = (await dump_of(connection)).encode()
        finally:
            await connection.close()
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


def _gone(_: Any) -> Any:
    from crmcore.testing.recorded_http import Answered

    return Answered(status=404)

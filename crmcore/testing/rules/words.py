"""Words: keys, texts for people, icons."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import crmcore.web
from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken
from crmcore.web.assets import Assets

_KEY = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_SENTENCE_LIKE = re.compile(r"\s")


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

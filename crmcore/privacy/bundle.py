"""The ZIP of an export: JSON for programs, the files, and a page that a person can read."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from html import escape
from pathlib import Path
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from crmcore.contracts.labels import Label, text_of
from crmcore.files.names import clean_name

WORDS: dict[str, Label] = {
    "title": {"en": "Personal data", "ru": "Персональные данные"},
    "intro": {
        "en": "Everything that is stored about this person. The folder “data” has the same for programs, the "
        "folder “files” the files.",
        "ru": "Всё, что хранится об этом человеке. В папке «data» то же самое для программ, в папке «files» — файлы.",
    },
    "nothing": {"en": "Nothing.", "ru": "Ничего."},
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1f24}"
    "h2{margin-top:2.5rem}dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.25rem 1rem;margin:0}"
    "dt{color:#5b6470}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}"
    "article{border:1px solid #d9dee5;border-radius:8px;padding:1rem;margin:1rem 0}"
    "article article{margin:.5rem 0}"
)

FileOf = Callable[[UUID], Any]
"""Returns the name and the content (an async iterator of bytes) of a stored file; None when it is gone."""


class Part:
    """One kind of data, already written as JSON Lines: its key, its title, where it is."""

    def __init__(self, key: str, title: str, lines: Path) -> None:
        self.key = key
        self.title = title
        self.lines = lines

    def items(self) -> Iterator[dict[str, Any]]:
        """Yield the items, one at a time."""
        with self.lines.open(encoding="utf-8") as stream:
            for line in stream:
                item: dict[str, Any] = json.loads(line)
                yield item


async def write_bundle(target: Path, parts: list[Part], file_of: FileOf, language: str) -> None:
    """Write ``parts`` into the ZIP ``target``; it is there whole or not at all."""
    unfinished = target.with_suffix(".part")
    with ZipFile(unfinished, "w", ZIP_DEFLATED) as bundle:
        names = await _add_files(bundle, parts, file_of)
        for part in parts:
            with bundle.open(f"data/{part.key}.json", "w", force_zip64=True) as stream:
                await asyncio.to_thread(_add_json, stream, part)
        with bundle.open("index.html", "w", force_zip64=True) as stream:
            await asyncio.to_thread(_add_page, stream, parts, names, language)
    unfinished.chmod(0o600)
    unfinished.replace(target)


async def _add_files(bundle: ZipFile, parts: list[Part], file_of: FileOf) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in parts:
        for item in part.items():
            for id in item.get("files", ()):
                if id in names or (found := await file_of(UUID(id))) is None:
                    continue
                name, content = found
                names[id] = f"files/{id[-8:]}-{clean_name(name)}"
                await _add_file(bundle, names[id], content)
    return names


async def _add_file(bundle: ZipFile, name: str, content: AsyncIterator[bytes]) -> None:
    with bundle.open(name, "w", force_zip64=True) as stream:
        async for piece in content:
            await asyncio.to_thread(stream.write, piece)


def _add_json(stream: IO[bytes], part: Part) -> None:
    mark = "["
    for item in part.items():
        text = json.dumps(item["data"], ensure_ascii=False, indent=1)
        stream.write(f"{mark}\n{text}".encode())
        mark = ","
    stream.write(b"\n]\n" if mark == "," else b"[]\n")


def _add_page(stream: IO[bytes], parts: list[Part], names: dict[str, str], language: str) -> None:
    title = escape(text_of(WORDS["title"], language))
    stream.write(
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1><p>{escape(text_of(WORDS['intro'], language))}</p>".encode()
    )
    for part in parts:
        stream.write(f"<section><h2>{escape(part.title)}</h2>".encode())
        empty = True
        for item in part.items():
            empty = False
            links = "".join(
                f'<dt>→</dt><dd><a href="{escape(names[id])}">{escape(names[id])}</a></dd>'
                for id in item.get("files", ())
                if id in names
            )
            stream.write(f"<article>{_shown(item['data'])}<dl>{links}</dl></article>".encode())
        if empty:
            stream.write(f"<p>{escape(text_of(WORDS['nothing'], language))}</p>".encode())
        stream.write(b"</section>")
    stream.write(b"</body></html>")


def _shown(value: Any) -> str:
    """Return a JSON value as HTML: objects as lists of names and values."""
    if isinstance(value, dict):
        rows = "".join(f"<dt>{escape(str(key))}</dt><dd>{_shown(item)}</dd>" for key, item in value.items())
        return f"<dl>{rows}</dl>"
    if isinstance(value, list):
        if all(not isinstance(item, dict | list) for item in value):
            return escape(", ".join(map(str, value)))
        return "".join(f"<article>{_shown(item)}</article>" for item in value)
    return escape(str(value))

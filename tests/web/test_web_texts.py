"""Every text of the pages is there in Russian, and nothing else is."""

import string
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

import crmcore.web
from crmcore.web.texts import Texts, catalog_path, load_texts

WEB = Path(crmcore.web.__file__).parent
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = {".py": "python", ".html": "jinja2.ext:babel_extract"}


def messages() -> Iterator[tuple[str, ...]]:
    """Return every text of the templates and the code: one form, or two."""
    for path in sorted(WEB.rglob("*")):
        method = METHODS.get(path.suffix)
        if method is None or path.name == "texts.py":
            continue
        options = (
            {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
            if path.suffix == ".html"
            else {}
        )
        for _, message, _, _ in extract(
            method, BytesIO(path.read_bytes()), keywords=KEYWORDS, options=options
        ):
            yield (message,) if isinstance(message, str) else tuple(message)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["ru"])
def test_every_text_is_translated_and_no_translation_is_left_over(language: str) -> None:
    wanted = set(messages())
    with catalog_path(WEB / "locale", language).open("rb") as file:
        catalog = read_po(file, locale=language)
    translated = {}
    for message in catalog:
        if message.id:
            key = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            string = message.string or ""
            translated[key] = (string,) if isinstance(string, str) else tuple(string)
            assert not message.fuzzy, message.id
    assert wanted - translated.keys() == set()
    assert translated.keys() - wanted == set()
    for key, forms in translated.items():
        assert len(forms) == (1 if len(key) == 1 else catalog.num_plurals), key
        for form in forms:
            assert form, key
            assert places(form) == places(key[-1]), key


def test_extraction_finds_the_texts() -> None:
    found = set(messages())
    assert len(found) > 250
    assert ("Reply sent",) in found
    assert ("{n} call", "{n} calls") in found


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, "1 вызов"),
        (2, "2 вызова"),
        (5, "5 вызовов"),
        (11, "11 вызовов"),
        (21, "21 вызов"),
        (112, "112 вызовов"),
    ],
)
def test_russian_plurals(n: int, expected: str) -> None:
    texts = load_texts(WEB / "locale")["ru"]
    assert texts.ngettext("{n} call", "{n} calls", n) == expected


def test_english_needs_no_catalogue() -> None:
    texts = Texts("en")
    assert texts.gettext("Hello {name}", name="{x}") == "Hello {x}"
    assert texts.gettext("50 % {off}") == "50 % {off}"
    assert texts.ngettext("{n} call", "{n} calls", 1) == "1 call"
    assert texts.ngettext("{n} call", "{n} calls", 0) == "0 calls"

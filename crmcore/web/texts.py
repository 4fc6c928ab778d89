"""Page texts in the viewer's language, from gettext catalogues."""

import gettext
from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

DOMAIN = "crmcore"
SOURCE_LANGUAGE = "en"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark ``message`` for translation where the language is not known yet."""
    return message


class Texts:
    """The messages of one language. English is the source: what has no translation is shown as written."""

    def __init__(self, language: str, catalog: Catalog | None = None) -> None:
        self.language = language
        self._plural: Callable[[int], int] = gettext.c2py("n != 1")
        self._messages: dict[str, tuple[str, ...]] = {}
        if catalog is None:
            return
        self._plural = gettext.c2py(catalog.plural_expr)
        for message in catalog:
            if not message.id or message.fuzzy:
                continue
            source = message.id if isinstance(message.id, str) else message.id[0]
            string = message.string or ""
            translated = (string,) if isinstance(string, str) else tuple(string)
            if all(translated):
                self._messages[source] = translated

    def gettext(self, message: str, **params: object) -> str:
        """Return ``message`` in this language, its ``{places}`` filled."""
        return _filled(self._messages.get(message, (message,))[0], params)

    def ngettext(self, one: str, many: str, n: int, /, **params: object) -> str:
        """Return the form for ``n`` things; ``{n}`` is filled with ``n`` itself unless given otherwise."""
        forms = self._messages.get(one, (one, many))
        return _filled(forms[min(self._plural(n), len(forms) - 1)], {"n": n} | params)


def _filled(text: str, params: dict[str, object]) -> str:
    return text.format(**params) if params else text


def catalog_path(folder: Path, language: str) -> Path:
    """Return where the catalogue of ``language`` lies under a ``locale`` folder."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load_texts(folder: Path) -> dict[str, Texts]:
    """Return the texts of every language there is a catalogue for, and of English."""
    languages = {SOURCE_LANGUAGE: Texts(SOURCE_LANGUAGE)}
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        language = path.parent.parent.name
        with path.open("rb") as file:
            languages[language] = Texts(language, read_po(file, locale=language))
    return languages

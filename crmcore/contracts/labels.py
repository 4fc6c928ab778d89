"""Texts that people read, in the languages a plugin brings along."""

from collections.abc import Mapping

Label = str | dict[str, str]
"""Either one text for everybody, or a text per language code: ``{"en": "Tier", "ru": "Уровень"}``."""


def text_of(label: Label, language: str = "en", **params: object) -> str:
    """Return ``label`` in ``language``, filled with ``params``.

    Falls back to English, then to the first text there is. ``params`` fill ``{name}`` places; a text whose
    places do not match stays as written, because a clumsy message is better than an exception in its stead.
    A parameter with a text per language is said in ``language`` too.
    """
    if isinstance(label, Mapping):
        text = label.get(language) or label.get("en") or next(iter(label.values()), "")
    else:
        text = label
    if not params:
        return text
    try:
        return text.format(**{name: _said(value, language) for name, value in params.items()})
    except (KeyError, IndexError, ValueError):
        return text


def _said(value: object, language: str) -> object:
    return text_of(dict(value), language) if isinstance(value, Mapping) and "en" in value else value

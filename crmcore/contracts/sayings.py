"""Sentences that remember what they say, so that they can be said again in another language."""

from collections.abc import Mapping
from typing import Any

from crmcore.contracts.labels import Label, text_of

LANGUAGES = ("en", "ru")


class Saying(str):
    """A sentence in one language, and what it was made of: ``made_of`` is JSON and can be stored beside it.

    ``{"code": …, "params": …}`` names a sentence of the product, ``{"texts": …}`` has the sentence in each
    language, ``{"parts": […]}`` is several after one another.
    """

    made_of: dict[str, Any]

    @classmethod
    def coded(cls, text: str, code: str, params: Mapping[str, Any]) -> "Saying":
        """Return ``text``, which says the sentence ``code``; parameters may be sayings themselves."""
        return cls._with(
            text, {"code": code, "params": {name: plain(value) for name, value in params.items()}}
        )

    @classmethod
    def labelled(cls, label: Label, language: str, **params: Any) -> "Saying":
        """Return ``label`` in ``language``, filled."""
        texts = {one: text_of(label, one, **params) for one in LANGUAGES}
        return cls._with(text_of(label, language, **params), {"texts": texts})

    @classmethod
    def joined(cls, *parts: str) -> "Saying":
        """Return ``parts``, those that are not empty, as one."""
        kept = [part for part in parts if part]
        return cls._with(" ".join(kept), {"parts": [plain(part) for part in kept]})

    @classmethod
    def _with(cls, text: str, made_of: dict[str, Any]) -> "Saying":
        saying = cls(text)
        saying.made_of = made_of
        return saying


def plain(value: Any) -> Any:
    """Return what stands for ``value`` where sayings are stored."""
    return value.made_of if isinstance(value, Saying) else value

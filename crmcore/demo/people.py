"""People who do not exist: names in English and Russian, addresses and numbers nobody has."""

import tomllib
from functools import cache
from importlib.resources import files
from random import Random

from msgspec import Struct

_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_LATIN = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya"


@cache
def _names() -> dict[str, list[str]]:
    text = files("crmcore.demo.data").joinpath("names.toml").read_text(encoding="utf-8")
    return {kind: names.split() for kind, names in tomllib.loads(text).items()}


@cache
def _latin() -> dict[int, str]:
    return str.maketrans(dict(zip(_CYRILLIC, _LATIN.split(" "), strict=True)))


class Person(Struct, frozen=True, kw_only=True):
    """Somebody made up; ``number`` makes the e-mail address and the phone number theirs alone."""

    number: int
    first_name: str
    last_name: str
    language: str
    company: str = ""

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """An address at a domain that is reserved for examples (RFC 2606)."""
        plain = f"{self.first_name}.{self.last_name}".lower().translate(_latin())
        return f"{plain}.{self.number}@example.{'org' if self.language == 'ru' else 'com'}"

    @property
    def phone(self) -> str:
        """A number in an area code that is not assigned."""
        return f"{'+7000' if self.language == 'ru' else '+1555'}{self.number:07d}"


def make_person(number: int, random: Random, *, language: str = "", company: bool = True) -> Person:
    """Return the person with this number: one in three Russian unless ``language`` is given."""
    names = _names()
    language = language or ("ru" if random.random() < 1 / 3 else "en")
    if language == "ru":
        she = random.random() < 0.5
        first = random.choice(names["russian_she"] if she else names["russian_he"])
        last = random.choice(names["russian_last"]) + ("а" if she else "")
    else:
        first, last = random.choice(names["english_first"]), random.choice(names["english_last"])
    works = company and random.random() < 0.4
    employer = f"{random.choice(names['companies'])} {random.choice(names['branches'])}" if works else ""
    return Person(number=number, first_name=first, last_name=last, language=language, company=employer)

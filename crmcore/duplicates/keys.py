"""Blocking keys: two contacts are compared when they have one of these in common.

Each kind forgives something else, so that one slip anywhere leaves a key in common:

- ``n`` consonants of both names, in any order, under every name that a short form may stand for: other alphabets,
  slips in vowels, doubled letters, swapped fields, nicknames;
- ``a`` all letters of the name in alphabetical order: transposed letters;
- ``x`` one name whole and the beginning or the end of the other: one wrong, missing or added letter;
- ``i`` initial and family name; ``c`` company (or its mail domain) and one name: another family name, initials;
- ``l`` the local part of an address or a handle, ``j`` its letters with the domain; ``p`` the last seven digits.

``t`` (a name), ``f`` (a company) and ``o`` (no contact point) are counted only: how rare they are says what having
them in common is worth.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

from crmcore.duplicates.letters import skeleton
from crmcore.duplicates.mailbox import bare
from crmcore.duplicates.nicknames import names_behind
from crmcore.duplicates.person_name import initial_of
from crmcore.duplicates.profile import Profile

# Changes with the rules of this module and of those it reads names with; stored keys of another number are renewed.
VERSION = 2
TAIL = 7
_MOST_FAMILIES = 3
# Keys of common names and domains; one takes a microsecond to make, and 250 bytes to remember.
_REMEMBERED = 2_000
_COUNTED = frozenset("tfo")


def keys_of(profile: Profile) -> tuple[frozenset[int], frozenset[int]]:
    """Return the keys by which ``profile`` is found, and those that are only counted."""
    found: set[int] = set()
    counted: set[int] = set()
    for text in _texts(profile):
        (counted if text[0] in _COUNTED else found).add(hashed(text))
    return frozenset(found), frozenset(counted)


@lru_cache(_REMEMBERED)
def hashed(text: str) -> int:
    """Return a key as it is stored: 48 bits, which SQLite keeps in six bytes; a clash costs one comparison."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest())


def name_key(name: str) -> int:
    """Return the key that counts the contacts with a name."""
    return hashed(f"t{name}")


def firm_key(firm: str) -> int:
    """Return the key that counts the contacts of a company, or those with addresses at its domain."""
    return hashed(f"f{firm}")


def unreachable_key() -> int:
    """Return the key that counts the contacts without a contact point."""
    return hashed("o")


def tail_key(phone: str) -> int:
    """Return the key of a phone number's end."""
    return hashed(f"p{phone[-TAIL:]}")


def local_key(local: str) -> int:
    """Return the key of a local part."""
    return hashed(f"l{bare(local)}")


def _texts(profile: Profile) -> Iterator[str]:
    given, family = profile.name.given, _families(profile)
    behind = names_behind(given)[:4] if given else ()
    if not profile.reachable:
        yield "o"
    firms = [firm for firm in (profile.firm, *profile.domains[:2]) if firm]
    for name in {given, *profile.name.family, *profile.name.middle} - {""}:
        yield f"t{name}"
    for last in family:
        yield from _pairs(given, behind, last)
    for firm in firms:
        yield f"f{firm}"
        for name in {*map(skeleton, behind), *map(skeleton, family)}:
            yield f"c{firm}|{name}"
    for box in profile.mailboxes:
        local = bare(box.local)
        if box.is_role or len(local) < 4:
            yield f"j{box.local}@{box.domain}"
        else:
            yield f"l{local}"
            yield f"j{''.join(sorted(local))}@{box.domain}"
    for phone in profile.phones:
        if len(phone) >= TAIL:
            yield f"p{phone[-TAIL:]}"


def _pairs(given: str, behind: tuple[str, ...], last: str) -> Iterator[str]:
    if not given:
        return
    bones = skeleton(last)
    for name in {skeleton(name) for name in behind}:
        yield "n" + "|".join(sorted((name, bones)))
        for part in _ends(last):
            yield f"x{name}|{part}"
    for part in _ends(given):
        yield f"x{bones}|{part}"
    for name in names_behind(last)[:4]:
        if name != last:  # the fields may be swapped, with a short form in the other
            yield "n" + "|".join(sorted((skeleton(name), skeleton(given))))
    yield "a" + "".join(sorted(given + last))
    yield f"i{initial_of(given)}|{bones}"


def _families(profile: Profile) -> tuple[str, ...]:
    """Return the family names to look for: each part of a double name, and the parts as one word."""
    parts = profile.name.family
    if len(parts) < 2:
        return parts
    return ("".join(parts), *[part for part in parts if len(part) > 3][: _MOST_FAMILIES - 1])


def _ends(name: str) -> tuple[str, ...]:
    """Return beginnings and ends of which one slip spares at least one: of length 3, of 2 where names are short."""
    if len(name) < 3:
        return ()
    sizes = (2,) if len(name) < 6 else (2, 3) if len(name) == 6 else (3,)
    return tuple(part for size in sizes for part in (f"<{name[:size]}", f"{name[-size:]}>"))

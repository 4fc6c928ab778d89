"""Passwords that a guesser tries first."""

import re
import unicodedata
from collections.abc import Iterable

FEWEST_SIGNS = 5
"""So many different characters a password has at least; “aaaaaaaaaaaaaaaa” has one."""

# What leaked lists of passwords begin with, reduced to its letters; a year and a mark behind it change nothing.
_WORDS = frozenset(
    """
    password passwort passwords passw passphrase mypassword thepassword newpassword password password1password
    qwerty qwertyuiop qwertyui qwertz qwertzuiop azerty azertyuiop asdfgh asdfghjkl asdfghjk zxcvbn zxcvbnm qazwsx
    qazwsxedc qazwsxedcrfv qweasd qweasdzxc qwertyasdfgh qwertyuiopasdfghjkl asdfasdf qwerqwer zxcvzxcv abcabc
    abcdef abcdefg abcdefgh abcdefghi abcdefghij abcdefghijk abcdefghijkl abcdefghijklm abcdefghijklmnop aabbccdd
    letmein letmeinnow welcome welcomehome welcometo admin administrator adminadmin root rootroot superuser user
    login secret topsecret changeme changemenow default test testing testtest guest master masterkey access
    iloveyou iloveyoutoo iloveyouforever loveyou lovelove princess sunshine football baseball basketball superman
    batman spiderman dragon monkey shadow michael jordan charlie jennifer jessica ashley nicole daniel thomas
    liverpool chelsea arsenal manchester barcelona realmadrid juventus mustang corvette mercedes ferrari porsche
    starwars pokemon minecraft whatever trustno trustnoone computer internet samsung iphone google facebook
    company office summer winter spring autumn january february march april june july august september october
    november december monday tuesday wednesday thursday friday saturday sunday hello helloworld hellohello
    parol parolparol пароль парольпароль йцукен йцукенгшщз йцукенгшщзхъ фывапролдж фывапролджэ ячсмить ячсмитьбю
    привет приветпривет любовь солнышко наташа марина светлана александр максим дмитрий сергей андрей россия
    москва спартак зенит админ администратор секрет самсунг
    crmcore crm customer support
    """.split()  # noqa: SIM905 - a list of a hundred words reads better as text
)
_KEYBOARD = (
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "йцукенгшщзхъфывапролджэячсмитьбю",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
)
_LEET = str.maketrans("0134578@$!|", "oleastbasil")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def is_guessable(password: str, about: Iterable[str] = ()) -> bool:
    """Tell whether ``password`` is among the first guesses.

    That are few different characters, a repeated piece, a run along the keyboard or the alphabet, a well-known
    password with digits and marks around it, and what is known ``about`` its owner: name, address, workspace.
    """
    text = unicodedata.normalize("NFKC", password).casefold()
    if len(set(text)) < FEWEST_SIGNS or _is_repeated(text) or _is_run(text):
        return True
    cores = {_NO_LETTERS.sub("", text), _NO_LETTERS.sub("", _AROUND.sub("", text).translate(_LEET))}
    if any(core in _WORDS or (core and _is_repeated(core)) or _is_run(core) for core in cores if core):
        return True
    if any(half in _WORDS and other in _WORDS for core in cores for half, other in _halves(core)):
        return True
    if any(one.casefold() in text and len(text) - len(one) < 4 for one in about if one):
        return True
    known = [part for one in about for part in re.split(r"[\W_]+", one.casefold()) if len(part) >= 4]
    for core in cores:
        left = core
        for part in known:
            left = left.replace(_NO_LETTERS.sub("", part) or "\0", "")
        if left != core and len(left) < 4:
            return True
    # Digits alone are a date, a phone number, a card.
    return text.isdecimal() and len(text) < 16


def _halves(text: str) -> Iterable[tuple[str, str]]:
    return ((text[:at], text[at:]) for at in range(3, len(text) - 2))


def _is_repeated(text: str) -> bool:
    """Tell whether ``text`` is a piece of up to half its length again and again."""
    return len(text) > 1 and text in (text + text)[1:-1]


def _is_run(text: str) -> bool:
    """Tell whether ``text`` goes along keyboards, alphabet or digits, there or back, in runs of four and more."""
    left = len(text)
    at = 0
    while at < len(text):
        length = _run_at(text, at)
        if length >= 4:
            left -= length
            at += length
        else:
            at += 1
    return len(text) >= 8 and left <= 3


def _run_at(text: str, at: int) -> int:
    best = 1
    for line in _KEYBOARD:
        for way in (line + line, (line + line)[::-1]):
            length = best + 1
            while at + length <= len(text) and text[at : at + length] in way:
                best = length
                length += 1
    return best

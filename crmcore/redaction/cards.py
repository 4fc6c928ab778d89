"""Card numbers in texts from outside: the first six and last four digits stay, whoever sent them and however.

A number is a card's when an issuer gives out such numbers, its last digit is right, and it looks or is spoken of like
one. Without a word about cards, a number that is written together counts only with the 15 or 16 digits that nearly
all cards have, and not after a word like "order" or "tracking"; one in groups counts when they are a card's groups.
"""

import re
import unicodedata
from typing import Any

from crmcore.redaction.issuers import LONGEST, SHORTEST, is_issued

_DOT = "•"
_BETWEEN = r"[ \t\u00a0\u2000-\u200b\u202f\u2060\u3000\-\u2010-\u2015\u2212._/]{1,3}"
_RUN = re.compile(rf"\d+(?:{_BETWEEN}\d+)*")
_GROUP = re.compile(r"\d+")
_CARD = re.compile(
    r"\b(?:(?:credit|debit|bank|payment)\s*)?card(?!iff|inal|io|board)|\bvisa\b|master\s?card|\bmaestro\b|\bamex\b"
    r"|american express|\bjcb\b|union\s?pay|\bdiners\b|\bdiscover\b|\bpan\b|\bcv[vc]2?\b|\bexp(?:iry|ires|\.|\b)"
    r"|\bкарт(?:а|ы|е|у|ой|очк\w*)?\b|\bкредитк|\bдебетов|\bвиза\b|\bмир\b|мастер\s?кард|\bмаэстро\b"
    r"|действительна до",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"order|track|parcel|shipment|invoice|\biban\b|\bacc(?:oun)?t\b|phone|\btel\b|\bfax\b|imei|iccid|serial|\bsku\b"
    r"|ticket|reference|\bref\b|\bean\b|\bupc\b|\bisbn\b|заказ|трек|отправлени|посылк|накладн|сч[её]т|\bр/с\b|телефон"
    r"|\bтел\b|\bинн\b|\bогрн\w*|\bснилс\b|обращени|договор|серийн|штрих|\bуин\b|артикул",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?P<name>\b(?:cvv2?|cvc2?|cid|cvn|card security code|security code|код безопасности|цвв|цвц)\b)"
    r"(?P<between>[\s:=#\-–—]{0,4}(?:is|это)?\s{0,2})(?P<code>\d{3,4})(?!\d)",
    re.IGNORECASE,
)
# The date until which a card is good, right behind its number.
_EXPIRY = re.compile(r"\D{1,12}(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d\d\b")
# Groups as cards print them: 4-4-4-4, 4-4-4-4-3, American Express 4-6-5, Diners Club 4-6-4, Maestro 4-4-5 and 8-10.
_PRINTED = frozenset(
    {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 4, 5), (8, 8), (6, 10), (6, 13)}
)
_TOGETHER = frozenset({15, 16})
_BEFORE, _AFTER = 60, 40
# Somebody who writes digit by digit writes one number; a table of numbers is not gone through in every way.
_MAX_LOOSE = 40


def redact(text: str) -> str:
    """Return ``text`` with the middle digits of every card number, and every security code, as dots.

    Digits of every script count; what is between them stays, and so does the length of the text.
    """
    if sum(map(str.isdigit, text)) < 3:
        return text
    if _CODE.search(text):
        text = _CODE.sub(lambda found: found["name"] + found["between"] + _DOT * len(found["code"]), text)
    signs: list[str] | None = None
    for run in _RUN.finditer(text):
        if run.end() - run.start() < SHORTEST:
            continue
        groups = [(run.start() + g.start(), run.start() + g.end()) for g in _GROUP.finditer(run.group())]
        for start, end in _cards(text, groups):
            signs = signs or list(text)
            places = [place for first, last in groups for place in range(first, last) if start <= place < end]
            for place in places[6:-4]:
                signs[place] = _DOT
    return "".join(signs) if signs is not None else text


def redact_all(value: Any) -> Any:
    """Return the JSON ``value`` with every text in it redacted; keys stay as they are."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_all(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redact_all(item) for item in value)
    return value


def _cards(text: str, groups: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return where the card numbers among ``groups`` of digits begin and end."""
    found = []
    first = 0
    while first < len(groups):
        last = _card_from(text, groups, first)
        if last is None:
            first += 1
        else:
            found.append((groups[first][0], groups[last][1]))
            first = last + 1
    return found


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the last group of the card number that begins with group ``first``, None when none does."""
    sizes: list[int] = []
    spoken: bool | None = None
    best: int | None = None
    for last in range(first, min(len(groups), first + LONGEST)):
        sizes.append(groups[last][1] - groups[last][0])
        total = sum(sizes)
        if total > LONGEST:
            break
        if total < SHORTEST:
            continue
        start, end = groups[first][0], groups[last][1]
        printed = tuple(sizes) in _PRINTED
        loose = len(sizes) > 1 and not printed
        if (loose and len(groups) > _MAX_LOOSE) or not is_issued(_ascii(text[start:end])):
            continue
        if spoken is None:
            spoken = _is_spoken_of(text, start, end)
        if spoken or _looks_like_one(text, start, end, printed, total, len(sizes)):
            if not loose:
                return last
            best = last  # of digits written one by one, as many as make a number
    return best


def _is_spoken_of(text: str, start: int, end: int) -> bool:
    """Tell whether the nearest word before is about cards, or one soon after and none before about something else."""
    before = text[max(0, start - _BEFORE) : start]
    card = max((found.end() for found in _CARD.finditer(before)), default=-1)
    other = max((found.end() for found in _OTHER.finditer(before)), default=-1)
    if card >= 0:
        return card > other
    if other >= 0:
        return False
    return bool(_CARD.search(text[end : end + _AFTER]) or _EXPIRY.match(text[end : end + _AFTER]))


def _looks_like_one(text: str, start: int, end: int, printed: bool, total: int, groups: int) -> bool:
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + 1]
    if before[-1:].isalnum() or after.isalnum() or before[-1:] in ("+", "№") or _OTHER.search(before):
        return False
    # The beginning of an IBAN, "DE89 3704 0044 …", or more digits in groups: a longer number of something else.
    if re.search(r"\b[A-Z]{2}\d{2}[ \d]{0,24}$", before) or re.search(r"\d[ \u00a0-]$", before):
        return False
    if groups > 1:
        return printed and total != 13
    return total in _TOGETHER


def _ascii(text: str) -> str:
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())

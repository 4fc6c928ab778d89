"""One cell of a sheet: what is meant by it, and how a value is written so that it comes back the same."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from crmcore.redaction import redact

# Zero-width and direction marks, byte order mark, soft hyphen: pasted along, never typed.
_INVISIBLE: Final = "".join(map(chr, (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)))
# What a spreadsheet would run, behind any number of quotes, so that quoting can be taken back exactly.
_FORMULA: Final = re.compile(rf"[\s{_INVISIBLE}]*'*[\s{_INVISIBLE}]*[=+\-@＝＋－＠]")
_QUOTED: Final = re.compile(rf"''*[\s{_INVISIBLE}]*[=+\-@＝＋－＠]")
_SEPARATORS: Final = re.compile(r";|, |\r|\n|\v|\f|\x1c|\x1d|\x1e|\x85|\u2028|\u2029")
_ITEM: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=$|[;\r\n]|, )|([^;\r\n]*?))(?:$|;|, |\r?\n|\r)')


def clean_cell(text: str) -> str:
    """Return ``text`` without white space and invisible characters around it, nor a spreadsheet's quote.

    An export quotes with an apostrophe what a spreadsheet would run as a formula (``'=1+1``,
    ``'+79991234567``): the apostrophe goes, the phone number stays. Card numbers lose their middle digits.
    """
    text = text.strip().strip(_INVISIBLE).strip()
    return redact(text[1:] if text[:1] == "'" and _QUOTED.match(text) else text)


def quoted_cell(text: str) -> str:
    """Return ``text`` as a spreadsheet shows it and never runs it; :func:`clean_cell` takes the quote back."""
    return f"'{text}" if _FORMULA.match(text) else text


def split_cell(text: str) -> list[str]:
    """Return the values of one cell: separated by semicolons, line breaks, or commas with a space.

    A value in double quotes may contain them; two double quotes stand for one.
    """
    values = []
    place = 0
    while place < len(text) and (found := _ITEM.match(text, place)):
        quoted, plain = found.groups()
        value = quoted.replace('""', '"') if quoted is not None else plain.strip().strip(_INVISIBLE).strip()
        if value:
            values.append(value)
        place = found.end() if found.end() > place else place + 1
    return values


def joined_cell(values: list[str]) -> str:
    """Return ``values`` as one cell, which :func:`split_cell` takes apart again."""
    return "; ".join(
        '"' + value.replace('"', '""') + '"'
        if _SEPARATORS.search(value) or value.startswith('"') or value != value.strip()
        else value
        for value in values
    )


def text_of_cell(value: Any) -> str:
    """Return what a spreadsheet's cell holds as a CSV file would have it: dates in ISO 8601, numbers in full."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if value in _FAILED else _unescaped(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # 15 digits are what a spreadsheet keeps; 12.0 and 79991234567.0 are whole.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        moment = _rounded(value)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value)


_FAILED: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
    """Return ``text`` with the characters that XML cannot hold (ECMA-376 22.9.2.19: ``_x000D_``)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _rounded(value: datetime) -> datetime:
    """Return the moment to the second: a spreadsheet's day fractions are a few microseconds off."""
    if value.microsecond >= 500_000 and value < datetime.max.replace(microsecond=0):
        value += timedelta(seconds=1)
    return value.replace(microsecond=0)

"""One cell of a sheet, as it is meant."""

from typing import Final

# Zero-width and direction marks, byte order mark, soft hyphen: pasted along, never typed.
_INVISIBLE: Final = "".join(map(chr, (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)))
_FORMULA_STARTS: Final = frozenset("=+-@＝＋－＠")


def clean_cell(text: str) -> str:
    """Return ``text`` without white space and invisible characters around it, nor a spreadsheet's quote.

    An export quotes with an apostrophe what a spreadsheet would run as a formula (``'=1+1``,
    ``'+79991234567``): the apostrophe goes, the phone number stays.
    """
    text = text.strip().strip(_INVISIBLE).strip()
    if len(text) > 1 and text[0] == "'" and text[1] in _FORMULA_STARTS:
        return text[1:]
    return text


def split_cell(text: str) -> list[str]:
    """Return the values of one cell: separated by semicolons, line breaks, or commas with a space."""
    for separator in (";", ", "):
        text = text.replace(separator, "\n")
    return [value for part in text.splitlines() if (value := clean_cell(part))]

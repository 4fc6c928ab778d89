"""Which encoding a text file is in, when nobody says."""

import codecs
from itertools import pairwise
from pathlib import Path

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_RUSSIAN = ("cp1251", "koi8_r", "cp866")
_LOWER = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё")
_SAMPLE = 262_144


class NoText(Exception):
    """The file has zero bytes that no encoding of a text explains."""


def detect_encoding(file: Path) -> str:
    """Return the name of the encoding of ``file``.

    A byte order mark decides; then zero bytes, of which UTF-16 has many; then UTF-8 if every byte of the file
    agrees; then the Russian code page that gives the most small letters, if most bytes above 127 stand
    beside another one (in Western texts accented letters stand alone); else Windows-1252. Raises :class:`NoText`
    for a file with zero bytes that is no UTF-16.
    """
    with file.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if 0 in sample:
        return _utf16(sample)
    if _is_utf8(file):
        return "utf-8"
    high = sum(byte > 127 for byte in sample)
    beside = sum(one > 127 and two > 127 for one, two in pairwise(sample))
    if high and beside * 2 > high:
        return max(_RUSSIAN, key=lambda name: _small_letters(sample, name))
    return "cp1252"


def _utf16(sample: bytes) -> str:
    """Return which UTF-16 a text with zero bytes is in: they are the upper halves of its ASCII characters."""
    upper = [sample[0::2], sample[1::2]]
    zeros = [half.count(0) for half in upper]
    many, few = (1, 0) if zeros[1] > zeros[0] else (0, 1)
    # Latin letters alone give a hundred, Chinese with commas and line ends five; a stray zero byte in a text in
    # 8 bits stands among ASCII characters, which would be upper halves of thousands of different Chinese ones.
    is_utf16 = zeros[few] * 10 <= zeros[many] and zeros[many] * 50 >= len(upper[many])
    # Upper halves are of few kinds: Latin, Cyrillic and Greek ones are below 0x20.
    low = sum(byte < 0x20 for byte in upper[many])
    if not is_utf16 or (low * 2 < len(upper[many]) and _is_eight_bits(sample)):
        raise NoText
    return "utf-16-le" if many else "utf-16-be"


def _is_eight_bits(sample: bytes) -> bool:
    """Tell whether ``sample`` is UTF-8, or four in five bytes are printed characters of ASCII or white space."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        pass
    else:
        return True
    return sum(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in sample) * 5 >= len(sample) * 4


def _is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        try:
            while block := stream.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _small_letters(sample: bytes, encoding: str) -> int:
    return sum(letter in _LOWER for letter in sample.decode(encoding, errors="replace"))

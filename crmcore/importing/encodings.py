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


def detect_encoding(file: Path) -> str:
    """Return the name of the encoding of ``file``.

    A byte order mark decides; then zero bytes, which only UTF-16 has; then UTF-8 if every byte of the file
    agrees; then the Russian code page that gives the most small letters, if most bytes above 127 stand
    beside another one (in Western texts accented letters stand alone); else Windows-1252.
    """
    with file.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if 0 in sample:
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    if _is_utf8(file):
        return "utf-8"
    high = sum(byte > 127 for byte in sample)
    beside = sum(one > 127 and two > 127 for one, two in pairwise(sample))
    if high and beside * 2 > high:
        return max(_RUSSIAN, key=lambda name: _small_letters(sample, name))
    return "cp1252"


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

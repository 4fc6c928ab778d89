"""The texts of a workbook, which its sheets name by number, kept on disk and read as they are needed."""

import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from struct import Struct as Packing
from xml.parsers import expat

# A text of a cell has at most 32,767 characters; six bytes each and its markup stay far below.
MAX_TEXT_BYTES = 1_000_000
_PLACE = Packing("<QQ")
_CACHED = 4096


class SharedStrings:
    """Gives the text of a number, for as many texts as there are, in constant memory.

    A million contacts have some three million different texts: 600 MB as Python objects.
    """

    def __init__(self, feed: Callable[[expat.XMLParserType], Iterator[None]]) -> None:
        """``feed`` gives a parser the next block of ``xl/sharedStrings.xml`` at each step."""
        self._texts = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this object
        self._places = tempfile.TemporaryFile()  # noqa: SIM115
        self._end = 0
        self._count = 0
        self._inside = self._phonetic = False
        self._text: list[str] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._stop
        parser.CharacterDataHandler = self._characters
        self._blocks = feed(parser)
        self.get: Callable[[int], str] = lru_cache(_CACHED)(self._read)

    def close(self) -> None:
        """Give the disk space back."""
        self._texts.close()
        self._places.close()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "si":
            self._text.clear()
        elif tag == "rPh":
            self._phonetic = True
        self._inside = tag == "t" and not self._phonetic

    def _stop(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self._inside = False
        if tag == "rPh":
            self._phonetic = False
        elif tag == "si":
            raw = "".join(self._text).encode("utf-8", "replace")[:MAX_TEXT_BYTES]
            self._texts.seek(self._end)
            self._texts.write(raw)
            self._places.seek(self._count * _PLACE.size)
            self._places.write(_PLACE.pack(self._end, len(raw)))
            self._end += len(raw)
            self._count += 1

    def _characters(self, data: str) -> None:
        if self._inside and len(self._text) < MAX_TEXT_BYTES:
            self._text.append(data)

    def _read(self, number: int) -> str:
        # Sheets name their texts in order as a rule: a header needs the first block only.
        while number >= self._count:
            if next(self._blocks, self) is self:
                raise IndexError(number)
        if number < 0:
            raise IndexError(number)
        self._places.seek(number * _PLACE.size)
        start, length = _PLACE.unpack(self._places.read(_PLACE.size))
        self._texts.seek(start)
        return self._texts.read(length).decode("utf-8", "replace")

"""An export as CSV, in pieces."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from crmcore.exporting.cells import text_of_value


class CsvFile:
    """Makes the bytes of a CSV file (RFC 4180, UTF-8 with a mark, which Excel needs) as rows are added."""

    media_type = "text/csv"
    extension = "csv"

    def __init__(self, headings: Sequence[str], delimiter: str = ",") -> None:
        self._buffer = io.StringIO(newline="")
        self._buffer.write("\ufeff")
        self._writer = csv.writer(self._buffer, delimiter=delimiter)
        self._writer.writerow([text_of_value(heading) for heading in headings])

    def add(self, values: Sequence[Any]) -> None:
        """Add a row."""
        self._writer.writerow([text_of_value(value) for value in values])

    def taken(self) -> bytes:
        """Return what was added since the last time."""
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()

"""What one check of the doctor found."""

from typing import Literal

from msgspec import Struct

Result = Literal["ok", "warning", "problem"]


class Finding(Struct, kw_only=True):
    """What one check found, in a sentence; a problem makes the command fail."""

    check: str
    result: Result
    message: str

"""Signs that turn the direction of writing round: they make “gpj.exe” look like “exe.jpg”.

Embeddings, overrides and isolates (U+202A to U+202E, U+2066 to U+2069, Unicode Standard Annex 9) are left out
where text of others is shown; what is stored keeps them. Marks that only give a direction to a sign beside them stay:
Arabic and Hebrew texts need those.
"""

import re

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def undirected(text: str) -> str:
    """Return ``text`` without the signs that turn the direction of others round."""
    return text if text.isascii() else _TURNING.sub("", text)

"""Paths inside the web interface, as plugins name them."""

import re

# Nothing that a browser takes for another host: "//host", "/\\host", a control character between.
_OWN = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]{0,499}")


def is_own_path(text: str) -> bool:
    """Tell whether ``text`` leads to a page of this system: ``/x/shopify/orders?open=1``."""
    return _OWN.fullmatch(text) is not None

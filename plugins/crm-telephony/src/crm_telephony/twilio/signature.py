"""Twilio's request signature (https://www.twilio.com/docs/usage/security)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

Fields = Sequence[tuple[str, str]]
_DEFAULT_PORTS = {"https": 443, "http": 80}
_URL = re.compile(r"(https?)://([^/?#]*?)(:[0-9]{1,5})?([/?#].*)?", re.IGNORECASE | re.DOTALL)


def is_signed(
    signature: str, url: str, fields: Fields, body: bytes, tokens: Iterable[str], *, form: bool = True
) -> bool:
    """Tell whether ``signature`` was made with one of ``tokens`` over ``url`` and the form's ``fields``.

    What is signed is the full URL followed by the fields sorted by name, each name followed by its value; a
    repeated name counts once per different value. With or without the port: Twilio's servers do either. A body
    that is no form is signed by its SHA-256 in the query (``bodySHA256``) and by no fields; a form needs none.
    """
    if not form:
        claimed = dict(parse_qsl(url.partition("?")[2], keep_blank_values=True)).get("bodySHA256", "")
        if not _same(claimed, hashlib.sha256(body).hexdigest()):
            return False
        fields = ()
    pairs = "".join(name + value for name, value in sorted(set(fields)))
    # Every candidate is computed: the time says nothing about which one was near.
    matches = [
        _same(signature, _sign(token, spelling + pairs))
        for token in tokens
        if token
        for spelling in _spellings(url)
    ]
    return any(matches)


def _spellings(url: str) -> tuple[str, str]:
    """Return ``url`` without a port and with one, every other character as it was."""
    match = _URL.fullmatch(url)
    if match is None:
        return url, url
    scheme, host, port, rest = match.groups(default="")
    named = port or f":{_DEFAULT_PORTS[scheme.lower()]}"
    return f"{scheme}://{host}{rest}", f"{scheme}://{host}{named}{rest}"


def _sign(token: str, text: str) -> str:
    digest = hmac.new(token.encode(), text.encode("utf-8", "surrogateescape"), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode("ascii")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())

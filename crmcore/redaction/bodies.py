"""Card numbers in the raw body of a request: redacted where the body's form is known, else left to encryption."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import msgspec

from crmcore.redaction.cards import redact, redact_all


def redact_body(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return ``body`` with card numbers redacted; the same bytes when there is none, or when it cannot be read.

    JSON, forms and plain text in UTF-8 are read. Other bodies, and those of several parts, stay as they are: their
    texts are redacted when the channel has understood them.
    """
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "").lower()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    try:
        if "json" in kind:
            document = msgspec.json.decode(body)
            clean = redact_all(document)
            return msgspec.json.encode(clean) if clean != document else body
        if "urlencoded" in kind:
            pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=10_000)
            cleaned = [(name, redact(value)) for name, value in pairs]
            return urlencode(cleaned).encode() if cleaned != pairs else body
    except (ValueError, msgspec.DecodeError, RecursionError):
        return body
    if kind.startswith("text/"):
        return redact(text).encode()
    return body

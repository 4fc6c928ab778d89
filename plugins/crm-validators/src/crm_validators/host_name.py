"""Host names in URLs: plain (RFC 1123) or in any script (UTS #46, as browsers read them)."""

import re
import unicodedata

import idna

LONGEST = 253  # RFC 1035 §2.3.4, without the root's dot
LONGEST_LABEL = 63

_PLAIN_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]+")
# Letters, marks, digits, and symbols: the last are outside IDNA 2008, but such domains (i❤.ws) exist.
_SPOKEN = ("L", "M", "N", "S")


def host_name(written: str) -> str:
    """Return the name as it is stored: lower case, scripts kept, full-width forms folded.

    A final dot is dropped. Raises ValueError for what no name server could know.
    """
    try:
        folded = idna.uts46_remap(written.removesuffix("."), std3_rules=True, transitional=False)
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("not a host name") from error
    labels = folded.split(".")
    wire = [_wire_label(label) for label in labels]
    if len(".".join(wire)) > LONGEST:
        raise ValueError("too long for a host name")
    if folded != "localhost" and (len(wire) < 2 or not _TOP_LABEL.fullmatch(wire[-1])):
        raise ValueError("no top-level domain")
    return folded


def _wire_label(label: str) -> str:
    """Return the label as it goes over the wire (A-label)."""
    if label.startswith("xn--"):
        spoken = label[4:].encode("ascii").decode("punycode")
        if not spoken or _encoded(spoken) != label:
            raise ValueError("not a label in any script")
        return label
    if not label.isascii():
        return _encoded(label)
    if len(label) > LONGEST_LABEL or not _PLAIN_LABEL.fullmatch(label):
        raise ValueError("not a label")
    return label


def _encoded(spoken: str) -> str:
    if unicodedata.normalize("NFC", spoken) != spoken or spoken.isascii():
        raise ValueError("not in its normal form")
    if len(spoken) > LONGEST_LABEL or spoken.startswith("-") or spoken.endswith("-"):
        raise ValueError("not a label")
    if all(unicodedata.category(char)[0] in _SPOKEN for char in spoken.replace("-", "")):
        idna.check_initial_combiner(spoken)
        idna.check_bidi(spoken)
    else:
        idna.check_label(spoken)
    encoded = "xn--" + spoken.encode("punycode").decode("ascii")
    if len(encoded) > LONGEST_LABEL:
        raise ValueError("too long for a label")
    return encoded

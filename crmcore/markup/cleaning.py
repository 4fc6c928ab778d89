"""Cleans HTML from outside: what it may be is listed here, everything else is gone."""

import html as entities
import re
from collections import Counter

from msgspec import Struct

# A long mail with its quotes has 100 kB; parsing 512 kB takes 10 ms, and no reader reads more.
MAX_SIZE = 512_000
# Mail programs nest tables about 30 deep. Parsers slow down, and some fall over, with thousands.
MAX_DEPTH = 200
MAX_TAGS = 20_000
MAX_TEXT = 200_000

TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd",
    "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins",
    "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var",
    "wbr",
})  # fmt: skip
# Their content is no text for people. Of a tag that is in neither list, the text inside stays.
GONE = frozenset({
    "script", "style", "title", "head", "noscript", "template", "iframe", "object", "embed",
    "applet", "svg", "math", "textarea", "select", "option", "xmp", "noembed", "noframes", "audio",
    "video", "canvas",
})  # fmt: skip
# No id, name, class or style, nothing that begins with on, hx- or data-: none of it means anything here.
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height", "title"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start"},
    "abbr": {"title"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_NUMBER = re.compile(r"\d{1,4}%?", re.ASCII)
_NUMBERS = frozenset({"width", "height", "colspan", "rowspan", "span", "start"})
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
})  # fmt: skip
_CLOSED_BY_ITSELF = frozenset({
    "p", "li", "dd", "dt", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "html", "body",
    "head",
})  # fmt: skip
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
_BREAKS = re.compile(
    r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote|/table|hr|/pre|/dd|/dt)\b[^>]{0,200}>", re.IGNORECASE
)
_CELLS = re.compile(r"</t[dh]\b[^>]{0,200}>", re.IGNORECASE)


class Cleaned(Struct, frozen=True, kw_only=True):
    """HTML as it is kept, and the text in it. ``html`` is empty when it was too large or too deep to be parsed."""

    html: str = ""
    text: str = ""


def cleaned(source: str) -> Cleaned:
    """Return what is left of HTML that somebody sent. Never raises; in a thread, it may take 100 ms."""
    source = source.replace("\x00", "")
    if len(source) > MAX_SIZE or not is_shallow(source):
        return Cleaned(text=rough_text(source))
    html = _clean(source, TAGS).strip()
    if _depth(html) > 2 * MAX_DEPTH or len(html) > 2 * MAX_SIZE:
        return Cleaned(text=text_in(html))
    return Cleaned(html=html, text=text_in(html))


def without_images(html: str) -> str:
    """Return cleaned HTML without its pictures: each would tell its sender that somebody reads."""
    return _clean(html, TAGS - {"img"}) if has_images(html) else html


def has_images(html: str) -> bool:
    """Tell whether cleaned HTML has pictures that would be loaded from elsewhere."""
    return "<img" in html


def text_in(html: str) -> str:
    """Return the text of cleaned HTML with its paragraphs, for search, previews and programs."""
    broken = _CELLS.sub("\t", _BREAKS.sub("\n", html.replace("\r", "").replace("\n", " ")))
    lines = (" ".join(line.split()) for line in entities.unescape(_without_tags(broken)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:MAX_TEXT]


def is_shallow(source: str) -> bool:
    """Tell, without parsing, whether few enough elements seem to be open at once, and there are few enough in all.

    What a parser closes by itself is not counted; what is crafted to look shallow is measured again afterwards.
    """
    opened: Counter[str] = Counter()
    depth = 0
    for number, match in enumerate(_TAG.finditer(source), 1):
        name = match[2].lower()
        if number > MAX_TAGS:
            return False
        if name in _VOID or name in _CLOSED_BY_ITSELF:
            continue
        if not match[1]:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        if depth > MAX_DEPTH:
            return False
    return True


def rough_text(source: str) -> str:
    """Return the text of HTML that is not parsed, in one pass: what stands between ``<`` and ``>`` is left out."""
    source = source[: 4 * MAX_SIZE]
    for name in ("script", "style"):
        source = _without(source, f"<{name}", f"</{name}")
    return text_in(source)


def _depth(html: str) -> int:
    """Return how deep cleaned HTML is nested: what the cleaner writes is well-formed."""
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[1]:
            depth -= 1
        elif match[2] not in _VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _without(source: str, begin: str, end: str) -> str:
    lower, kept, place = source.lower(), [], 0
    while (start := lower.find(begin, place)) >= 0:
        kept.append(source[place:start])
        stop = lower.find(end, start)
        if stop < 0:
            return "".join(kept)
        place = stop
    return "".join([*kept, source[place:]])


def _without_tags(source: str) -> str:
    kept, place = [], 0
    while (start := source.find("<", place)) >= 0:
        kept.append(source[place:start])
        stop = source.find(">", start)
        if stop < 0:
            return "".join(kept)
        place = stop + 1
    return "".join([*kept, source[place:]])


def _clean(source: str, tags: frozenset[str]) -> str:
    import nh3  # 1.4 MB that only mail needs

    return nh3.clean(
        source,
        tags=set(tags),
        clean_content_tags=set(GONE),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_attribute,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        url_schemes=set(SCHEMES),
        url_relative="deny",
        generic_attribute_prefixes=set(),
        # One attribute a tag: several would come in another order each time.
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"referrerpolicy": "no-referrer"}},
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value of an attribute that is kept, None to drop it."""
    if tag == "img" and name == "src":
        # A picture comes by http or not at all; mailto: in a picture opens windows.
        return value if value.lower().startswith(("https://", "http://")) else None
    if name in _NUMBERS:
        return value if _NUMBER.fullmatch(value) else None
    if name == "align":
        return value if value in ("left", "right", "center") else None
    return value[:2000]

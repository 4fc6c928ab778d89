"""HTML of messages as the thread shows it: in a frame of its own, where nothing runs and nothing is loaded."""

from msgspec import Struct

from crmcore.markup.cleaning import has_images, without_images
from crmcore.markup.direction import undirected

# Presentation by attributes: the page's policy lets no style into the frame.
_HEAD = (
    '<!doctype html><html><head><meta charset="utf-8">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src {images}">'
    '<base target="_blank"></head><body bgcolor="#ffffff" text="#1f2328" link="#0b57d0">'
    '<font face="system-ui, sans-serif" size="2">'
)
_TAIL = "</font></body></html>"
_LINE, _LEAST, _MOST = 22, 80, 520


class MessageHtml(Struct, frozen=True):
    """The document of the frame, how high it is in pixels, and whether pictures were left out."""

    document: str
    height: int
    hidden_images: bool


def message_html(html: str, text: str, *, images: bool = False) -> MessageHtml | None:
    """Return a cleaned message for its frame, with pictures only when they were asked for; None without HTML."""
    if not html:
        return None
    shown = html if images else without_images(html)
    lines = sum(1 + len(line) // 80 for line in text.split("\n"))
    height = min(_MOST, max(_LEAST, 40 + _LINE * lines) + (200 if images and has_images(html) else 0))
    head = _HEAD.replace("{images}", "https:" if images else "'none'")
    return MessageHtml(head + undirected(shown) + _TAIL, height, has_images(html) and not images)

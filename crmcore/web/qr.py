"""QR codes as markup."""

from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """Return ``text`` as an SVG element, dark on white in every theme, because cameras want that."""
    import segno

    drawn = segno.make(text, micro=False, error="m").svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="c-qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - drawn from numbers; the text itself is not in it

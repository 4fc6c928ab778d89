"""The page a person sees instead of the one asked for, when nothing better can be drawn."""

from html import escape
from typing import Any

from litestar import Request

BACK = {"en": "Back to the inbox", "ru": "Назад во входящие"}


def error_page(request: Request[Any, Any, Any], problem: dict[str, Any]) -> str:
    """Return a page that says what the problem document says, drawn by the web rooms where they are there."""
    draw = request.app.state.get("error_page")
    if draw is not None:
        return str(draw(request, problem))
    language = getattr(request, "language", "en")
    back = BACK.get(language, BACK["en"])
    return (
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(problem['title'])}</title>"
        f"<h1>{escape(problem['title'])}</h1><p>{escape(problem['detail'])}</p>"
        f'<p><a href="/">{escape(back)}</a></p></html>'
    )

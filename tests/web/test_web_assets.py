"""Files that browsers load: their origin, their addresses, their size."""

import gzip
import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from browsing import Browse

import crmcore.web
from crmcore.web.assets import MARKS, SERVED, STYLE_SHEETS, Assets

STATIC = Path(crmcore.web.__file__).parent / "static"
TEMPLATES = STATIC.parent / "templates"
# On every page; the others come with the pages that need them.
COMMON = ("crm.js", "keys.js", "live.js", "pops.js", "plugins.js")
TONES = ("neutral", "accent", "ok", "warn", "bad", "violet", "teal", "pink")


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets(STATIC)


def test_files_of_others_are_the_ones_we_took() -> None:
    vendored = tomllib.loads((STATIC / "VENDOR.toml").read_text(encoding="utf-8"))["file"]
    assert {file["path"] for file in vendored} == {
        "fonts/inter-latin.woff2",
        "fonts/inter-cyrillic.woff2",
        "icons.svg",
    }
    for file in vendored:
        assert {"name", "version", "licence", "source", "sha256"} <= file.keys()
        assert hashlib.sha256((STATIC / file["path"]).read_bytes()).hexdigest() == file["sha256"], file[
            "path"
        ]
        assert (STATIC / file["licence_file"]).stat().st_size > 500


def test_every_style_sheet_is_served(assets: Assets) -> None:
    assert {path.stem for path in (STATIC / "css").glob("*.css")} == set(STYLE_SHEETS)
    css = assets.get("crm.css")
    assert css is not None
    assert gzip.decompress(css.packed) == css.body
    assert b"http" not in css.body
    for address in re.findall(rb'url\("([^"]+)"\)', css.body):
        assert assets.get(address.decode()) is not None


def test_files_stay_small(assets: Assets) -> None:
    """Each is a twentieth below its budget, so that the next change has room."""
    sizes = {
        name: len(asset.packed or asset.body) for name in ("crm.css", "crm.js") if (asset := assets.get(name))
    }
    assert sizes["crm.css"] <= 14_000 * 0.95
    assert sizes["crm.js"] <= 6_000
    scripts = {
        name: len(asset.packed) for name in SERVED if name.endswith(".js") and (asset := assets.get(name))
    }
    assert max(scripts.values()) <= 6_000, scripts
    common = [scripts[name] for name in COMMON]
    assert sum(common) <= 24_000, scripts
    fonts = sum(
        len((STATIC / "fonts" / f"inter-{part}.woff2").read_bytes()) for part in ("latin", "cyrillic")
    )
    icons = assets.get("icons.svg")
    assert icons is not None
    assert fonts + len(icons.packed) <= 45_000 * 0.95


def test_icons_in_use_are_in_the_sprite(assets: Assets) -> None:
    named = set()
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"ui\.ic\('([a-z0-9-]+)'", text))
        named |= set(re.findall(r"ui\.empty\('([a-z0-9-]+)'", text))
        assert set(re.findall(r'data-mark="([a-z0-9-]+)"', text)) <= set(MARKS), path.name
    assert len(named) > 25
    assert named - assets.icons == set()


async def test_files_are_served_for_ever_under_their_content(browse: Browse, assets: Assets) -> None:
    browser = await browse()
    answer = await browser.get(assets.url("crm.css"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    old = await browser.get("/static/0123456789abcdef/crm.css")
    assert old.headers["cache-control"] == "no-cache"
    assert old.content == answer.content
    plain = await browser.get(assets.url("crm.js"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    for name in ("nothing.css", "../templates/login.html", "..%2f..%2fsite.py", "css/base.css"):
        assert (await browser.get(f"/static/{assets.digest}/{name}")).status_code == 404


def _colours(theme: str) -> dict[str, str]:
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    block = text[text.index(f'[data-theme="{theme}"] {{') :].split("}")[0]
    return dict(re.findall(r"--c-([a-z0-9-]+): (#[0-9a-f]{6});", block))


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_and_marks_have_contrast_in_both_themes(theme: str) -> None:
    colour = _colours(theme)
    surfaces = ("bg", "sunken", "raised", "hover", "selected", "bubble-in", "bubble-out", "note-bg")
    pairs = [(ink, surface) for ink in ("ink", "ink-2", "ink-3") for surface in surfaces]
    pairs += [
        ("on-accent", "accent"),
        ("on-danger", "danger"),
        ("danger", "bg"),
        ("accent", "bg"),
        ("bg", "ink"),
    ]
    pairs += [(f"{tone}-fg", f"{tone}-bg") for tone in TONES]
    for text, surface in pairs:
        assert _contrast(colour[text], colour[surface]) >= 4.5, (text, surface)
    for mark in ("line-strong", "focus"):
        assert _contrast(colour[mark], colour["bg"]) >= 3, mark

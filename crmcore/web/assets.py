"""Style sheet, script, fonts and icons: kept in memory, addressed by their content."""

import gzip
import hashlib
import re
from pathlib import Path

from msgspec import Struct

STYLE_SHEETS = (
    "tokens",
    "base",
    "controls",
    "marks",
    "shell",
    "inbox",
    "thread",
    "context",
    "pages",
    "lists",
    "tasks",
    "contributions",
    "pops",
    "palette",
    "narrow",
    "density",
)
SERVED = (
    "crm.js",
    "inbox.js",
    "keys.js",
    "lists.js",
    "live.js",
    "plugins.js",
    "pops.js",
    "icons.svg",
    "favicon.svg",
    "fonts/inter-latin.woff2",
    "fonts/inter-cyrillic.woff2",
)
# What ``data-mark`` draws by the style sheet alone, where there would be too many elements: two less for each.
MARKS = (
    "alarm-clock",
    "bell",
    "building-2",
    "calendar-clock",
    "check",
    "chevron-down",
    "circle-help",
    "clock",
    "code",
    "ellipsis",
    "file-text",
    "flag",
    "gauge",
    "inbox",
    "list-plus",
    "lock",
    "mail",
    "message-square",
    "panel-right",
    "phone",
    "puzzle",
    "search",
    "settings",
    "square-check-big",
    "user-plus",
    "users",
    "x",
)
# What a page needs together is packed better as one file than as five, and asked for once.
JOINED = {
    "frame.js": ("crm.js", "keys.js", "live.js", "pops.js", "plugins.js"),
    "conversations.js": ("inbox.js", "lists.js"),
}
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


class Asset(Struct, frozen=True):
    """One file as it is served; ``packed`` is its gzip form, empty where that does not pay."""

    media_type: str
    body: bytes
    packed: bytes = b""


class Assets:
    """All static files under one digest: ``/static/<digest>/<name>`` never changes its content."""

    def __init__(self, folder: Path) -> None:
        files = {name: (folder / name).read_bytes() for name in SERVED}
        files |= {name: _script(body) for name, body in files.items() if name.endswith(".js")}
        files |= {name: b";\n".join(files[part] for part in parts) for name, parts in JOINED.items()}
        sheets = b"".join((folder / "css" / f"{name}.css").read_bytes() for name in STYLE_SHEETS)
        files["icons.svg"], rules = _marks(files["icons.svg"].decode())
        files["crm.css"] = _sheet(sheets) + rules
        whole = hashlib.sha256()
        for name, body in sorted(files.items()):
            whole.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
        self.digest = whole.hexdigest()[:16]
        self._assets = {name: _asset(name, body) for name, body in files.items()}
        self.icons = frozenset(re.findall(r'<symbol id="([a-z0-9-]+)"', files["icons.svg"].decode()))

    def url(self, name: str) -> str:
        """Return the address of the file ``name``."""
        if name not in self._assets:
            raise KeyError(name)
        return f"/static/{self.digest}/{name}"

    def get(self, name: str) -> Asset | None:
        """Return the file ``name``, None when there is none: only names known at start are ever served."""
        return self._assets.get(name)


def _script(body: bytes) -> bytes:
    """Return a script without its comments and indentation; none of ours has a text over several lines."""
    lines = (line.strip() for line in body.decode().splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


def _sheet(body: bytes) -> bytes:
    """Return a style sheet without its comments, and without spaces, quotes and zeros that say nothing."""
    text = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", body.decode(), flags=re.DOTALL))
    text = re.sub(r" ?([{};,>]) ?", r"\1", text).replace(": ", ":").replace(";}", "}")
    text = re.sub(r'="([a-z][a-z0-9-]*)"]', r"=\1]", text)
    return re.sub(r"(?<![\w.#-])0\.(?=\d)", ".", text).encode()


def _marks(icons: str) -> tuple[bytes, bytes]:
    """Return the icons with those of :data:`MARKS` drawn in a row, and the rules that say where in it each stands."""
    row, rules = [], []
    for place, name in enumerate(MARKS):
        if f'<symbol id="{name}" viewBox="0 0 24 24"' not in icons:
            raise KeyError(name)
        row.append(f'<use x="{24 * place}" width="24" height="24" href="#{name}"/>')
        rules.append(f"[data-mark={name}]{{--c-mark:{place}}}")
    wide = 24 * len(MARKS)
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} 24" width="{wide}" height="24">'
    drawn = icons.replace('<svg xmlns="http://www.w3.org/2000/svg">', frame, 1).replace("\n", "")
    sprite = drawn.replace("</svg>", f"{''.join(row)}</svg>")
    return sprite.encode(), f"@layer components{{{''.join(rules)}}}".encode()


def _asset(name: str, body: bytes) -> Asset:
    packed = b"" if name.endswith(".woff2") else gzip.compress(body, mtime=0)
    return Asset(MEDIA_TYPES[Path(name).suffix], body, packed)

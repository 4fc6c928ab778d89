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
# Every page inside the frame has these: one file is packed better than four, and asked for once.
FRAME_SCRIPTS = ("keys.js", "live.js", "pops.js", "plugins.js")
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
        files["frame.js"] = b";\n".join(files[name] for name in FRAME_SCRIPTS)
        sheets = b"".join((folder / "css" / f"{name}.css").read_bytes() for name in STYLE_SHEETS)
        files["crm.css"] = _sheet(sheets)
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
    """Return a style sheet without its comments and spaces."""
    text = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", body.decode(), flags=re.DOTALL))
    return re.sub(r" ?([{};,]) ?", r"\1", text).encode()


def _asset(name: str, body: bytes) -> Asset:
    packed = b"" if name.endswith(".woff2") else gzip.compress(body, mtime=0)
    return Asset(MEDIA_TYPES[Path(name).suffix], body, packed)

"""Build the documentation's site from README, docs/ and the plugins' READMEs: ``make site``.

The pages are laid out in ``build/pages`` with their links led to each other, then zensical builds them strictly into
``build/site``: a link into nowhere, or a page that the navigation does not name, ends it.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "build" / "pages"
CONFIG = ROOT / "zensical.toml"
LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s]+)\)")
# What stands in the repository's root and is a page here.
TOP = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
    "CHANGELOG.md": "changelog.md",
}


def main() -> int:
    """Return zensical's exit code, 1 when a page or a link is nobody's."""
    places = _places()
    if wrong := _not_in_navigation(set(places.values())):
        print("\n".join(wrong), file=sys.stderr)
        return 1
    shutil.rmtree(PAGES, ignore_errors=True)
    for source, page in places.items():
        target = PAGES / page
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_relinked(source, page, places), encoding="utf-8")
        else:
            shutil.copy(source, target)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean", "-f", str(CONFIG)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own interpreter


def _places() -> dict[Path, str]:
    """Return every file of the site with its place there."""
    places = {ROOT / name: page for name, page in TOP.items()}
    docs = ROOT / "docs"
    places |= {file: str(file.relative_to(docs)) for file in sorted(docs.rglob("*")) if file.is_file()}
    for readme in sorted(ROOT.glob("plugins/*/README.md")):
        places[readme] = f"plugins/{readme.parent.name}.md"
        for picture in sorted(readme.parent.glob("docs/*.png")):
            places[picture] = f"plugins/{readme.parent.name}-{picture.name}"
    return places


def _not_in_navigation(pages: set[str]) -> list[str]:
    named = _named(tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["nav"])
    written = {page for page in pages if page.endswith(".md")}
    return [
        *(f"{page} is not in the navigation of {CONFIG.name}." for page in sorted(written - named)),
        *(f"{CONFIG.name} names {page}, which is not there." for page in sorted(named - written)),
    ]


def _named(entry: object) -> set[str]:
    if isinstance(entry, str):
        return {entry}
    parts = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else []
    return set().union(*(_named(part) for part in parts))


def _relinked(source: Path, page: str, places: dict[Path, str]) -> str:
    """Return the text of ``source`` with its links led to where the files are on the site."""

    def led(match: re.Match[str]) -> str:
        text, address = match.groups()
        path, _, anchor = address.partition("#")
        if not path or "://" in address or address.startswith("mailto:"):
            return match.group()
        target = (source.parent / path).resolve()
        if target not in places:
            # A file of the repository that is no page: its name says enough.
            return text.strip("![]") if target.exists() else match.group()
        up = "../" * page.count("/")
        return f"{text}({up}{places[target]}{'#' + anchor if anchor else ''})"

    return LINK.sub(led, source.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())

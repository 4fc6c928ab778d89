"""The code: what it imports, how it reaches the outside, whom it asks for the time."""

import ast
from collections.abc import Iterator
from pathlib import Path

from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken

PUBLIC = ("crmcore", "crmcore.tables", "crmcore.testing")
WAYS_OUT = (
    "requests",
    "httpx",
    "httpx2",
    "aiohttp",
    "urllib3",
    "urllib.request",
    "http.client",
    "smtplib",
    "websockets",
)


async def imports_what_is_promised(bench: Bench) -> None:
    """It imports from crmcore only what is promised to stay: crmcore itself and crmcore.tables."""
    for file, tree in _sources(bench):
        for module in _imported(tree):
            if module.startswith("crmcore.") and module not in PUBLIC:
                raise Broken(
                    f"{file.name} imports {module}, which may change any day: import from crmcore, or "
                    "ask for it to be "
                    "made public."
                )


async def has_one_way_out(bench: Bench) -> None:
    """It reaches the outside through plugin.http alone: checked addresses, deadlines, limits."""
    for file, tree in _sources(bench):
        for module in _imported(tree):
            if any(module == way or module.startswith(f"{way}.") for way in WAYS_OUT):
                raise Broken(
                    f"{file.name} imports {module}: ask through plugin.http, which guards the way out."
                )


async def takes_the_clock(bench: Bench) -> None:
    """It asks plugin.now() for the time, so that tests and replays can turn the clock."""
    for file, tree in _sources(bench):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "datetime.now",
                "datetime.utcnow",
                "datetime.datetime.now",
                "datetime.datetime.utcnow",
                "date.today",
                "datetime.date.today",
            ):
                raise Broken(
                    f"{file.name}, line {node.lineno}, asks the machine for the time: use plugin.now()."
                )


def _sources(bench: Bench) -> Iterator[tuple[Path, ast.Module]]:
    place = bench.folder_of_code()
    for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
        # What stands in for a service in a demo or a check is no part of what runs.
        if not {"samples.py", "demo", "demo.py", "standin"} & {
            file.name,
            *file.relative_to(place.parent).parts,
        }:
            yield file, ast.parse(file.read_text(encoding="utf-8"))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module == "urllib":
                yield from (f"urllib.{alias.name}" for alias in node.names)

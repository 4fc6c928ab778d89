"""The distribution: what it is, what it needs, and which core it works with."""

from importlib.metadata import Distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from crmcore.plugins.single_file import FileEntryPoint
from crmcore.testing.bench import Bench
from crmcore.testing.rule import Broken, Nothing, Unshown


async def names_compatible_core(bench: Bench) -> None:
    """The distribution requires crmcore from one version up and below another, so that pip keeps them together."""
    wanted = [one for one in _requirements(bench) if one.name == "crmcore"]
    operators = {part.operator for one in wanted for part in one.specifier}
    if not operators & {">=", "~=", "=="} or not operators & {"<", "~=", "=="}:
        raise Broken('Name the core it works with in pyproject.toml: dependencies = ["crmcore>=0.1,<1"].')


async def describes_itself(bench: Bench) -> None:
    """The distribution has a licence, a summary, the Pythons it needs and a README that people can follow."""
    metadata = _distribution(bench).metadata.json
    for field, what in (("summary", "description"), ("requires_python", "requires-python")):
        if not metadata.get(field):
            raise Broken(f"pyproject.toml has no {what}.")
    if not (metadata.get("license_expression") or metadata.get("license")):
        raise Broken('pyproject.toml names no licence: license = "Apache-2.0".')
    if len(_readme(_distribution(bench)).split()) < 40:
        raise Broken(
            "The README says too little: what it does, how to set it up, what leaves the company. Name it in "
            'pyproject.toml: readme = "README.md".'
        )


async def has_a_version(bench: Bench) -> None:
    """The distribution's version can be compared (PEP 440)."""
    try:
        Version(_distribution(bench).version)
    except InvalidVersion as error:
        raise Broken(f"The version is none that pip can compare: {error}.") from error


async def is_typed(bench: Bench) -> None:
    """The package says that it is typed: it has a py.typed."""
    _distribution(bench)
    folder = bench.folder_of_code()
    if folder.is_dir() and not (folder / "py.typed").exists():
        raise Broken(f"Add an empty file {folder.name}/py.typed, and annotate what others call.")


def _distribution(bench: Bench) -> Distribution:
    if bench.point.dist is None:
        raise (
            Nothing
            if isinstance(bench.point, FileEntryPoint)
            else Unshown("It is not installed as a distribution: pip install -e .")
        )
    return bench.point.dist


def _readme(distribution: Distribution) -> str:
    """Return the README: of an editable installation the file, which may be newer than what pip noted."""
    origin = msgspec.json.decode(distribution.read_text("direct_url.json") or "{}")
    url = urlsplit(origin.get("url", ""))
    if origin.get("dir_info", {}).get("editable") and url.scheme == "file":
        file = Path(unquote(url.path)) / "README.md"
        return file.read_text(encoding="utf-8") if file.is_file() else ""
    return str(distribution.metadata.json.get("description") or "")


def _requirements(bench: Bench) -> list[Requirement]:
    return [Requirement(line) for line in _distribution(bench).requires or []]

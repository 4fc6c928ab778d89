"""Write a new plugin's distribution."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import crmcore
from crmcore.contracts.labels import text_of
from crmcore.plugins import reasons
from crmcore.plugins.discovery import installed_entry_points
from crmcore.plugins.names import RESERVED, is_plugin_name, nearest
from crmcore.scaffold.parts import PARTS, SETTINGS, SIGNED_CODE, Part

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_PARTS = ("panel",)


class ScaffoldRefused(Exception):
    """Nothing was written; the sentence says why, and what to do."""


class NewPlugin:
    """A plugin that does not exist yet. Raises :class:`ScaffoldRefused` for a name or a part that cannot be."""

    def __init__(self, name: str, parts: Sequence[str] = ()) -> None:
        self.name = name.removeprefix("crm-").replace("-", "_")
        if not is_plugin_name(self.name):
            raise ScaffoldRefused(text_of(reasons.wrong_name(name)))
        if self.name in RESERVED or self.name in sys.stdlib_module_names:
            raise ScaffoldRefused(text_of(reasons.reserved_name(self.name)))
        taken = [point for point in installed_entry_points() if point.name == self.name]
        if taken:
            by = taken[0].dist.name if taken[0].dist else self.name
            raise ScaffoldRefused(
                f"“{self.name}” is the name of an installed plugin ({by}), and only one of them could be "
                "loaded. Choose another name."
            )
        self.distribution = f"crm-{self.name.replace('_', '-')}"
        self.package = f"crm_{self.name}"
        self.class_name = "".join(word.capitalize() for word in self.name.split("_"))
        self.title = self.name.replace("_", " ").capitalize()
        self.parts = _chosen(parts)

    def write(self, folder: Path) -> Path:
        """Write the distribution into a new folder in ``folder`` and return that.

        Raises :class:`ScaffoldRefused` when there is something already: nothing is ever overwritten.
        """
        place = folder / self.distribution
        if place.exists():
            raise ScaffoldRefused(
                f"{place} is there already, and nothing is overwritten. Choose another name, or "
                "another place: --into."
            )
        if not folder.is_dir():
            raise ScaffoldRefused(f"There is no folder {folder} to put {self.distribution} into.")
        files = dict(self.files())
        for path, text in files.items():
            file = place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return place

    def files(self) -> Iterator[tuple[str, str]]:
        """Return each file's path in the distribution, and what stands in it."""
        yield "pyproject.toml", self._filled("pyproject.toml")
        yield "README.md", self._filled("README.md")
        yield "tox.ini", self._filled("tox.ini")
        yield ".gitignore", self._filled("gitignore")
        yield ".github/workflows/test.yml", self._filled("ci.yml")
        yield f"src/{self.package}/__init__.py", f'"""{self.title} for crmcore."""\n'
        yield f"src/{self.package}/py.typed", ""
        yield f"src/{self.package}/words.py", self._filled("words.py")
        yield f"src/{self.package}/plugin.py", self._plugin()
        yield f"src/{self.package}/samples.py", self._samples()
        yield "tests/test_conformance.py", self._conformance()
        for part in (SETTINGS, *self.parts):
            for path, template in part.files.items():
                yield self._named(path), self._filled(template) if template else ""

    def _plugin(self) -> str:
        parts = (SETTINGS, *self.parts)
        names = sorted({name for part in parts for name in part.crmcore} | {"hookimpl"}, key=_sorted_as_ruff)
        own = sorted({line for part in parts for line in part.imports})
        outside = "from piccolo.conf.apps import AppConfig\n" if any(p.key == "tables" for p in parts) else ""
        line = f"from crmcore import {', '.join(names)}"
        if len(line) > 88:
            line = "from crmcore import (\n" + "".join(f"    {name},\n" for name in names) + ")"
        head = f'"""What crmcore finds under the entry point ``{self.name}``."""\n\n'
        body = "\n".join(part.hooks for part in parts)
        return head + f"{line}\n{outside}\n" + self._named("\n".join(own)) + "\n\n" + self._named(body)

    def _samples(self) -> str:
        imports = [line for part in self.parts for line in part.sample_imports]
        names = sorted({"Samples", *(name for part in self.parts for name in part.sample_names)})
        signed = any(part.signed for part in self.parts)
        plain = ["import hashlib", "import hmac", "import json"] if signed else []
        typing = sorted({line for line in imports if line.startswith("from ") and "PACKAGE" not in line})
        own = sorted({line for line in imports if "PACKAGE" in line})
        head = "\n".join([*plain, *typing]) + ("\n\n" if plain or typing else "")
        text = (TEMPLATES / "samples.py.txt").read_text(encoding="utf-8")
        text = text.replace("SAMPLE_IMPORTS", head).replace("SAMPLE_NAMES", ", ".join(names))
        text = text.replace("SAMPLE_OWN", "\n" + "\n".join(own) + "\n" if own else "")
        code = "".join(part.sample_code for part in self.parts)
        code = SIGNED_CODE + code if signed else code
        # Functions stand two lines apart; constants need one.
        text = text.replace("SAMPLE_CODE", f"\n{code}" if code.startswith(("async ", "def ")) else code)
        fields = "".join(part.samples for part in self.parts)
        if signed:
            told = _mapping("accounts", self.parts) + _mapping("deliveries", self.parts)
            fields = f"{told}    http=answers,\n{fields}"
        return self._named(text.replace("SAMPLE_FIELDS", fields))

    def _conformance(self) -> str:
        contracts = [contract for part in self.parts for contract in part.contracts]
        classes = "".join(
            f'\n\n\nclass Test{contract.removesuffix("Contract")}({contract}):\n    plugin = "PLUGIN"'
            for contract in contracts
        )
        names = sorted({"PluginContract", *contracts})
        line = ", ".join(names)
        if len(line) > 60:
            line = "(\n" + "".join(f"    {name},\n" for name in names) + ")"
        text = (TEMPLATES / "test_conformance.py.txt").read_text(encoding="utf-8")
        return self._named(
            text.replace("CONTRACTS", line).replace("\nCONTRACT_CLASSES", classes.rstrip("\n"))
        )

    def _filled(self, template: str) -> str:
        text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
        needed = {name for part in self.parts for name in part.dependencies}
        extra = "".join(f', "{name}"' for name in sorted(needed))
        contents = "\n".join(f"- {part.tells}" for part in (SETTINGS, *self.parts))
        text = text.replace("WORDS_OF_PARTS", "".join(part.words for part in self.parts))
        return self._named(
            text.replace("EXTRA_DEPENDENCIES", extra)
            .replace("CONTENTS", contents)
            .replace("CORE_RANGE", core_range())
        )

    def _named(self, text: str) -> str:
        for place, value in (
            ("DISTRIBUTION", self.distribution),
            ("PACKAGE", self.package),
            ("PLUGIN", self.name),
            ("SLUG", self.name.replace("_", "-")),
            ("CLASS", self.class_name),
            ('"TITLE"', f'"{self.title}"'),
            ("TITLE for", f"{self.title} for"),
            ("of TITLE", f"of {self.title}"),
            ("→ TITLE*", f"→ {self.title}*"),
        ):
            text = text.replace(place, value)
        return text


def _mapping(name: str, parts: Sequence[Part]) -> str:
    """Return a field of the samples that several parts fill."""
    entries = [entry for part in parts for entry in getattr(part, name)]
    if len(entries) == 1 and len(entries[0]) < 80:
        return f"    {name}={{{entries[0]}}},\n"
    return f"    {name}={{\n" + "".join(f"        {entry},\n" for entry in entries) + "    },\n"


def core_range() -> str:
    """Return the requirement of a plugin that is made with this core: it, and all up to the next great version."""
    major, minor = crmcore.__version__.split(".")[:2]
    return f"crmcore>={major}.{minor},<{int(major) + 1}"


def _chosen(keys: Sequence[str]) -> tuple[Part, ...]:
    known = {part.key: part for part in PARTS}
    for key in keys:
        if key not in known:
            near = nearest(key, list(known))
            hint = f"Did you mean “{near}”? " if near else ""
            raise ScaffoldRefused(
                f"A plugin does not begin with “{key}”. {hint}There are {', '.join(known)}."
            )
    return tuple(part for key, part in known.items() if key in (keys or DEFAULT_PARTS))


def _sorted_as_ruff(name: str) -> tuple[bool, str]:
    return (name[0].islower(), name)

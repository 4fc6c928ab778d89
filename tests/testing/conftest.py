"""A good plugin, made by ``crmcore new-plugin`` with everything it can begin with, and ways to spoil it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, EntryPoint, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from crmcore.scaffold.distribution import NewPlugin
from crmcore.scaffold.parts import PARTS
from crmcore.testing.plugin_points import ObjectEntryPoint
from crmcore.testing.samples import Samples
from crmcore.testing.suite import Report, try_plugin
from crmcore.testing.workspaces import Databases

Try = Callable[..., Report]


class ModulePoint(ObjectEntryPoint):
    """Brings an object along, and tells where its code and its samples are."""

    def __init__(self, plugin: object, value: str, distribution: Distribution | None = None) -> None:
        object.__setattr__(self, "plugin", plugin)
        EntryPoint.__init__(self, name="kitten", value=value, group="crmcore")
        vars(self).update(dist=distribution)


@pytest.fixture(scope="session")
def kitten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The good plugin's folder; its package ``crm_kitten`` can be imported."""
    folder = NewPlugin("kitten", [part.key for part in PARTS]).write(tmp_path_factory.mktemp("kitten"))
    sys.path.insert(0, str(folder / "src"))
    yield folder
    sys.path.remove(str(folder / "src"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "crm_kitten"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """SQLite databases with the core's tables."""
    found = Databases(tmp_path_factory.mktemp("databases"))
    yield found
    found.close()


@pytest.fixture
def tried(kitten: Path, databases: Databases, tmp_path: Path) -> Try:
    """Call it with what replaces attributes of the good plugin's module, the rules to try, and lines about it."""

    def run(*rules: str, samples: Samples | None = None, metadata: str = "", **changes: Any) -> Report:
        module = importlib.import_module("crm_kitten.plugin")
        good = {name: value for name, value in vars(module).items() if hasattr(value, "crmcore_impl")}
        plugin = type(
            "Kitten", (), {name: staticmethod(value) for name, value in (good | changes).items() if value}
        )()
        own = importlib.import_module("crm_kitten.samples").SAMPLES
        place = tmp_path / "crm_kitten.dist-info"
        if metadata:
            place.mkdir()
            (place / "METADATA").write_text(metadata, encoding="utf-8")
        distribution = PathDistribution(place) if metadata else None
        point = ModulePoint(plugin, "crm_kitten.plugin", distribution)
        return try_plugin(point, databases, tmp_path, samples=samples or own, rules=rules)

    return run

"""What the tests of the host share: distributions made on the spot, and a stand-in for the core's plugin."""

from importlib.metadata import EntryPoint, PathDistribution, distributions
from pathlib import Path
from typing import Any

from crmcore import Change, Event, hookimpl
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.host import PluginHost

CALM = """
from crmcore import Panel, hookimpl

async def load(subject, plugin):
    return None

@hookimpl
def register_panels():
    return [Panel(key="orders", title="Orders", load=load)]
"""


class Core:
    """Stands in for the core's own plugin."""

    @hookimpl
    def before_write(self, change: Change) -> None:
        return None


def make_distribution(
    folder: Path,
    name: str,
    *,
    plugin: str = "",
    module: str = "",
    code: str = CALM,
    requires: tuple[str, ...] = (),
    version: str = "1.0",
) -> PathDistribution:
    """Write a distribution with one plugin into ``folder``, as pip would leave it, and return it."""
    plugin = plugin or name.replace("-", "_").removeprefix("crm_")
    module = module or name.replace("-", "_")
    (folder / f"{module}.py").write_text(code, encoding="utf-8")
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(f"[crmcore]\n{plugin} = {module}\n", encoding="utf-8")
    return PathDistribution(info)


def entry_points(folder: Path) -> list[EntryPoint]:
    """Return the crmcore entry points of the distributions in ``folder``."""
    return [
        point
        for distribution in distributions(path=[str(folder)])
        for point in distribution.entry_points
        if point.group == "crmcore"
    ]


def loaded(choice: PluginChoice, points: list[EntryPoint], **options: Any) -> PluginHost:
    """Return a host that has loaded ``points``."""
    host = PluginHost(choice, builtin=options.pop("builtin", Core()), entry_points=points, **options)
    host.load()
    return host


class Given(EntryPoint):
    """An entry point that brings an object along instead of importing it."""

    def __init__(self, name: str, plugin: object) -> None:
        object.__setattr__(self, "_plugin", plugin)
        super().__init__(name=name, value="given", group="crmcore")

    def load(self) -> Any:
        return self.__dict__["_plugin"]


def event(**values: Any) -> Event:
    """Return an event about a contact."""
    from uuid import uuid4

    from crmcore.clock import utc_now

    return Event(
        id=uuid4(), name="contact_created", at=utc_now(), record_type="contact", record_id=uuid4(), **values
    )

"""A plugin on the bench: what it contributes, and workspaces to try it in."""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from crmcore.contracts.channels import ChannelAccount
from crmcore.contracts.subjects import Subject
from crmcore.plugins.single_file import FileEntryPoint
from crmcore.secrets.fields import SecretFields
from crmcore.testing.clock import TurnableClock
from crmcore.testing.factories import Factories
from crmcore.testing.recorded_http import RecordedHttp
from crmcore.testing.rule import Broken, Nothing, Unshown
from crmcore.testing.samples import Samples
from crmcore.testing.workspaces import Databases, workspace

if TYPE_CHECKING:
    from crmcore.plugins.registry import Registry
    from crmcore.workspace import Crm

SLUG = "kit"


class Bench:
    """One plugin, its samples, and a configured workspace that most rules share: ``crm``, answered by ``http``.

    What a rule would spoil it tries in a :meth:`fresh` one. ``heard`` are texts that left the plugin: pages, log
    lines, errors; at the end no secret may be among them.
    """

    def __init__(self, point: EntryPoint, samples: Samples, databases: Databases, folder: Path) -> None:
        self.point = point
        self.samples = samples
        self.folder = folder
        self.heard: list[tuple[str, str]] = []
        self.stalls: list[str] = []
        self.http = RecordedHttp()
        self.clock = TurnableClock()
        self._databases = databases
        self._opened = 0
        self._crm: Crm | None = None

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.point.name

    @property
    def crm(self) -> "Crm":
        """The shared workspace."""
        if self._crm is None:
            raise Nothing
        return self._crm

    @property
    def registry(self) -> "Registry":
        """What is registered in the shared workspace, the core's things too."""
        return self.crm.registry

    def items(self, kind: str) -> dict[str, Any]:
        """Return what the plugin contributes of ``kind``; raise Nothing where it has none."""
        found = getattr(self.registry, kind, {})
        mine = {key: owned.item for key, owned in found.items() if owned.plugin == self.name}
        if not mine:
            raise Nothing
        return mine

    def hooks(self) -> list[str]:
        """Return the hooks that the plugin implements."""
        return self.crm.host.plugins[self.name].hooks

    def context(self, crm: "Crm | None" = None) -> Any:
        """Return the plugin's context."""
        return (crm or self.crm).host.context(self.name)

    def make(self, crm: "Crm | None" = None) -> Factories:
        """Return factories of records."""
        return Factories(crm or self.crm)

    def told_http(self) -> RecordedHttp:
        """Return an outside that answers as the samples say."""
        http = RecordedHttp()
        if self.samples.http is not None:
            self.samples.http(http)
        return http

    def needs_http(self, what: str) -> None:
        """Raise Unshown when there is no sample of what the service answers."""
        if self.samples.http is None:
            raise Unshown(
                f"{what} cannot be tried: add Samples(http=…) with a function that says what the service answers, "
                "for example http.answer('https://api.example.com/', json={…})."
            )

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Open the shared workspace, configured."""
        self.http = self.told_http()
        with self.listening():
            async with self.fresh(http=self.http, clock=self.clock) as crm:
                self._crm = crm
                try:
                    yield
                finally:
                    self._crm = None

    @asynccontextmanager
    async def fresh(
        self,
        *,
        configured: bool = True,
        plugin: bool = True,
        url: str = "",
        http: RecordedHttp | None = None,
        clock: TurnableClock | None = None,
    ) -> "AsyncIterator[Crm]":
        """Open another workspace: without the samples' settings, without the plugin, or on the database ``url``."""
        self._opened += 1
        folder = self.folder / (f"of-{abs(hash(url))}" if url else f"data-{self._opened}")
        async with workspace(
            folder,
            url or self._databases.fresh(),
            [self.point] if plugin else [],
            clock=clock or self.clock,
            http=http or self.told_http(),
        ) as crm:
            if configured and plugin and self.samples.settings and self.name in crm.registry.settings:
                await crm.plugin_settings.save(self.name, dict(self.samples.settings))
            yield crm

    def fresh_url(self) -> str:
        """Return the URL of a fresh database, for workspaces that follow each other on it."""
        return self._databases.fresh()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Keep what is logged among what was heard."""
        handler = _Hearing(self.heard)
        loggers = [logging.getLogger("crmcore"), logging.getLogger(f"crmcore.plugin.{self.name}")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        loggers[0].addHandler(handler)
        try:
            yield
        finally:
            loggers[0].removeHandler(handler)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)

    def subject(self, slot: Any, document: Mapping[str, Any], language: str = "en") -> Subject:
        """Return what a panel stands beside."""
        return Subject(
            record_type=slot,
            id=UUID(str(document["id"])),
            document=dict(document),
            contact=dict(document) if slot == "contact" else None,
            language=language,
        )

    def account(self, channel: str, config: type[Struct] | None, **changes: Any) -> ChannelAccount:
        """Return the samples' account of a channel, with ``changes`` to its configuration."""
        return ChannelAccount(
            id=UUID(int=7),
            name="Sample",
            channel=channel,
            plugin=self.name,
            config=None
            if config is None
            else msgspec.convert({**self.config_of(channel, config), **changes}, config),
        )

    def config_of(self, channel: str, config: type[Struct] | None) -> dict[str, Any]:
        """Return the samples' configuration of an account; raise Unshown when one is needed and missing."""
        given = dict(self.samples.accounts.get(channel, {}))
        try:
            if config is not None:
                msgspec.convert(given, config)
        except msgspec.ValidationError as error:
            if given:
                raise Broken(
                    f"The sample account of “{channel}” does not fit its own Struct: {error}."
                ) from error
            raise Unshown(
                f"“{channel}” cannot be tried without an account: add Samples(accounts={{'{channel}': {{…}}}})."
            ) from error
        return given

    def secrets(self) -> list[str]:
        """Return the secrets among the samples, long enough to be told from words."""
        found: list[str] = []
        structs: list[tuple[type[Struct] | None, Mapping[str, Any]]] = [
            (owned.item.type, self.samples.settings)
            for key, owned in self.registry.settings.items()
            if key == self.name
        ]
        for kind in ("channels", "connections"):
            with suppress(Nothing):
                structs += [
                    (item.config, self.samples.accounts.get(key, {}))
                    for key, item in self.items(kind).items()
                ]
        for struct, values in structs:
            if struct is not None:
                found += SecretFields(struct).values(dict(values))
        return [secret for secret in found if len(secret) >= 8]

    def folder_of_code(self) -> Path:
        """Return where the plugin's code is."""
        if isinstance(self.point, FileEntryPoint):
            return self.point.path
        module = self.point.value.partition(":")[0].strip()
        spec = find_spec(module)
        if spec is None or spec.origin is None:
            raise Nothing
        file = Path(spec.origin)
        return file.parent if "." in module or file.name == "__init__.py" else file

    async def contact(self, crm: "Crm | None" = None) -> dict[str, Any]:
        """Make a contact and return its document."""
        return (await self.make(crm).contact()).document


class _Hearing(logging.Handler):
    def __init__(self, heard: list[tuple[str, str]]) -> None:
        super().__init__(logging.DEBUG)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            self._heard.append(("the log", record.getMessage()))

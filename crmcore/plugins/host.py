"""The plugin host: which plugins there are, what became of each, what they contribute."""

import time
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint

import msgspec

import crmcore
from crmcore.contracts.context import PluginContext
from crmcore.contracts.labels import Label, text_of
from crmcore.plugins.checks.custom_fields import missing_part
from crmcore.plugins.choice import PluginChoice
from crmcore.plugins.context import BoundContext
from crmcore.plugins.contributions import conflict, custom_field_conflict
from crmcore.plugins.discovery import Candidate, find_candidates
from crmcore.plugins.dispatch import Dispatcher
from crmcore.plugins.failures import StartRefused
from crmcore.plugins.logs import Redactor, plugin_log
from crmcore.plugins.names import CORE
from crmcore.plugins.opening import Opening
from crmcore.plugins.registry import Registry
from crmcore.plugins.selection import described, select
from crmcore.plugins.services import PluginServices
from crmcore.plugins.specs import read_specs
from crmcore.plugins.state import PluginState


class PluginHost:
    """The plugins of one workspace. Two hosts with different plugins live side by side in one process.

    ``builtin`` is the core's own plugin, registered first under the name ``core``. ``entry_points`` stands in
    for what is installed. A plugin has ``load_timeout_s`` seconds to be imported and to register.
    """

    def __init__(
        self,
        choice: PluginChoice,
        *,
        builtin: object,
        entry_points: Iterable[EntryPoint] | None = None,
        core_version: str = crmcore.__version__,
        load_timeout_s: float = 10.0,
        monotonic: Callable[[], float] = time.monotonic,
        redactor: Redactor | None = None,
    ) -> None:
        self.choice = choice
        self.plugins: dict[str, PluginState] = {}
        self.registry = Registry()
        self.redactor = redactor or Redactor()
        self.specs = read_specs()
        self.dispatch = Dispatcher(self.specs, self.context, monotonic=monotonic, redactor=self.redactor)
        self._builtin = builtin
        self._entry_points = entry_points
        self._core_version = core_version
        self._load_timeout_s = load_timeout_s
        self._services: PluginServices | None = None
        self._contexts: dict[str, BoundContext] = {}

    def load(self) -> None:
        """Load the core's own plugin, then every chosen one, each alone.

        What fails is left out whole and says why in ``plugins``. Needs no database. In strict mode raises
        :class:`~crmcore.plugins.failures.StartRefused` after all were tried.
        """
        core = self._open_core()
        candidates, others = select(find_candidates(self._entry_points), self.choice, self._core_version)
        self.plugins.update(others)
        opened = [core]
        for candidate in candidates:
            opening = self._open(candidate)
            if opening is not None:
                opened.append(opening)
        for opening in opened:
            self._finish(opening)
        for owned in self.registry.custom_fields:
            note = missing_part(owned.item, self.registry)
            if note is not None:
                self.plugins[owned.plugin].notes.append(note)
        ordered = {CORE: self.plugins.pop(CORE), **dict(sorted(self.plugins.items()))}
        self.plugins.clear()
        self.plugins.update(ordered)
        if self.choice.strict:
            broken = [state for state in self.plugins.values() if state.state in ("failed", "incompatible")]
            if broken:
                raise StartRefused(broken)

    def attach(self, services: PluginServices) -> None:
        """Give the plugins' contexts the workspace's services."""
        self._services = services
        self._contexts.clear()

    def context(self, plugin: str) -> PluginContext:
        """Return the context of ``plugin``, the same object every time."""
        if plugin not in self._contexts:
            self._contexts[plugin] = BoundContext(plugin, plugin_log(plugin, self.redactor), self._services)
        return self._contexts[plugin]

    def give_up(self, name: str, reason: Label, error: str = "") -> None:
        """Withdraw everything of a loaded plugin that turned out not to work: its tables cannot be migrated.

        In strict mode raises :class:`~crmcore.plugins.failures.StartRefused`.
        """
        self.registry.withdraw(name)
        self.dispatch.remove(name)
        state = msgspec.structs.replace(
            self.plugins[name], state="failed", reason=reason, error=error, provides={}, hooks=[]
        )
        self._fail(name, state)
        if self.choice.strict:
            raise StartRefused([state])

    def close(self) -> None:
        """Let the threads of the plugins' synchronous functions end."""
        self.dispatch.close()

    def _open_core(self) -> Opening:
        opening = Opening(CORE, self.specs, timeout_s=0)
        failure = opening.open(lambda: self._builtin)
        if failure is not None:
            # Not a plugin's fault: without its own plugin there is no core.
            raise failure.error
        self.registry.add(opening.contributions.registry)
        self.plugins[CORE] = PluginState(name=CORE, distribution="crmcore", version=self._core_version)
        return opening

    def _open(self, candidate: Candidate) -> Opening | None:
        opening = Opening(candidate.name, self.specs, self._load_timeout_s)
        failure = opening.open(candidate.entry_point.load)
        if failure is not None:
            self._fail(candidate.name, described(candidate, "failed", failure.reason, failure.traceback()))
            return None
        taken = conflict(opening.contributions.registry, self.registry, candidate.name)
        if taken is not None:
            self._fail(candidate.name, described(candidate, "failed", taken))
            return None
        self.registry.add(opening.contributions.registry)
        self.plugins[candidate.name] = described(candidate, "loaded", "")
        return opening

    def _finish(self, opening: Opening) -> None:
        name, mine = opening.name, opening.contributions.registry
        state = self.plugins[name]
        failure = opening.add_custom_fields(self.registry)
        if failure is not None and name == CORE:
            raise failure.error
        reason = failure.reason if failure else custom_field_conflict(mine, self.registry, name)
        if reason is not None:
            error = failure.traceback() if failure else ""
            self.registry.withdraw(name)
            self._fail(name, msgspec.structs.replace(state, state="failed", reason=reason, error=error))
            return
        self.registry.custom_fields.extend(mine.custom_fields)
        self.dispatch.add(name, opening.hooks)
        self.plugins[name] = msgspec.structs.replace(
            state,
            provides=self.registry.provided_by(name),
            hooks=list(opening.hooks),
            notes=[*state.notes, *opening.notes],
        )
        for note in opening.notes:
            plugin_log(name, self.redactor).warning("deprecated", note=_english(note))

    def _fail(self, name: str, state: PluginState) -> None:
        self.plugins[name] = state
        plugin_log(name, self.redactor).error("plugin not loaded", reason=_english(state.reason))


def _english(reason: Label) -> str:
    return text_of(reason, "en")

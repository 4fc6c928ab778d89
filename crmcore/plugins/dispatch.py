"""Call plugins at run time: each alone, within a deadline, its failure named and nobody else's business."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pluggy
from msgspec import Struct

from crmcore.clock import Clock, utc_now
from crmcore.contracts.context import PluginContext
from crmcore.contracts.labels import Label
from crmcore.plugins.arguments import Implementation
from crmcore.plugins.checks.results import result_problem, value_problem
from crmcore.plugins.conformance import Conformance
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.logs import Redactor
from crmcore.plugins.names import CORE
from crmcore.plugins.specs import HookSpec
from crmcore.plugins.statistics import PluginStats
from crmcore.plugins.supervision import Supervisor


class HookResult(Struct, frozen=True, kw_only=True):
    """One plugin's answer to a hook: its value, or its failure."""

    plugin: str
    value: Any = None
    error: PluginFailed | None = None


class Dispatcher:
    """Calls hooks and the functions of registered objects.

    Implementations run one after the other, the core's first and then by name: they may share a transaction.
    """

    def __init__(
        self,
        specs: Mapping[str, HookSpec],
        context: Callable[[str], PluginContext],
        *,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        redactor: Redactor | None = None,
    ) -> None:
        self._specs = specs
        self._context = context
        self._supervisor = Supervisor(clock=clock, monotonic=monotonic, redactor=redactor or Redactor())
        self._conformance = Conformance()
        self._hooks: dict[str, dict[str, list[Implementation]]] = {}

    def add(self, plugin: str, hooks: Mapping[str, Sequence[pluggy.HookImpl]]) -> None:
        """Call the implementations of ``plugin`` from now on."""
        for hook, implementations in hooks.items():
            by_plugin = self._hooks.setdefault(hook, {})
            by_plugin[plugin] = [
                Implementation(implementation.function) for implementation in implementations
            ]
            self._hooks[hook] = dict(sorted(by_plugin.items(), key=lambda item: (item[0] != CORE, item[0])))

    def remove(self, plugin: str) -> None:
        """Call the implementations of ``plugin`` no more."""
        for by_plugin in self._hooks.values():
            by_plugin.pop(plugin, None)

    def implementers(self, hook: str) -> list[str]:
        """Return the plugins that implement ``hook``, the core first, then by name."""
        return list(self._hooks.get(self._spec(hook).name, ()))

    async def collect(self, hook: str, **arguments: Any) -> list[HookResult]:
        """Call every implementation of ``hook`` and return all answers and failures.

        What a plugin raises on purpose (:class:`~crmcore.Refusal` …) is raised here.
        """
        results = []
        for plugin in self.implementers(hook):
            try:
                for value in await self._answers(plugin, hook, arguments, None):
                    results.append(HookResult(plugin=plugin, value=value))
            except PluginFailed as error:
                results.append(HookResult(plugin=plugin, error=error))
        return results

    async def first(self, hook: str, **arguments: Any) -> HookResult | None:
        """Return the first answer that is not None; the core is asked last, failing plugins are skipped."""
        for plugin in sorted(self.implementers(hook), key=lambda name: (name == CORE, name)):
            try:
                for value in await self._answers(plugin, hook, arguments, None):
                    if value is not None:
                        return HookResult(plugin=plugin, value=value)
            except PluginFailed:
                continue
        return None

    async def call_one(
        self, plugin: str, hook: str, *, timeout_s: float | None = None, **arguments: Any
    ) -> Any:
        """Call the hook of one plugin and return its answer, None when it does not implement the hook.

        A plugin with several implementations of a hook answers with all their lists in one, or with the first
        answer that is not None. Raises :class:`PluginFailed`, or what the plugin raised on purpose.
        """
        answers = [
            answer for answer in await self._answers(plugin, hook, arguments, timeout_s) if answer is not None
        ]
        if len(answers) > 1 and all(isinstance(answer, list) for answer in answers):
            return [item for answer in answers for item in answer]
        return answers[0] if answers else None

    async def run(
        self,
        plugin: str,
        point: str,
        function: Callable[..., Any],
        *args: Any,
        timeout_s: float = 2.0,
        returns: Any = None,
    ) -> Any:
        """Call ``function`` of an object that ``plugin`` registered, and return what it returns.

        ``point`` names it for people and for its breaker: ``panel.load``, ``channel.parse``. ``returns``,
        when given, is the type that the answer must have. Raises :class:`PluginFailed`, or what the plugin
        raised on purpose.
        """
        check = None
        if returns is not None:
            check = partial(self._value_problem, point, returns)
        return await self._supervisor.call(plugin, point, function, args, {}, timeout_s, check)

    async def stay(self, plugin: str, point: str, function: Callable[..., Any], *args: Any) -> None:
        """Run the async ``function`` of an object that ``plugin`` registered for as long as it goes on.

        It has no deadline and no breaker; who begins it again decides when. Raises as :meth:`run` does.
        """
        await self._supervisor.stay(plugin, point, function, args)

    def stats(self, plugin: str) -> PluginStats:
        """Return how ``plugin`` does in this process."""
        return self._supervisor.stats(plugin)

    def close(self) -> None:
        """Let the plugins' threads end."""
        self._supervisor.close()

    async def _answers(
        self, plugin: str, hook: str, arguments: dict[str, Any], timeout_s: float | None
    ) -> list[Any]:
        spec = self._spec(hook)
        answers = []
        for implementation in self._hooks.get(hook, {}).get(plugin, ()):
            mine = implementation.asked_for({**arguments, "plugin": self._context(plugin)})
            check = partial(result_problem, spec, conformance=self._conformance)
            answers.append(
                await self._supervisor.call(
                    plugin, hook, implementation.function, (), mine, timeout_s or spec.deadline_s, check
                )
            )
        return answers

    def _value_problem(self, point: str, returns: Any, value: Any) -> Label | None:
        return value_problem(point, value, returns, self._conformance)

    def _spec(self, hook: str) -> HookSpec:
        if hook not in self._specs:
            raise KeyError(f"crmcore has no hook {hook!r}")
        return self._specs[hook]

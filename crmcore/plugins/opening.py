"""Open one plugin: import it, inspect its hooks, run the ones that register."""

import inspect
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pluggy

from crmcore.contracts.labels import Label
from crmcore.plugins import reasons
from crmcore.plugins.checks.custom_fields import check_custom_field, check_leaving
from crmcore.plugins.checks.hooks import deprecations, implementations
from crmcore.plugins.checks.results import result_problem
from crmcore.plugins.conformance import Conformance
from crmcore.plugins.contributions import Contributions
from crmcore.plugins.deadline import Outcome, Overdue, outcome_of, run_within
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.registry import Registry
from crmcore.plugins.specs import HookSpec

CUSTOM_FIELDS = "register_custom_fields"


class Opening:
    """One plugin on its way in. Nothing of it reaches the host before the host takes it over."""

    def __init__(self, name: str, specs: Mapping[str, HookSpec], timeout_s: float) -> None:
        self.name = name
        self.hooks: dict[str, list[pluggy.HookImpl]] = {}
        self.notes: list[Label] = []
        self.contributions = Contributions(name, self._at)
        self._specs = specs
        self._timeout_s = timeout_s
        self._conformance = Conformance()
        self._step = "import"

    def open(self, get_plugin: Callable[[], object]) -> "Failure | None":
        """Import the plugin and run its register hooks, all but the custom fields."""
        return self._run(lambda: self._open(get_plugin))

    def add_custom_fields(self, registry: Registry) -> "Failure | None":
        """Run the hook that needs the field types and validators of every plugin, those in ``registry``."""
        return self._run(lambda: self._add_custom_fields(registry))

    def _open(self, get_plugin: Callable[[], object]) -> None:
        plugin = get_plugin()
        if inspect.isclass(plugin):
            plugin = plugin()
        self._at("inspect")
        self.hooks = implementations(self.name, plugin, self._specs)
        self.notes = deprecations(self.hooks, self._specs)
        for hook, spec in self._specs.items():
            if spec.kind == "register" and hook != CUSTOM_FIELDS:
                self._register(hook)

    def _add_custom_fields(self, registry: Registry) -> None:
        self._register(CUSTOM_FIELDS)
        own = self.contributions.registry.custom_fields
        for owned in own:
            check_custom_field(owned.item, registry)
        for owned in own:
            check_leaving(owned.item, registry, own)

    def _register(self, hook: str) -> None:
        for implementation in self.hooks.get(hook, ()):
            self._at(hook)
            result: Any = implementation.function()
            problem = result_problem(self._specs[hook], result, self._conformance)
            if problem:
                raise LoadProblem(problem)
            self.contributions.take(hook, result)

    def _run(self, call: Callable[[], None]) -> "Failure | None":
        # Without a deadline the call stays in this thread: the core's own plugin is part of the program.
        if self._timeout_s:
            return self._failure(run_within(self._timeout_s, call, self.name))
        return self._failure(outcome_of(call))

    def _failure(self, outcome: Outcome[None]) -> "Failure | None":
        error = outcome.error
        if error is None:
            return None
        if isinstance(error, Overdue):
            return Failure(reasons.hung(self._step, self._timeout_s), error)
        if isinstance(error, LoadProblem):
            return Failure(error.reason, error)
        if isinstance(error, (SystemExit, KeyboardInterrupt)):
            return Failure(reasons.exited(self._step), error)
        if self._step == "import":
            return Failure(reasons.import_failed(reasons.detail(error)), error)
        return Failure(reasons.raised(self._step, reasons.detail(error)), error)

    def _at(self, step: str) -> None:
        self._step = step


class Failure:
    """Why an opening failed: the sentence, and the exception behind it."""

    __slots__ = ("error", "reason")

    def __init__(self, reason: Label, error: BaseException) -> None:
        self.reason = reason
        self.error = error

    def traceback(self) -> str:
        """Return the traceback, for whoever repairs the plugin."""
        if isinstance(self.error, (Overdue, LoadProblem)) and self.error.__cause__ is None:
            return ""
        return "".join(traceback.format_exception(self.error))

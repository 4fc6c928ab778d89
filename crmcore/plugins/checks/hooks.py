"""Check the hooks a plugin implements against the hooks there are."""

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import pluggy

from crmcore.contracts.labels import Label
from crmcore.plugins import reasons
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.names import nearest
from crmcore.plugins.specs import HookSpec, hook_manager


def implementations(
    name: str, plugin: object, specs: Mapping[str, HookSpec]
) -> dict[str, list[pluggy.HookImpl]]:
    """Register ``plugin`` with a manager of its own and return its implementations by hook.

    Raises :class:`LoadProblem` for a hook that does not exist, naming the nearest one that does, for
    arguments that the hook does not have, and for shapes that pluggy would silently call wrongly.
    """
    manager = hook_manager()
    problem = _problem(plugin, manager, specs)
    if problem is not None:
        raise problem
    # pluggy has the last word: whatever it refuses beyond the checks above is refused in its words.
    try:
        with warnings.catch_warnings():
            # Told as notes of the plugin, to those who can do something about it.
            warnings.simplefilter("ignore", DeprecationWarning)
            manager.register(plugin, name)
            manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise LoadProblem(reasons.raised("inspect", str(error))) from error
    found = {}
    for hook in specs:
        caller: pluggy.HookCaller = getattr(manager.hook, hook)
        if impls := caller.get_hookimpls():
            found[hook] = list(reversed(impls))
    if not found:
        raise LoadProblem(reasons.no_hooks())
    return found


def deprecations(hooks: Mapping[str, list[pluggy.HookImpl]], specs: Mapping[str, HookSpec]) -> list[Label]:
    """Return what of the implemented hooks will go away, and what takes its place."""
    found: list[Label] = []
    for hook, implemented in hooks.items():
        spec = specs[hook]
        if spec.deprecated:
            found.append(reasons.deprecated_hook(hook, spec.deprecated))
        named = {argument for one in implemented for argument in one.argnames}
        found += [
            reasons.deprecated_argument(hook, argument, instead)
            for argument, instead in spec.deprecated_arguments.items()
            if argument in named
        ]
    return found


def _problem(
    plugin: object, manager: pluggy.PluginManager, specs: Mapping[str, HookSpec]
) -> LoadProblem | None:
    for attribute in dir(plugin):
        options: Any = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            continue
        hook = options.get("specname") or attribute
        spec = specs.get(hook)
        if spec is None:
            if options.get("optionalhook"):
                continue
            return LoadProblem(reasons.unknown_hook(hook, nearest(hook, list(specs))))
        if options.get("wrapper") or options.get("hookwrapper"):
            return LoadProblem(reasons.wrapper(hook))
        function = getattr(plugin, attribute)
        if spec.kind == "register" and inspect.iscoroutinefunction(function):
            return LoadProblem(reasons.asynchronous(hook))
        problem = _argument_problem(function, spec)
        if problem is not None:
            return problem
    return None


def _argument_problem(function: Any, spec: HookSpec) -> LoadProblem | None:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            return LoadProblem(reasons.keyword_only(spec.name, parameter.name))
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return LoadProblem(reasons.variable_arguments(spec.name))
        if parameter.name not in spec.arguments:
            close = nearest(parameter.name, list(spec.arguments))
            return LoadProblem(reasons.unknown_argument(spec.name, parameter.name, spec.arguments, close))
    return None

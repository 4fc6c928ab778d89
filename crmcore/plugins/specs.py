"""The hooks as the host reads them: arguments, result, kind and deadline of each."""

import inspect
from collections.abc import Mapping
from typing import Any, Literal, get_origin, get_type_hints

import pluggy
from msgspec import Struct
from piccolo.conf.apps import AppConfig

import crmcore
from crmcore import hookspecs

HookKind = Literal["register", "event", "transaction", "decision", "filter"]

# Seconds an implementation has. Events run in jobs and may call vendors; the others hold somebody up.
DEADLINES_S: Mapping[HookKind, float] = {
    "register": 10.0,
    "event": 30.0,
    "transaction": 2.0,
    "decision": 2.0,
    "filter": 2.0,
}


class HookSpec(Struct, frozen=True, kw_only=True):
    """One hook of :mod:`crmcore.hookspecs`. ``returns`` is its resolved annotation.

    ``deprecated`` says what takes the hook's place, ``deprecated_arguments`` what takes an argument's; both come from
    pluggy's ``warn_on_impl`` and ``warn_on_impl_args``.
    """

    name: str
    kind: HookKind
    arguments: tuple[str, ...]
    returns: Any
    deprecated: str = ""
    deprecated_arguments: dict[str, str] = {}

    @property
    def deadline_s(self) -> float:
        """How long one implementation may take."""
        return DEADLINES_S[self.kind]


def hook_manager() -> pluggy.PluginManager:
    """Return a fresh manager that knows every hook of crmcore and no plugin."""
    manager = pluggy.PluginManager("crmcore")
    manager.add_hookspecs(hookspecs)
    return manager


def read_specs() -> dict[str, HookSpec]:
    """Return all hooks by name, in the order in which they are declared."""
    # The annotations are written for type checkers; these names resolve them at run time.
    names = {**vars(crmcore), "AppConfig": AppConfig}
    manager = pluggy.PluginManager("crmcore")
    specs = {}
    for name, function in vars(hookspecs).items():
        options: Any = manager.parse_hookspec_opts(hookspecs, name) if inspect.isfunction(function) else None
        if options is None:
            continue
        hints = get_type_hints(function, globalns=names)
        arguments = tuple(inspect.signature(function).parameters)
        returns = hints.get("return")
        specs[name] = HookSpec(
            name=name,
            kind=_kind(name, arguments, returns),
            arguments=arguments,
            returns=returns,
            deprecated=str(options.get("warn_on_impl") or ""),
            deprecated_arguments={
                argument: str(warning)
                for argument, warning in (options.get("warn_on_impl_args") or {}).items()
            },
        )
    return specs


def _kind(name: str, arguments: tuple[str, ...], returns: Any) -> HookKind:
    """Tell the kind by the shape that all hooks of a kind share."""
    if name.startswith("register_"):
        return "register"
    if "event" in arguments:
        return "event"
    if name.startswith("filter_"):
        return "filter"
    parts = getattr(returns, "__args__", (returns,))
    return "transaction" if any(get_origin(part) is list for part in parts) else "decision"

"""Ways to spoil the good plugin: each takes what a hook returns and changes one thing."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from crmcore import Action, ActionResult, Page, PageContent, PanelContent, Settings, hookimpl
from crmcore.testing.samples import Samples

replace = msgspec.structs.replace


class Broken(Struct, frozen=True):
    """A plugin that breaks ``rule``, and a part of what is ``said`` about it.

    ``spoil`` returns hooks that stand in for the good plugin's (None takes one away), ``files`` are written into its
    package and ``taken`` from it, ``metadata`` are lines about its distribution, ``patched`` are names of constants
    with other values. ``after`` are rules that are tried before, because this one looks at what they made it say.
    """

    rule: str
    said: str
    spoil: Callable[[], Mapping[str, Any]] = dict
    samples: Samples | Callable[[], Samples] | None = None
    files: Mapping[str, str] = {}
    taken: tuple[str, ...] = ()
    metadata: str = ""
    patched: Mapping[str, Any] = {}
    after: tuple[str, ...] = ()


def good(name: str, attribute: str) -> Any:
    """Return something of the good plugin."""
    return getattr(importlib.import_module(f"crm_kitten.{name}"), attribute)


def hook(name: str, *things: Any) -> dict[str, Any]:
    """Return the hook ``name`` that returns ``things``."""

    @hookimpl(specname=name)
    def registered() -> Any:
        return list(things)

    registered.__name__ = name
    return {name: registered}


def channel(**changes: Any) -> dict[str, Any]:
    return hook("register_channels", replace(good("channel", "CHANNEL"), **changes))


def panel(load: Any = None, **changes: Any) -> dict[str, Any]:
    if load is not None:
        changes["load"] = load
    return hook("register_panels", replace(good("panel", "PANEL"), **changes))


def validator(check: Any = None, **changes: Any) -> dict[str, Any]:
    if check is not None:
        changes["check"] = check
    return hook("register_validators", replace(good("validator", "VALIDATOR"), **changes))


def field_type(**changes: Any) -> dict[str, Any]:
    return hook("register_field_types", replace(good("field_type", "FIELD_TYPE"), **changes))


def job(**changes: Any) -> dict[str, Any]:
    return hook("register_jobs", replace(good("jobs", "JOBS")[0], **changes))


def personal(**changes: Any) -> dict[str, Any]:
    return hook("register_personal_data", replace(good("personal", "VISITS"), **changes))


def settings(type: Any, check: Any = None) -> dict[str, Any]:
    @hookimpl
    def register_settings() -> Settings:
        return Settings(type=type, check=check)

    return {"register_settings": register_settings}


async def raises(*_: Any) -> Any:
    raise RuntimeError("no such luck")


def page(**changes: Any) -> dict[str, Any]:
    basic = {"key": "hello", "title": {"en": "Hello", "ru": "Привет"}, "load": hello}
    return hook("register_pages", Page(**{**basic, **changes}))


def action(**changes: Any) -> dict[str, Any]:
    basic = {"key": "press", "label": {"en": "Press", "ru": "Нажать"}, "run": done, "on": ("contact",)}
    return hook("register_actions", Action(**{**basic, **changes}))


async def done(call: Any, plugin: Any) -> ActionResult:
    return ActionResult(message="Done.")


async def hello(request: Any, plugin: Any) -> PageContent:
    return PageContent()


async def swallows(payload: Any, plugin: Any) -> None:
    try:
        await plugin.http.request("GET", "https://api.example.com/")
    except Exception:
        return


async def refuses_all(payload: Any, plugin: Any) -> None:
    raise RuntimeError("never")


def stands_still() -> Any:
    return importlib.import_module("crm_kitten.still").stands_still() or PanelContent(status="empty")

"""Plugins made for one hook and one fault: every way in which code of others breaks."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

from crmcore import Note, Panel, PanelContent, hookimpl
from crmcore.plugins.specs import HookSpec

FAULTS = (
    "raises",
    "SystemExit",
    "hangs sync",
    "hangs async",
    "recursion",
    "wrong type",
    "50 MB result",
    "mutates its argument",
    "leaks a thread",
)
"""The nine of the reliability page. The last two are no failures: nobody else notices them."""

HARMLESS = ("mutates its argument", "leaks a thread")


class Given(EntryPoint):
    """An entry point that brings an object along instead of importing it."""

    def __init__(self, name: str, plugin: object) -> None:
        object.__setattr__(self, "_plugin", plugin)
        super().__init__(name=name, value="given", group="crmcore")

    def load(self) -> Any:
        return self.__dict__["_plugin"]


class Stops:
    """What lets hanging threads go when the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.leaked = 0


def misbehaving(spec: HookSpec, fault: str, stops: Stops) -> object:
    """Return a plugin that implements the hook ``spec`` alone and commits ``fault`` when it is called."""
    return _plugin(spec, _body(spec, fault, stops), asynchronous=fault == "hangs async")


def calm(spec: HookSpec, seen: list[str]) -> object:
    """Return a plugin that implements the hook ``spec`` and does nothing but note that it was called."""

    def note(**arguments: Any) -> Any:
        seen.append(repr(arguments))
        return _nothing(spec)

    return _plugin(spec, note, asynchronous=False)


def with_panel(spec: HookSpec, fault: str, stops: Stops) -> object:
    """Return a plugin with one panel, whose loading commits ``fault``; none when it is empty."""

    async def well(subject: Any, plugin: Any) -> PanelContent:
        return PanelContent(blocks=(Note("All is well"),))

    load: Callable[..., Any] = well
    if fault:
        body = _body(spec, fault, stops)

        async def hanging(subject: Any, plugin: Any) -> Any:
            await body()

        def loading(subject: Any, plugin: Any) -> Any:
            return body(subject=subject) or PanelContent(blocks=(Note("All is well"),))

        load = hanging if fault == "hangs async" else loading

    class Plugin:
        @hookimpl
        def register_panels(self) -> list[Panel]:
            return [Panel(key="side", title="Side", load=load, slots=("contact",), timeout_s=0.3)]

    return Plugin()


def _plugin(spec: HookSpec, body: Callable[..., Any], *, asynchronous: bool) -> object:
    """Make the function with the hook's own arguments: pluggy and the dispatcher read its signature."""
    arguments = ", ".join(("self", *spec.arguments))
    handed = ", ".join(f"{name}={name}" for name in spec.arguments)
    head, call = ("async def", "await body") if asynchronous else ("def", "body")
    space: dict[str, Any] = {"body": body}
    exec(f"{head} {spec.name}({arguments}):\n    return {call}({handed})", space)
    return type("Made", (), {spec.name: hookimpl(space[spec.name])})()


def _body(spec: HookSpec, fault: str, stops: Stops) -> Callable[..., Any]:
    def raises(**arguments: Any) -> Any:
        raise KeyError("hunter2-is-secret")

    def exits(**arguments: Any) -> Any:
        sys.exit(3)

    def hangs(**arguments: Any) -> Any:
        stops.over.wait(60)
        return _nothing(spec)

    async def hangs_async(**arguments: Any) -> Any:
        await asyncio.Event().wait()

    def recursion(**arguments: Any) -> Any:
        return recursion(**arguments)

    def wrong(**arguments: Any) -> Any:
        return "not what was asked for"

    def large(**arguments: Any) -> Any:
        return [b"x" * 50_000_000]

    def mutates(**arguments: Any) -> Any:
        for argument in arguments.values():
            for name in getattr(argument, "__struct_fields__", ()):
                value = getattr(argument, name)
                if isinstance(value, dict):
                    value.clear()
                    value["bitten"] = True
                elif isinstance(value, list):
                    value.append("bitten")
        return _nothing(spec)

    def leaks(**arguments: Any) -> Any:
        stops.leaked += 1
        threading.Thread(target=stops.over.wait, daemon=True).start()
        return _nothing(spec)

    bodies: dict[str, Callable[..., Any]] = dict(
        zip(FAULTS, (raises, exits, hangs, hangs_async, recursion, wrong, large, mutates, leaks), strict=True)
    )
    return bodies[fault]


def _nothing(spec: HookSpec) -> Any:
    """Return the answer of ``spec`` that says nothing."""
    return [] if str(spec.returns).startswith("list[") else None


def failing(spec: HookSpec, fault: str) -> bool:
    """Tell whether ``fault`` is a failure of a plugin that implements ``spec``. What events answer is ignored."""
    if fault in HARMLESS:
        return False
    return not (spec.kind == "event" and fault in ("wrong type", "50 MB result"))


class Slept:
    """How long something took."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds since this was made."""
        return time.monotonic() - self._began

"""What a plugin shows of itself to be checked: settings, accounts, deliveries, what a service answers.

A plugin keeps them in a module ``samples`` beside its own, a plugin of one file in ``NAME_samples.py``: in
``SAMPLES``, or in a function ``samples()``.
"""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from crmcore.plugins.single_file import FileEntryPoint, load_file
from crmcore.testing.recorded_http import RecordedHttp

if TYPE_CHECKING:
    from crmcore.workspace import Crm


class Delivery(Struct, frozen=True, kw_only=True):
    """A genuine request of a vendor, as it arrives at the address of an account.

    ``sign(url, body)`` returns the headers that prove it: it is asked again for every changed body, so that hostile
    texts arrive signed. ``headers`` are those that are the same for every body.
    """

    body: bytes
    headers: Mapping[str, str] = {}
    sign: Callable[[str, bytes], Mapping[str, str]] | None = None
    method: str = "POST"


class Samples(Struct, frozen=True, kw_only=True):
    """What the checks use. Whatever is left out is either made up or told to be missing.

    ``settings`` are the plugin's, configured; ``accounts`` the configuration of an account by the key of its channel
    or connection; ``deliveries`` what its vendor sends, at least two different ones. ``http(recorded)`` answers what
    the plugin asks outside. ``story(crm, contact)`` writes what the plugin stores of a person, through its own doors.
    ``options`` are good options by the key of a field type, ``values`` good values of it. ``payloads`` are payloads
    of jobs by key, ``forms`` what is filled into the form of an action.
    """

    settings: Mapping[str, Any] = {}
    accounts: Mapping[str, Mapping[str, Any]] = {}
    deliveries: Mapping[str, tuple[Delivery, ...]] = {}
    http: Callable[[RecordedHttp], None] | None = None
    story: "Callable[[Crm, UUID], Awaitable[None]] | None" = None
    options: Mapping[str, Mapping[str, Any]] = {}
    values: Mapping[str, tuple[Any, ...]] = {}
    payloads: Mapping[str, Mapping[str, Any]] = {}
    forms: Mapping[str, Mapping[str, Any]] = {}


def samples_of(point: EntryPoint) -> Samples:
    """Return what the plugin behind ``point`` brings along; nothing when it brings nothing."""
    if isinstance(point, FileEntryPoint):
        beside = point.path.with_name(f"{point.path.stem}_samples.py")
        return _found(load_file(beside)) if beside.is_file() else Samples()
    module = point.value.partition(":")[0].strip()
    for name in dict.fromkeys((f"{module.rpartition('.')[0]}.samples", f"{module}.samples")):
        if _is_there(name):
            return _found(import_module(name))
    return Samples()


def _is_there(name: str) -> bool:
    if name.startswith("."):
        return False
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _found(module: Any) -> Samples:
    made = getattr(module, "SAMPLES", None) or getattr(module, "samples", None)
    found = made() if callable(made) else made
    if not isinstance(found, Samples):
        raise TypeError(f"{module.__name__} has no SAMPLES and no samples() of crmcore.testing.Samples.")
    return found

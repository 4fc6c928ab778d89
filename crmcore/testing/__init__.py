"""What tests of a plugin use: fixtures by a pytest plugin, and conformance suites to inherit.

Nothing is imported before it is asked for: pytest loads the fixtures' module in every run, whatever is tested.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmcore.testing.contracts import (
        ActionContract,
        ChannelContract,
        ConnectionContract,
        FieldTypeContract,
        JobContract,
        PageContract,
        PanelContract,
        PersonalDataContract,
        PluginContract,
        TablesContract,
        ValidatorContract,
    )
    from crmcore.testing.recorded_http import RecordedHttp
    from crmcore.testing.samples import Delivery, Samples

__all__ = [
    "ActionContract",
    "ChannelContract",
    "ConnectionContract",
    "Delivery",
    "FieldTypeContract",
    "JobContract",
    "PageContract",
    "PanelContract",
    "PersonalDataContract",
    "PluginContract",
    "RecordedHttp",
    "Samples",
    "TablesContract",
    "ValidatorContract",
]

_ELSEWHERE = {"RecordedHttp": "recorded_http", "Samples": "samples", "Delivery": "samples"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"crmcore.testing has no {name!r}")
    return getattr(import_module(f"crmcore.testing.{_ELSEWHERE.get(name, 'contracts')}"), name)

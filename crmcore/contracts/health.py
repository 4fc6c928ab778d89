"""Health checks: whether what a plugin depends on works now."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.settings import CheckResult

if TYPE_CHECKING:
    from crmcore.contracts.context import PluginContext


class HealthCheck(Struct, frozen=True, kw_only=True):
    """A question that is asked on the plugins page, by ``crmcore doctor`` and by monitoring.

    ``run`` has ``timeout_s`` seconds; its answer is kept for ``ttl_s``. ``CheckResult.message`` says what to do when
    it is not ok. An unconfigured plugin is ok.
    """

    key: str
    label: Label
    run: "Callable[[PluginContext], Awaitable[CheckResult]]"
    ttl_s: int = 60
    timeout_s: float = 5.0

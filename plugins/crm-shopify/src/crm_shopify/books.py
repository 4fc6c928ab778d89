"""One writer at a time to what is kept of a shop: deliveries come in any order and many at once."""

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from crmcore import PluginContext

PATIENCE_S = 20.0


def books(account: UUID, plugin: PluginContext) -> AbstractAsyncContextManager[None]:
    """Hold the right to change what is kept of this shop; raises :class:`~crmcore.Busy`."""
    return plugin.lock(f"books:{account}", timeout_s=PATIENCE_S)

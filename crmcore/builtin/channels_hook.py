"""The core's own channels."""

from typing import Any

from crmcore.builtin.channels.api import api_channel
from crmcore.builtin.channels.form import form_channel
from crmcore.contracts.channels import Channel
from crmcore.hookspecs import hookimpl


class Channels:
    """Contributes the channels for programs and for public forms."""

    crm: Any

    @hookimpl
    def register_channels(self) -> list[Channel]:
        """Return the built-in channels."""
        return [api_channel(self.crm.point_rules), form_channel(self.crm.form_tokens, self._custom_fields)]

    async def _custom_fields(self, record_type: str) -> list[str]:
        return [field.key for field in await self.crm.catalog.of(record_type) if field.writable]

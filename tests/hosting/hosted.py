"""A host whose file is written by the test, and clients that speak to its workspaces."""

from collections.abc import Callable
from pathlib import Path

import httpx2

from crmcore.hosting.gateway import Gateway
from crmcore.hosting.host import Host
from crmcore.testing.clock import TurnableClock

PASSWORD = "correct horse battery"


class Written:
    """Writes the hosts file and says to whom."""

    def __init__(self, folder: Path, database: Callable[[], str]) -> None:
        self.file = folder / "hosts.toml"
        self._database = database
        self.urls: dict[str, str] = {}

    def __call__(self, *names: str, host: str = "", **lines: str) -> Path:
        """Write a file with the workspaces ``names``; ``lines`` are added to that of the name."""
        text = f"[host]\nidle_s = 60\n{host}\n"
        for name in names:
            url = self.urls.setdefault(name, self._database())
            more = lines.get(name, "")
            text += f'[workspaces.{name}]\nhosts = ["{name}.example.com"]\n'
            text += "" if "plugins = " in more else 'no_plugins = ["*"]\n'
            text += f'base_url = "http://{name}.example.com"\ndatabase_url = "{url}"\n{more}\n'
        self.file.write_text(text, encoding="utf-8")
        return self.file


class Served:
    """A host with its gateway."""

    def __init__(self, file: Path, clock: TurnableClock) -> None:
        self.host = Host(file, clock)
        self.transport = httpx2.ASGITransport(Gateway(self.host))

    def client(self, name: str, **headers: str) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=self.transport, base_url=f"http://{name}.example.com", headers=headers
        )

    async def token(self, name: str) -> str:
        """Return a token of an administrator who is made in the workspace ``name``."""
        async with self.host.tenants[name].used() as (crm, _):
            with crm.bound():
                id = await crm.accounts.create_user(
                    "ada@example.com", f"Ada of {name}", PASSWORD, role="admin"
                )
                return await crm.accounts.create_token(id, "tests", ["all"])

    async def signed_in(self, name: str) -> httpx2.AsyncClient:
        return self.client(name, authorization=f"Bearer {await self.token(name)}")

"""Users of a workspace under test, and how they reach it: programs with tokens, browsers with sessions."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import httpx2  # noqa: TID251 - asks this process alone

from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name

if TYPE_CHECKING:
    from crmcore.workspace import Crm

ADDRESS = "http://127.0.0.1:8000"


class People:
    """Makes users by their roles, each once, and clients that speak as them.

    No password is hashed for it: that takes 50 ms, and what is tested is the plugin.
    """

    def __init__(self, crm: "Crm") -> None:
        self._crm = crm
        self._app = create_app(crm, start=False, worker=False)
        self._users: dict[str, UUID] = {}
        self._open = AsyncExitStack()

    async def user(self, role: str = "agent") -> UUID:
        """Return the id of the user with ``role``; it is made at the first question."""
        if role not in self._users:
            self._users[role] = await self._crm.accounts.create_user(
                f"{role}@example.com", f"{role.title()} Example", None, role=role
            )
        return self._users[role]

    async def program(self, role: str = "admin", *scopes: str) -> httpx2.AsyncClient:
        """Return a client with a token of the user with ``role``, for the JSON API."""
        token = await self._crm.accounts.create_token(await self.user(role), "tests", list(scopes) or ["all"])
        return await self._client({"authorization": f"Bearer {token}"})

    async def browser(self, role: str = "agent", language: str = "en") -> httpx2.AsyncClient:
        """Return a signed-in browser of the user with ``role``, for the pages."""
        secret = await self._crm.accounts.sessions.open(await self.user(role), "tests")
        return await self._client(
            {
                "cookie": f"{session_cookie_name(self._crm.settings)}={secret}",
                "accept": "text/html",
                "accept-language": language,
                "sec-fetch-site": "same-origin",
            }
        )

    async def stranger(self) -> httpx2.AsyncClient:
        """Return a client that nobody is signed in with."""
        return await self._client({})

    async def aclose(self) -> None:
        """Close the clients."""
        await self._open.aclose()

    async def _client(self, headers: dict[str, str]) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=cast(Any, self._app)), base_url=ADDRESS, headers=headers
        )
        return await self._open.enter_async_context(client)

"""An application on each database, and clients that speak to it as different people."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from uuid import UUID

import httpx2
import pytest
from api_documented import Documented
from api_people import ADDRESS, PASSWORD, transport
from litestar import Litestar

from crmcore.http.app import create_app
from crmcore.http.cookies import session_cookie_name
from crmcore.workspace import Crm


@pytest.fixture
def app(crm: Crm) -> Litestar:
    """The workspace's application without pages; the fixture ``crm`` starts and stops the workspace itself."""
    return create_app(crm, start=False, worker=False, pages=False)


@pytest.fixture
async def admin_id(crm: Crm) -> UUID:
    return await crm.accounts.create_user("ada@example.com", "Ada Admin", PASSWORD, role="admin")


@pytest.fixture
async def connect(app: Litestar, crm: Crm) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """Return clients in the test's own event loop, every answer of which is held to the documentation."""
    async with AsyncExitStack() as stack:
        hook = Documented(crm, app.state.operations)

        def make(**headers: str) -> httpx2.AsyncClient:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client = httpx2.AsyncClient(
                transport=transport(app),
                base_url=ADDRESS,
                headers=named,
                event_hooks={"response": [hook]},
            )
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
def anonymous(connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """A client without a token."""
    return connect()


@pytest.fixture
async def client(connect: Callable[..., httpx2.AsyncClient], crm: Crm, admin_id: UUID) -> httpx2.AsyncClient:
    """A client with an administrator's token."""
    return connect(authorization=f"Bearer {await crm.accounts.create_token(admin_id, 'tests', ['all'])}")


@pytest.fixture
async def viewer(connect: Callable[..., httpx2.AsyncClient], crm: Crm) -> httpx2.AsyncClient:
    """A client with the token of somebody who may only look."""
    id = await crm.accounts.create_user("vic@example.com", "Vic Viewer", PASSWORD, role="viewer")
    return connect(authorization=f"Bearer {await crm.accounts.create_token(id, 'tests', ['all'])}")


@pytest.fixture
async def browser(connect: Callable[..., httpx2.AsyncClient], crm: Crm, admin_id: UUID) -> httpx2.AsyncClient:
    """A signed-in administrator's browser: a cookie and no token."""
    secret = await crm.accounts.sign_in("ada@example.com", PASSWORD, address="127.0.0.1", user_agent="tests")
    return connect(cookie=f"{session_cookie_name(crm.settings)}={secret}")

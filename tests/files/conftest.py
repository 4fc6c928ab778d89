"""Pictures, documents and people for the tests of files."""

import io
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from crmcore.contracts.actors import Actor
from crmcore.files.folder import FolderStorage
from crmcore.http.app import create_app
from crmcore.workspace import Crm

ADDRESS = "http://crm.test"


def actor(id: str = "018f0000-0000-7000-8000-000000000001", *permissions: str) -> Actor:
    return Actor(kind="user", id=id, label="Ada", permissions=frozenset(permissions or {"*"}))


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 400), **options: object) -> bytes:
    image = Image.effect_noise(size, 40).convert("RGB")
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def document() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    return written.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "files")


@pytest.fixture
async def connect(crm: Crm) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """Return clients of the whole application, pages included."""
    app = create_app(crm, start=False, worker=False)
    clients: list[httpx2.AsyncClient] = []

    def make(**headers: str) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        clients.append(httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers=named))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()

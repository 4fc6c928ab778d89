"""Pictures, documents and people for the tests of files."""

import io
import zipfile

from PIL import Image

from crmcore.contracts.actors import Actor


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

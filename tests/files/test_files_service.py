"""Taking files in: names, contents, pictures, quotas, the sweep."""

import hashlib
import io
import os
from pathlib import Path

import pytest
from file_making import actor, document, picture
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from crmcore.contracts.problems import InvalidValue
from crmcore.errors import NotFound, TooMany
from crmcore.files.names import clean_name
from crmcore.files.storage import Lost
from crmcore.files.tables import StoredFile
from crmcore.workspace import Crm


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\Договор № 5.docx", "Договор № 5.docx"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\x00b\r\nc\t.txt", "abc.txt"),
        ("CON.txt", "_CON.txt"),
        ("lpt1", "_lpt1"),
        ("aux .tar.gz", "_aux .tar.gz"),
        ("...", "file"),
        ("", "file"),
        (".htaccess", "htaccess"),
        ('q<u>o"t|e?*.png', "q_u_o_t_e__.png"),
        ("zero\u200bwidth\ufeff.pdf", "zerowidth.pdf"),
        ("name. . .", "name"),
        ("\ud800x.png", "x.png"),
        ("e\u0301.png", "é.png"),
    ],
)
def test_names_lead_nowhere_and_deceive_nobody(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept
    assert clean_name(kept) == kept


def test_long_names_keep_their_extension() -> None:
    for sent in ("x" * 4000 + ".pdf", "ы" * 4000 + ".pdf", "🙂" * 4000 + ".pdf"):
        name = clean_name(sent)
        assert name.endswith(".pdf") and len(name) <= 150 and len(name.encode()) <= 255


async def taken(crm: Crm, name: str, content: bytes, declared: str = "") -> dict[str, object]:
    return await crm.files.keep_bytes(name, content, actor=actor(), declared=declared)


async def read(crm: Crm, row: dict[str, object], *span: int) -> bytes:
    return b"".join([piece async for piece in crm.files.content(row, *span)])


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("page.png", b"<html><script>alert(1)</script>", ""),
        ("run.jpg", b"MZ" + bytes(200), ""),
        ("scan.pdf", b"\x89PNG\r\n\x1a\n" + bytes(50), ""),
        ("scan.pdf", b" \n<html>%PDF-1.7", ""),
        ("notes.txt", b"\x7fELF\x02\x01" + bytes(100), ""),
        ("table.csv", b"PK\x03\x04" + bytes(100), ""),
        ("letter.docx", b"plain words", ""),
        ("picture.svg", b"\x89PNG\r\n\x1a\n" + bytes(50), ""),
        ("offer.pdf", b"%PDF-1.7\n1 0 obj", "image/png"),
        ("broken.png", b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(40), ""),
        ("empty.pdf", b"", ""),
    ],
)
async def test_what_is_not_what_it_says_is_refused(
    crm: Crm, name: str, content: bytes, declared: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await taken(crm, name, content, declared)
    assert refused.value.code in ("wrong_content", "broken_image", "empty_file")
    assert not await StoredFile.exists()
    assert not list(crm.files.spool_folder.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("offer.pdf", b"%PDF-1.7\n1 0 obj", "application/pdf"),
        (
            "letter.docx",
            document(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "application/vnd.ms-excel"),
        ("табл.csv", "имя;сумма\nЛена;5".encode("cp1251"), "text/csv"),
        ("page.html", b"<script>alert(1)</script>", "application/octet-stream"),
        (
            "logo.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "application/octet-stream",
        ),
        ("call.mp3", b"ID3\x03\x00" + bytes(100), "audio/mpeg"),
        ("data.bin", bytes(range(256)), "application/octet-stream"),
        ("no extension", b"%PDF-1.7\n\x00\x01\x02", "application/pdf"),
        ("BMW offer.txt", b"BM is how this text begins", "text/plain"),
    ],
)
async def test_documents_are_kept_byte_for_byte(crm: Crm, name: str, content: bytes, media_type: str) -> None:
    row = await taken(crm, name, content)
    assert (row["media_type"], row["name"], row["size"]) == (media_type, name, len(content))
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    assert await read(crm, row) == content
    assert await read(crm, row, 2, 5) == content[2:5]


async def test_pictures_lose_places_scripts_and_second_files(crm: Crm) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[2] = (IFDRational(55), IFDRational(45), IFDRational(7))
    exif[0x010E] = "canary description"
    sent = picture("JPEG", exif=exif) + document() + b"<script>canary()</script>"
    row = await taken(crm, "photo.jpg", sent, "image/jpeg")
    stored = await read(crm, row)
    assert b"canary" not in stored and b"PK\x03\x04" not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert image.size == (400, 640) == (row["width"], row["height"])
        assert not image.getexif() and image.format == "JPEG"
    with Image.open(io.BytesIO(await crm.files.thumbnail(row))) as small:
        assert max(small.size) == 320


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF"])
async def test_every_kind_of_picture_is_drawn_anew(crm: Crm, kind: str) -> None:
    image = Image.effect_noise((50, 30), 40).convert("RGBA")
    image.putalpha(100)
    written = io.BytesIO()
    image.save(written, kind)
    row = await taken(crm, f"p.{kind.lower()}", written.getvalue() + b"<?php canary(); ?>")
    stored = await read(crm, row)
    assert b"canary" not in stored and row["media_type"] == f"image/{kind.lower()}"
    with Image.open(io.BytesIO(stored)) as drawn:
        assert (drawn.format, drawn.size) == (kind, (50, 30))


async def test_moving_pictures_keep_moving(crm: Crm) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "green", "blue")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=[50, 60, 70])
    row = await taken(crm, "a.gif", written.getvalue())
    with Image.open(io.BytesIO(await read(crm, row))) as image:
        assert getattr(image, "n_frames", 1) == 3


async def test_a_picture_that_would_fill_the_memory_is_refused(crm: Crm) -> None:
    written = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(written, "PNG")
    assert len(written.getvalue()) < 50_000
    with pytest.raises(InvalidValue) as refused:
        await taken(crm, "bomb.png", written.getvalue())
    assert refused.value.code == "too_many_pixels"


async def test_a_large_photo_is_made_smaller(crm: Crm) -> None:
    written = io.BytesIO()
    Image.new("L", (9_000, 6_500)).save(written, "JPEG", quality=20)
    row = await taken(crm, "big.jpg", written.getvalue())
    assert (row["width"], row["height"]) == (4_500, 3_250)


async def test_the_same_content_is_stored_once_and_swept_last(crm: Crm, clock: object) -> None:
    first = await taken(crm, "a.pdf", b"%PDF-1.7 same")
    second = await taken(crm, "b.pdf", b"%PDF-1.7 same")
    assert first["sha256"] == second["sha256"] and first["id"] != second["id"]
    file = Path(crm.files.storage.place) / str(first["sha256"])[:2] / str(first["sha256"])
    assert list(file.parent.iterdir()) == [file]

    await StoredFile.update({"record_type": "contact", "record": first["id"]}, force=True).where(
        StoredFile.id == first["id"]
    )
    assert (await crm.file_sweep.run()).files == 0
    clock.advance(25 * 3600)  # type: ignore[attr-defined]
    swept = await crm.file_sweep.run()
    assert (swept.files, swept.contents) == (1, 0) and file.exists()
    await StoredFile.update({"released_at": crm.clock()}, force=True).where(StoredFile.id == first["id"])
    clock.advance(31 * 86400)  # type: ignore[attr-defined]
    swept = await crm.file_sweep.run()
    assert (swept.files, swept.contents) == (1, 1) and not file.exists()


async def test_a_damaged_file_is_never_given_out_whole(crm: Crm) -> None:
    content = b"%PDF-1.7" + os.urandom(700_000)
    row = await taken(crm, "a.pdf", content)
    file = Path(crm.files.storage.place) / str(row["sha256"])[:2] / str(row["sha256"])
    damaged = bytearray(content)
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    received = bytearray()
    with pytest.raises(Lost):
        async for piece in crm.files.content(row):
            received += piece
    assert len(received) < len(content)
    with pytest.raises(Lost):
        await read(crm, row, 10, 20)
    # The same content uploaded again mends it.
    await taken(crm, "a.pdf", content)
    assert await read(crm, row) == content


async def test_too_large_and_too_much_is_refused(crm: Crm) -> None:
    crm.files.limit = 1_000_000
    with pytest.raises(InvalidValue) as refused:
        await taken(crm, "a.bin", bytes(1_000_001))
    assert refused.value.code == "too_large" and not list(crm.files.spool_folder.iterdir())
    with pytest.raises(TooMany):
        for number in range(60):
            await taken(crm, "a.bin", bytes(900_000) + bytes([number]))
    assert 50 <= await StoredFile.count() < 60


async def test_an_upload_is_its_uploaders_until_it_hangs_on_something(crm: Crm) -> None:
    row = await taken(crm, "a.pdf", b"%PDF-1.7 x")
    assert (await crm.files.get(row["id"], actor=actor()))["id"] == row["id"]  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await crm.files.get(row["id"], actor=actor("018f0000-0000-7000-8000-000000000002"))  # type: ignore[arg-type]

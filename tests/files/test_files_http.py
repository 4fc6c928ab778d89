"""Files over HTTP: up, down, in parts, for whom may see their record."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from file_making import document, picture
from PIL import Image

from crmcore.contracts.actors import system_actor
from crmcore.contracts.fields import CustomField
from crmcore.exporting.cells import text_of_value
from crmcore.exporting.columns import columns_of
from crmcore.files.tables import StoredFile
from crmcore.workspace import Crm

PASSWORD = "correct horse battery staple"
Connect = Callable[..., httpx2.AsyncClient]


async def signed_in(crm: Crm, connect: Connect, name: str, role: str) -> httpx2.AsyncClient:
    id = await crm.accounts.create_user(f"{name}@example.com", name, PASSWORD, role=role)
    return connect(authorization=f"Bearer {await crm.accounts.create_token(id, 'tests', ['all'])}")


@pytest.fixture
async def ada(crm: Crm, connect: Connect) -> httpx2.AsyncClient:
    return await signed_in(crm, connect, "ada", "admin")


@pytest.fixture
async def bob(crm: Crm, connect: Connect) -> httpx2.AsyncClient:
    return await signed_in(crm, connect, "bob", "agent")


async def upload(client: httpx2.AsyncClient, name: str, content: bytes, kind: str = "") -> dict[str, Any]:
    sent = (name, content, kind) if kind else (name, content)
    answer = await client.post("/api/files", files={"file": sent})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == found["url"]
    return found


async def field(crm: Crm, key: str, **options: Any) -> None:
    await crm.fields.create(
        CustomField(record_type="contact", key=key, label=key, type="file", options=options),
        actor=system_actor(),
    )


async def test_a_file_goes_up_and_comes_down_to_be_saved(ada: httpx2.AsyncClient) -> None:
    content = b"%PDF-1.7 " + bytes(range(256)) * 3000
    file = await upload(ada, "../Договор «Ромашка» 100%.pdf", content, "application/pdf")
    assert file["name"] == "Договор «Ромашка» 100%.pdf" and file["size"] == len(content)
    answer = await ada.get(file["url"])
    assert (answer.status_code, answer.content) == (200, content)
    headers = answer.headers
    assert headers["content-length"] == str(len(content)) and headers["content-type"] == "application/pdf"
    assert headers["content-disposition"].startswith('attachment; filename="')
    assert unquote(headers["content-disposition"].rpartition("''")[2]) == file["name"]
    assert headers["content-disposition"].isascii()
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "private, no-cache"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    again = await ada.get(file["url"], headers={"If-None-Match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await ada.head(file["url"])
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=10-19", 206, (10, 20)),
        ("bytes=90-", 206, (90, 100)),
        ("bytes=-7", 206, (93, 100)),
        ("bytes=50-4000", 206, (50, 100)),
        ("bytes=-4000", 200, (0, 100)),
        ("bytes=100-", 200, (0, 100)),
        ("bytes=9-3", 200, (0, 100)),
        ("bytes=0-1,5-6", 200, (0, 100)),
        ("bytes=-", 200, (0, 100)),
        ("lines=1-2", 200, (0, 100)),
        (f"bytes={'9' * 400}-", 200, (0, 100)),
    ],
)
async def test_parts_of_a_file(
    ada: httpx2.AsyncClient, asked: str, status: int, span: tuple[int, int]
) -> None:
    content = bytes(range(100))
    file = await upload(ada, "a.bin", content)
    answer = await ada.get(file["url"], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, content[slice(*span)])
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/100"


async def test_a_picture_has_a_small_one_and_html_is_only_saved(ada: httpx2.AsyncClient) -> None:
    file = await upload(ada, "photo.jpg", picture(), "image/jpeg")
    small = await ada.get(file["thumbnail_url"])
    assert small.headers["content-type"] == "image/jpeg" and small.headers["content-disposition"] == "inline"
    with Image.open(io.BytesIO(small.content)) as image:
        assert image.size == (320, 200)
    for name in ("a.html", "a.svg", "a.xhtml", "a.js"):
        page = await upload(ada, name, b"<svg onload='alert(1)'/>", "text/html")
        assert "thumbnail_url" not in page
        answer = await ada.get(page["url"])
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert (await ada.get(page["url"] + "/thumbnail")).status_code == 404


async def test_only_one_sound_file_is_taken(crm: Crm, ada: httpx2.AsyncClient) -> None:
    crm.files.limit = 1000

    async def refused(**sent: Any) -> tuple[int, str]:
        answer = await ada.post("/api/files", **sent)
        body = answer.json()
        return answer.status_code, body["errors"][0]["code"] if body.get("errors") else body["code"]

    assert await refused(files={"file": ("a.bin", bytes(1001))}) == (422, "too_large")
    assert (await refused(files={"file": ("a.bin", bytes(1_200_000))}))[0] == 413
    assert await refused(files={"file": ("a.png", b"<html>")}) == (422, "wrong_content")
    assert await refused(files={"other": ("a.txt", b"a")}) == (422, "no_file")
    assert await refused(files={"file": ("a.txt", b"a")}, data={"x": "y"}) == (422, "no_file")
    assert await refused(files=[("file", ("a", b"a")), ("file", ("b", b"b"))]) == (400, "bad_form")
    assert await refused(json={"file": "x"}) == (415, "unsupported_media_type")
    assert await refused(content=b"x", headers={"Content-Type": "multipart/form-data"}) == (400, "bad_form")
    assert not list(crm.files.spool_folder.iterdir()) and not await StoredFile.exists()


HOSTILE = [
    b"",
    b"--b",
    b"--b\r\n\r\n\r\n--b--",
    b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx',
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xff\xfe"\r\n\r\nx\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\n\xff\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="t"\r\nContent-Type: x; charset=utf-16\r\n\r\n\x00\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\npunycode\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="a\x00b"\r\n\r\nx\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 600 + b"--b--\r\n",
    b"--b\r\n" + b"X: y\r\n" * 50 + b"\r\nx\r\n--b--\r\n",
    b'--b\r\nContent-Disposition: form-data; name="' + b"n" * 8000 + b'"\r\n\r\nx\r\n--b--\r\n',
    b"a" * 100_000,
]


@pytest.mark.parametrize("charset", ["", "; charset=punycode", "; charset=utf-7", "; charset=no-such"])
async def test_hostile_forms_are_a_clients_fault(crm: Crm, ada: httpx2.AsyncClient, charset: str) -> None:
    for body in HOSTILE:
        head = {"Content-Type": f"multipart/form-data; boundary=b{charset}"}
        answer = await ada.post("/api/files", content=body, headers=head)
        assert answer.status_code in (400, 422), (answer.status_code, body[:80])
    assert not list(crm.files.spool_folder.iterdir())


async def test_a_file_is_seen_by_whom_may_see_its_record(
    crm: Crm, ada: httpx2.AsyncClient, bob: httpx2.AsyncClient, connect: Connect
) -> None:
    await field(crm, "contract", media_types=["application/pdf", "image/*"])
    file = await upload(ada, "offer.pdf", b"%PDF-1.7 offer")
    assert (await ada.get(file["url"])).status_code == 200
    assert (await bob.get(file["url"])).status_code == 404
    anonymous = connect()
    assert (await anonymous.get(file["url"])).status_code == 401
    # Nobody can hang up a file that is another's.
    stolen = await bob.post("/api/contacts", json={"first_name": "Eve", "custom": {"contract": file["id"]}})
    assert (stolen.status_code, stolen.json()["errors"][0]["code"]) == (422, "no_such_file")

    made = await ada.post("/api/contacts", json={"first_name": "Lena", "custom": {"contract": file["id"]}})
    assert made.status_code == 201, made.text
    contact = made.json()
    assert contact["custom"]["contract"] == {**file}
    assert (await bob.get(file["url"])).status_code == 200
    scoped = await signed_in(crm, connect, "vic", "viewer")
    assert (await scoped.get(file["url"])).status_code == 200
    # Bound to one record, it cannot hang on a second.
    second = await ada.post("/api/contacts", json={"first_name": "Max", "custom": {"contract": file["id"]}})
    assert (second.status_code, second.json()["errors"][0]["code"]) == (422, "no_such_file")
    # Sent back as it was read, nothing changes; what a client makes up about a file is not kept.
    path = f"/api/contacts/{contact['id']}"
    forged = {**file, "name": "evil.exe"}
    kept = await ada.patch(path, json={"custom": {"contract": forged}})
    assert kept.json()["custom"]["contract"] == file, kept.text
    # Taken away, it is not seen any more, and can be given back.
    assert (await ada.patch(path, json={"custom": {"contract": None}})).status_code == 200
    assert (await ada.get(file["url"])).status_code == 404
    assert (await ada.patch(path, json={"custom": {"contract": file["id"]}})).status_code == 200
    assert (await bob.get(file["url"])).status_code == 200
    # A deleted record takes its files out of sight.
    assert (await ada.delete(path)).status_code == 204
    assert (await bob.get(file["url"])).status_code == 404
    assert (await ada.post(f"{path}/restore")).status_code == 200
    assert (await bob.get(file["url"])).status_code == 200


async def test_a_field_takes_what_its_options_allow(crm: Crm, ada: httpx2.AsyncClient) -> None:
    await field(crm, "photos", media_types=["image/*"], several=True, max_size=50_000)
    small = await upload(ada, "a.png", picture("PNG", (20, 20)))
    other = await upload(ada, "b.png", picture("PNG", (30, 20)))
    large = await upload(ada, "c.png", picture("PNG", (400, 400)))
    word = await upload(ada, "d.docx", document())

    async def code(value: Any) -> str:
        answer = await ada.post("/api/contacts", json={"first_name": "Lena", "custom": {"photos": value}})
        return str(answer.json()["errors"][0]["code"]) if answer.status_code == 422 else ""

    assert await code([word["id"]]) == "not_allowed"
    assert await code([large["id"]]) == "too_large"
    assert await code("photo.png") == "not_a_file"
    assert await code([7]) == "not_a_file"
    assert await code([small["id"], "00000000-0000-7000-8000-000000000000"]) == "no_such_file"
    made = await ada.post(
        "/api/contacts", json={"first_name": "Lena", "custom": {"photos": [small["id"], other, small["id"]]}}
    )
    assert [item["name"] for item in made.json()["custom"]["photos"]] == ["a.png", "b.png"]
    schema = (await ada.get("/api/schemas/contact")).json()["properties"]["custom"]["properties"]["photos"]
    assert schema["type"] == "array" and schema["items"]["required"] == ["id"]


async def test_files_go_along_with_a_merge_and_back(crm: Crm, ada: httpx2.AsyncClient) -> None:
    await field(crm, "contract")
    await field(crm, "photo")

    async def contact(name: str, **custom: str) -> str:
        answer = await ada.post("/api/contacts", json={"first_name": name, "custom": custom})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    files = [await upload(ada, f"{number}.pdf", b"%PDF-1.7 " + str(number).encode()) for number in range(3)]
    kept = await contact("Lena", contract=files[0]["id"])
    gone = await contact("Lena S", contract=files[1]["id"], photo=files[2]["id"])
    merge = (await ada.post(f"/api/contacts/{kept}/merge", json={"merged": gone})).json()
    assert merge["contact"]["custom"] == {"contract": files[0], "photo": files[2]}
    assert [(await ada.get(file["url"])).status_code for file in files] == [200, 404, 200]
    assert (await ada.post(f"/api/merges/{merge['id']}/undo")).status_code == 200
    assert (await ada.get(f"/api/contacts/{kept}")).json()["custom"] == {"contract": files[0]}
    assert (await ada.get(f"/api/contacts/{gone}")).json()["custom"] == {
        "contract": files[1],
        "photo": files[2],
    }
    assert [(await ada.get(file["url"])).status_code for file in files] == [200, 200, 200]


async def test_who_writes_nothing_uploads_nothing(crm: Crm, connect: Connect) -> None:
    viewer = await signed_in(crm, connect, "vic", "viewer")
    answer = await viewer.post("/api/files", files={"file": ("a.txt", b"a")})
    assert answer.status_code == 403


async def test_a_table_has_the_names_of_files_when_they_are_asked_for(
    crm: Crm, ada: httpx2.AsyncClient
) -> None:
    await field(crm, "photos", several=True)
    definitions = await crm.fields.catalog.of("contact")
    kind = crm.records.record_type("contact")
    assert "custom.photos" not in {column.name for column in columns_of(kind, definitions)}
    (column,) = columns_of(kind, definitions, ["custom.photos"])
    files = [await upload(ada, name, b"%PDF-1.7") for name in ("a.pdf", "=b.pdf")]
    made = await ada.post(
        "/api/contacts", json={"first_name": "Lena", "custom": {"photos": [file["id"] for file in files]}}
    )
    assert text_of_value(column.value(made.json())) == "a.pdf; =b.pdf"
    assert text_of_value({"id": "1", "name": "=b.pdf"}).startswith("'")

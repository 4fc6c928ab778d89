"""The guarded client against real sockets: pinned, verified, bounded, silent about secrets."""

import asyncio
import gzip
import json
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpcore2
import pytest

from crmcore import OutgoingFailed, OutgoingRefused
from crmcore.errors import TooMany
from crmcore.outgoing import GuardedClient
from crmcore.outgoing.hosts import AllowedHosts
from crmcore.outgoing.pinning import resolve
from crmcore.outgoing.transport import PinnedTransport
from crmcore.plugins.logs import Redactor, plugin_log

PUBLIC = "93.184.216.34"


class Dial(httpcore2.AnyIOBackend):
    """Opens every connection to this machine, and remembers where it should have gone."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def connect_tcp(
        self, host: str, port: int, *args: Any, **kwargs: Any
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append(host)
        return await super().connect_tcp("127.0.0.1", port, *args, **kwargs)


class Names:
    """A name server whose answers are given."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def dial() -> Dial:
    return Dial()


Clients = Callable[..., GuardedClient]


@pytest.fixture
async def lan() -> AsyncIterator[Clients]:
    """Make clients that may reach the hosts given, and close their connections in the end."""
    made: list[GuardedClient] = []

    def make(*allowed: str, **options: Any) -> GuardedClient:
        made.append(GuardedClient(allowed, **options))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()


@pytest.fixture
def internet(lan: Clients, certificates: Any) -> Clients:
    """Make clients whose name server and network are stand-ins, and who trust the test's authority."""

    def make(dial: Dial, names: Any = None, ssl_context: ssl.SSLContext | None = None) -> GuardedClient:
        transport = PinnedTransport(
            AllowedHosts([]),
            resolve=names or Names([PUBLIC]),
            dial=dial,
            ssl_context=ssl_context or certificates.client_context(),
        )
        return lan(transport=transport)

    return make


@pytest.fixture
def url(server: Any) -> str:
    return f"https://shop.example:{server.port}/admin/orders?page=2"


async def test_a_request_goes_to_the_checked_address_under_the_right_name(
    server: Any, internet: Clients, dial: Dial, url: str
) -> None:
    names = Names([PUBLIC])
    client = internet(dial, names)

    answer = await client.request("GET", url, headers={"X-Token": "t"})

    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers["content-type"] == "text/plain"
    assert names.asked == ["shop.example"], "the name is resolved once"
    assert dial.dialled == [PUBLIC], "the socket goes to the address that was checked"
    assert server.names == ["shop.example"], "TLS asks for the name"
    head = server.requests[0].decode()
    assert head.startswith("GET /admin/orders?page=2 HTTP/1.1\r\n")
    assert f"\r\nhost: shop.example:{server.port}\r\n" in head.lower()
    assert "\r\nx-token: t\r\n" in head.lower()


async def test_a_kept_connection_is_used_again_without_a_second_answer_of_the_name_server(
    server: Any, internet: Clients, dial: Dial, url: str
) -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    client = internet(dial, names)

    for _ in range(3):
        await client.request("GET", url)

    assert server.connections == 1
    assert names.asked == ["shop.example"]


async def test_a_name_that_moves_to_a_private_address_is_refused_on_the_next_connection(
    server: Any, internet: Clients, dial: Dial, url: str
) -> None:
    names = Names([PUBLIC], ["10.0.0.5"])
    client = internet(dial, names)

    async def closing(request: bytes) -> bytes:
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

    server.answer = closing
    await client.request("GET", url)

    with pytest.raises(
        OutgoingRefused, match=r"shop\.example is at 10\.0\.0\.5, which is not a public address"
    ):
        await client.request("GET", url)
    assert dial.dialled == [PUBLIC]


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [PUBLIC, "192.168.0.1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"]]
)
async def test_one_private_address_among_the_answers_refuses_all(
    server: Any, internet: Clients, dial: Dial, url: str, addresses: list[str]
) -> None:
    with pytest.raises(OutgoingRefused, match="not a public address"):
        await internet(dial, Names(addresses)).request("GET", url)

    assert dial.dialled == []
    assert server.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "localhost.",
    ],
)
async def test_no_spelling_of_this_machine_is_reached(plain_server: Any, host: str) -> None:
    with pytest.raises((OutgoingRefused, OutgoingFailed)):
        await GuardedClient().request("GET", f"https://{host}:{plain_server.port}/")

    assert plain_server.connections == 0


async def test_the_next_address_is_tried_when_one_does_not_answer(
    server: Any, internet: Clients, url: str
) -> None:
    class Choosy(Dial):
        async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
            if host == "93.184.216.35":
                self.dialled.append(host)
                raise httpcore2.ConnectError("no route")
            return await super().connect_tcp(host, port, *args, **kwargs)

    dial = Choosy()

    answer = await internet(dial, Names(["93.184.216.35", PUBLIC])).request("GET", url)

    assert answer.status == 200
    assert dial.dialled == ["93.184.216.35", PUBLIC]


async def test_a_certificate_of_another_name_or_authority_is_refused(
    server: Any, internet: Clients, dial: Dial, url: str
) -> None:
    with pytest.raises(OutgoingFailed, match="its certificate is not valid"):
        await internet(dial).request("GET", url.replace("shop.example", "bank.example"))

    stranger = internet(dial, ssl_context=ssl.create_default_context())
    with pytest.raises(OutgoingFailed, match="its certificate is not valid"):
        await stranger.request("GET", url)
    assert server.requests == []


async def test_a_host_of_ones_own_network_is_reached_when_it_is_allowed(
    plain_server: Any, lan: Clients
) -> None:
    address = f"http://127.0.0.1:{plain_server.port}/ari"

    answer = await lan(f"127.0.0.1:{plain_server.port}").request("POST", address, data={"a": "1 2"})

    assert answer.status == 200
    assert plain_server.requests[0].endswith(b"\r\n\r\na=1+2")
    with pytest.raises(OutgoingRefused, match="without encryption"):
        await lan("127.0.0.1:1").request("POST", address)


async def test_bodies_are_sent_as_json_form_or_bytes(plain_server: Any, lan: Clients) -> None:
    client = lan("127.0.0.1")
    address = f"http://127.0.0.1:{plain_server.port}/"

    await client.request("POST", address, json={"name": "Анна"})
    await client.request("PUT", address, data=b"\x00\x01", headers={"Content-Type": "application/x"})

    first, second = plain_server.requests
    assert json.loads(first.partition(b"\r\n\r\n")[2]) == {"name": "Анна"}
    assert b"content-type: application/json" in first.lower()
    assert second.endswith(b"\r\n\r\n\x00\x01")
    assert b"content-type: application/x" in second.lower()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("GET", "ftp://shop.example/"), "Only https URLs"),
        (("GET", "file:///etc/passwd"), "Only https URLs"),
        (("GET", "shop.example"), "Only https URLs"),
        (("GET", "https://"), "Only https URLs"),
        (("GET", "https://[not"), "not a URL"),
        (("GET", "https://shop.example:99999999/"), "not a URL"),
        (("GET", "https://shop.example:0/"), "not a URL"),
        (("GET", "https://shop%2eexample/"), "not a URL"),
        (("GET", "https://[fe80::1%25eth0]/"), "not a URL"),
        (("GET", "https://shop example/"), "not a URL"),
        (("GET", "http://shop.example/"), "without encryption"),
        (("GET", "https://user:hunter2@shop.example/"), "must not carry a user name"),
        (("GET /x", "https://shop.example/"), "not an HTTP method"),
        (("get", "https://shop.example/"), "not an HTTP method"),
    ],
)
async def test_what_may_not_be_asked_for_is_refused_before_anything_is_sent(
    arguments: tuple[str, str], sentence: str, internet: Clients, dial: Dial
) -> None:
    names = Names([PUBLIC])
    client = internet(dial, names)

    with pytest.raises(OutgoingRefused, match=sentence) as refused:
        await client.request(*arguments)

    assert "hunter2" not in str(refused.value)
    assert names.asked == []
    assert dial.dialled == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "bank.example"},
        {"Content-Length": "5"},
        {"transfer-encoding": "chunked"},
        {"X-A": "secret\r\nX-B: 1"},
        {"X-A\r\n": "1"},
        {"X A": "1"},
        {"X-A": "\0"},
        {"X-A": "ключ"},
    ],
)
async def test_headers_cannot_change_the_request(headers: dict[str, str]) -> None:
    with pytest.raises(OutgoingRefused) as refused:
        await GuardedClient().request("GET", "https://shop.example/", headers=headers)

    assert "secret" not in str(refused.value)


async def test_redirects_are_answers_and_cookies_are_not_kept(plain_server: Any, lan: Clients) -> None:
    async def moved(request: bytes) -> bytes:
        return (
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\n"
            b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
        )

    plain_server.answer = moved
    client = lan("127.0.0.1")
    address = f"http://127.0.0.1:{plain_server.port}/"

    answer = await client.request("GET", address)
    await client.request("GET", address)

    assert answer.status == 302
    assert answer.headers["location"] == "http://169.254.169.254/latest"
    assert answer.headers["set-cookie"] == "a=1, b=2"
    assert b"cookie" not in plain_server.requests[1].lower()
    assert len(plain_server.requests) == 2


async def test_the_environments_proxies_are_not_used(
    plain_server: Any, monkeypatch: pytest.MonkeyPatch, lan: Clients
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    answer = await lan("127.0.0.1").request("GET", f"http://127.0.0.1:{plain_server.port}/")

    assert answer.status == 200


def _answer(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = ["HTTP/1.1 200 OK", *headers]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


LARGE = {
    "announced": _answer(b"", length=1_000_001),
    "unannounced": _answer(b"x" * 1_000_001, "Connection: close", length=-1),
    "packed": _answer(gzip.compress(b"\0" * 50_000_000), "Content-Encoding: gzip"),
    "packed in parts": _answer(gzip.compress(b"\0" * 600_000) * 2, "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("kind", LARGE)
async def test_more_than_a_megabyte_is_not_read(plain_server: Any, kind: str, lan: Clients) -> None:
    async def large(request: bytes) -> bytes:
        return LARGE[kind]

    plain_server.answer = large

    with pytest.raises(OutgoingFailed, match=r"127\.0\.0\.1 answered with more than 1000000 bytes\."):
        await lan("127.0.0.1").request("GET", f"http://127.0.0.1:{plain_server.port}/")


async def test_gzip_is_unpacked(plain_server: Any, lan: Clients) -> None:
    async def packed(request: bytes) -> bytes:
        return _answer(gzip.compress(b"x" * 900_000), "Content-Encoding: gzip")

    plain_server.answer = packed

    answer = await lan("127.0.0.1").request("GET", f"http://127.0.0.1:{plain_server.port}/")

    assert answer.body == b"x" * 900_000


BROKEN = {
    "not http": b"SSH-2.0-OpenSSH_9\r\n\r\n",
    "nothing": b"",
    "cut off": _answer(b"half", length=100),
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,
    "broken gzip": _answer(b"not gzip at all", "Content-Encoding: gzip"),
    "half gzip": _answer(gzip.compress(b"x" * 1000)[:-9], "Content-Encoding: gzip"),
    "unasked encoding": _answer(b"x", "Content-Encoding: br"),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_answers_that_make_no_sense_are_a_failure_of_the_other_side(
    plain_server: Any, kind: str, lan: Clients
) -> None:
    async def broken(request: bytes) -> bytes:
        if kind in ("nothing", "cut off", "bad chunk"):
            asyncio.get_running_loop().call_later(0.05, close)
        return BROKEN[kind]

    def close() -> None:
        for transport in writers:
            transport.close()

    writers: list[asyncio.StreamWriter] = []
    serve = plain_server.serve

    plain_server.answer = broken
    listening = await asyncio.start_server(
        lambda reader, writer: (writers.append(writer), serve(reader, writer))[1], "127.0.0.1", 0
    )
    port = listening.sockets[0].getsockname()[1]

    with pytest.raises(OutgoingFailed, match=r"^127\.0\.0\.1 "):
        await lan("127.0.0.1").request("GET", f"http://127.0.0.1:{port}/", timeout_s=5)
    close()
    listening.close()


@pytest.mark.parametrize("way", ["silent", "dripping"])
async def test_the_deadline_holds_for_the_whole_request(plain_server: Any, way: str, lan: Clients) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if way == "dripping":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        try:
            while True:
                await asyncio.sleep(0.02)
                if way == "dripping":
                    writer.write(b"x")
                    await writer.drain()
        except ConnectionError:
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()

    listening = await asyncio.start_server(slow, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    began = time.monotonic()

    with pytest.raises(OutgoingFailed, match=r"127\.0\.0\.1 did not answer within 0\.3 s\."):
        await lan("127.0.0.1").request("GET", f"http://127.0.0.1:{port}/", timeout_s=0.3)

    assert time.monotonic() - began < 1
    listening.close()


async def test_a_name_that_does_not_exist_and_a_port_where_nobody_listens_are_failures(lan: Clients) -> None:
    with pytest.raises(OutgoingFailed, match="cannot be resolved"):
        await GuardedClient().request("GET", "https://does-not-exist.invalid/", timeout_s=5)
    with pytest.raises(OutgoingFailed, match="cannot be reached"):
        await lan("127.0.0.1").request("GET", "http://127.0.0.1:9/")


async def test_the_log_names_the_host_and_nothing_secret(
    plain_server: Any, caplog: pytest.LogCaptureFixture, lan: Clients
) -> None:
    caplog.set_level(logging.DEBUG)
    client = lan("127.0.0.1").logging_to(plugin_log("shop", Redactor()))

    await client.request(
        "POST",
        f"http://127.0.0.1:{plain_server.port}/bot-s3cret-path/send?key=s3cret-query",
        headers={"Authorization": "Bearer s3cret-header"},
        json={"text": "s3cret-body"},
    )

    (line,) = [
        json.loads(record.getMessage()) for record in caplog.records if record.name.startswith("crmcore")
    ]
    assert line.pop("ms") >= 0
    line.pop("timestamp")
    assert line == {
        "event": "outgoing request",
        "plugin": "shop",
        "level": "info",
        "method": "POST",
        "host": "127.0.0.1",
        "status": 200,
    }
    mine = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert not any("s3cret" in message for message in mine)


async def test_the_system_resolver_returns_addresses() -> None:
    assert set(await resolve("localhost", 443)) & {"127.0.0.1", "::1"}


def test_a_client_works_in_one_event_loop_after_another() -> None:
    client = GuardedClient(["127.0.0.1"])

    async def once() -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_answer(b"ok"))
            await writer.drain()
            writer.close()

        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        answer = await client.request("GET", f"http://127.0.0.1:{port}/")
        await client.aclose()
        listening.close()
        return answer.status

    assert [asyncio.run(once()), asyncio.run(once())] == [200, 200]


async def test_a_refusal_is_told_in_both_languages() -> None:
    with pytest.raises(OutgoingRefused) as refused:
        await GuardedClient().request("GET", "http://shop.example/")
    assert str(refused.value) == refused.value.sentence("en")
    assert "without encryption" in refused.value.sentence("en")
    assert "без шифрования" in refused.value.label()["ru"]


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (0.3, "0.3 s", "0.3 с"),
        (59, "59 s", "59 с"),
        (60, "1 minute", "1 минуту"),
        (61, "2 minutes", "2 минуты"),
        (590, "10 minutes", "10 минут"),
        (1260, "21 minutes", "21 минуту"),
        (7200, "2 hours", "2 часа"),
        (50_000, "14 hours", "14 часов"),
        (172_800, "2 days", "2 дня"),
    ],
)
def test_a_wait_is_told_as_people_say_it(seconds: float, english: str, russian: str) -> None:
    refusal = TooMany(seconds=seconds)
    assert refusal.sentence("en") == f"Too many requests. Try again in {english}."
    assert refusal.sentence("ru") == f"Слишком много запросов. Повторите через {russian}."
    assert str(refusal) == refusal.sentence("en")

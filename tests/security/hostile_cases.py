"""Fourteen classes of hostile requests, made for one address each."""

import zlib
from collections.abc import Callable, Iterator

from msgspec import Struct

HUGE = b"9" * 5000
DEEP = 3000
JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"


class Target(Struct, frozen=True, kw_only=True):
    """One method at one address, and the headers of somebody who may.

    ``path`` leads to a record where there is one, ``elsewhere`` to none: what deletes is sent there.
    """

    method: str
    template: str
    path: bytes
    elsewhere: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    page: bool


class Case(Struct, frozen=True, kw_only=True):
    """One request as it goes over the wire, and the class and name it is reported by."""

    kind: str
    name: str
    raw: bytes


class Attempt(Struct, frozen=True, kw_only=True):
    """What is hostile in a request: its body, its type, what follows its path, further headers, its method."""

    name: str
    body: bytes | None = None
    media_type: bytes = b""
    query: bytes = b""
    path: Callable[[bytes], bytes] | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    method: str = ""


def _bodies(*bodies: tuple[str, bytes]) -> list[Attempt]:
    """Return each body as JSON; for pages the same bytes are sent as a form."""
    return [Attempt(name=name, body=body) for name, body in bodies]


def _queries(*queries: tuple[str, bytes]) -> list[Attempt]:
    return [Attempt(name=name, query=query) for name, query in queries]


def _last_segment(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(path: bytes) -> bytes:
        head, _, tail = path.rpartition(b"/")
        return head + b"/" + change(tail)

    return changed


def _multipart(name: str, media_type: bytes, body: bytes) -> Attempt:
    return Attempt(name=name, media_type=b"multipart/form-data" + media_type, body=body)


_PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n%s\r\n%s\r\n'

CLASSES: dict[str, list[Attempt]] = {
    "malformed": _bodies(
        ("open brace", b"{"),
        ("trailing comma", b'{"a": 1,}'),
        ("two values", b"{} {}"),
        ("not JSON", b"name=Lena&x"),
        ("single quotes", b"{'a': 1}"),
        ("control", b'{"a": "\x01"}'),
        ("an array", b"[1, 2]"),
        ("a text", b'"x"'),
    ),
    "invalid UTF-8": [
        *_bodies(
            ("ff fe", b'{"name": "\xff\xfe"}'),
            ("overlong", b'{"name": "\xc0\xaf"}'),
            ("cut off", b'{"name": "\xe2\x82"}'),
            ("UTF-16", '{"name": "a"}'.encode("utf-16")),
        ),
        *_queries(("query", b"q=\xff\xfe"), ("escaped", b"q=%ff%fe&filter=%c0%af&next=%ff")),
    ],
    "surrogates": [
        *_bodies(
            ("lone", b'{"name": "\\ud800", "text": "\\udfff"}'),
            ("as a key", b'{"\\ud800": 1}'),
            ("raw", b'{"name": "\xed\xa0\x80"}'),
        ),
        *_queries(("query", b"q=%ed%a0%80&sort=%ed%bf%bf")),
    ],
    "NUL": [
        *_bodies(
            ("in values", b'{"name": "a\\u0000b", "first_name": "\\u0000", "email": "a\\u0000@b.c"}'),
            ("as a key", b'{"\\u0000": "\\u0000"}'),
            ("raw", b'{"name": "\x00"}'),
        ),
        *_queries(("query", b"q=%00&filter=%00&cursor=%00&sort=%00&limit=%00&next=%00")),
    ],
    "numbers": [
        *_bodies(
            ("too large", b'{"version": 9223372036854775808, "limit": 1e400, "position": 1e308}'),
            ("very negative", b'{"version": -99999999999999999999, "id": -1, "limit": -1}'),
            ("5,000 digits", b'{"version": ' + HUGE + b"}"),
            ("not a number", b'{"version": NaN, "a": Infinity}'),
            ("long fraction", b'{"version": 0.' + HUGE + b"}"),
        ),
        *_queries(
            ("huge", b"limit=" + HUGE[:400] + b"&page=" + HUGE[:40]),
            ("negative", b"limit=-1&cursor=-1&page=-99999999999999999999&days=-1"),
            ("odd", b"limit=1e5&page=0x10&days=NaN"),
        ),
    ],
    "deep": [
        *_bodies(
            ("arrays", b"[" * DEEP + b"]" * DEEP),
            ("objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP),
            ("open arrays", b"[" * 20_000),
            ("in a value", b'{"custom": ' + b'{"all": [' * 200 + b"1" + b"]}" * 200 + b"}"),
        ),
        *_queries(
            ("filter", b"filter=" + b"%7B%22not%22%3A" * 150 + b"1" + b"%7D" * 150),
            ("brackets", b"filter=" + b"%5B" * 1500),
        ),
    ],
    "wide": [
        *_bodies(
            ("list", b'{"ids": [' + b"1," * 30_000 + b"1]}"),
            ("keys", b"{" + b",".join(b'"k%d": 1' % number for number in range(25_000)) + b"}"),
            ("texts", b'{"tags": ["' + b'","'.join(b"%d" % number for number in range(21_000)) + b'"]}'),
            ("form fields", b"&".join(b"a%d=1" % number for number in range(25_000))),
        ),
        *_queries(("parameters", b"&".join(b"a%d=1" % number for number in range(3000)))),
    ],
    "oversized": _bodies(
        ("text", b'{"name": "' + b"x" * 900_000 + b'"}'),
        ("body", b'{"name": "' + b"x" * 2_000_000 + b'"}'),
        ("white space", b" " * 1_500_000 + b"{}"),
    ),
    "dates": [
        *_bodies(
            (
                "no such day",
                b'{"due_at": "2026-02-30T25:61:61Z", "until": "2026-13-01", "from": "0000-00-00"}',
            ),
            ("year 1", b'{"due_at": "0001-01-01T00:00:00+14:00", "until": "0001-01-01T00:00:00+14:00"}'),
            (
                "year 9999",
                b'{"due_at": "9999-12-31T23:59:59.9999-14:00", "until": "9999-12-31T23:59:59-14:00"}',
            ),
            ("far away", b'{"due_at": "+99999999-01-01T00:00:00Z", "until": 99999999999999999}'),
        ),
        *_queries(("query", b"from=2026-02-30&to=9999-99-99&month=2026-13&before=-0001-01-01T00:00:00Z")),
    ],
    "encodings": [
        Attempt(name="NUL in the path", path=_last_segment(lambda tail: b"%00")),
        Attempt(name="invalid UTF-8", path=_last_segment(lambda tail: b"%ff%fe")),
        Attempt(name="dots", path=_last_segment(lambda tail: b"..%2f..%2fetc%2fpasswd")),
        Attempt(name="double escape", path=_last_segment(lambda tail: b"%252e%252e%252f" + tail)),
        Attempt(name="long", path=_last_segment(lambda tail: b"a" * 6000)),
        Attempt(name="surrogate", path=_last_segment(lambda tail: b"%ed%a0%80")),
        Attempt(name="matrix", path=lambda path: path + b";a=b"),
        Attempt(name="slashes", path=lambda path: b"//" + path.replace(b"/", b"//")),
        *_queries(("bad escapes", b"q=%zz%&filter=%&=&&&a=%u0041"), ("twice", b"q=a&q=b&limit=1&limit=2")),
    ],
    "content types": [
        Attempt(name="none", body=b"{}", media_type=b"-"),
        Attempt(name="text", body=b"{}", media_type=b"text/plain"),
        Attempt(name="XML", body=b'<?xml version="1.0"?><!DOCTYPE a><a/>', media_type=b"application/xml"),
        Attempt(name="UTF-7", body=b"{}", media_type=b"application/json; charset=utf-7"),
        Attempt(name="nonsense", body=b"{}", media_type=b";;;/\xff"),
        Attempt(name="msgpack", body=b"\x81\xa1a\x01", media_type=b"application/x-msgpack"),
        Attempt(name="long", body=b"{}", media_type=b"application/json; a=" + b"b" * 4000),
        Attempt(name="compressed", body=zlib.compress(b"{}"), headers=((b"Content-Encoding", b"deflate"),)),
    ],
    "multipart": [
        _multipart("no boundary", b"", b"--b\r\n\r\n\r\n--b--\r\n"),
        _multipart(
            "charset", b"; boundary=b; charset=punycode", _PART % (b"a", b"", b"", b"x" * 3000) + b"--b--"
        ),
        _multipart(
            "charset of a part",
            b"; boundary=b",
            _PART % (b"name", b"", b"Content-Type: text/plain; charset=utf-7\r\n", b"+ADw-") + b"--b--\r\n",
        ),
        _multipart("cut off", b"; boundary=b", _PART % (b"name", b"", b"", b"x")),
        _multipart("many parts", b"; boundary=b", _PART % (b"a", b"", b"", b"1") * 3000 + b"--b--\r\n"),
        _multipart(
            "file name",
            b"; boundary=b",
            _PART
            % (b"file", b'; filename="../../\xff\x00.html"', b"Content-Type: text/html\r\n", b"<script>")
            + b"--b--\r\n",
        ),
        _multipart("long boundary", b"; boundary=" + b"b" * 3000, b"--" + b"b" * 3000 + b"--"),
        _multipart(
            "no name", b"; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
        ),
    ],
    "headers": [
        Attempt(name="If-Match", headers=((b"If-Match", b"\xff\x00x"[:1] + b'"'),)),
        Attempt(name="If-None-Match", headers=((b"If-None-Match", b'W/"' + b"9" * 3000 + b'"'),)),
        Attempt(name="languages", headers=((b"Accept-Language", b"ru;q=nan,\xff;q=-1,*" + b",en" * 500),)),
        Attempt(name="cookies", headers=((b"Cookie", b"a=b; \xff=\xfe; =;;" + b"c=d; " * 600),)),
        Attempt(
            name="two credentials",
            headers=((b"Authorization", b"Bearer \xff"), (b"Authorization", b"Basic !")),
        ),
        Attempt(name="key", headers=((b"Idempotency-Key", b"\xff" * 300),), body=b"{}"),
        Attempt(
            name="forwarded",
            headers=((b"X-Forwarded-For", b"1' OR 1=1 --" * 50), (b"Forwarded", b"for=\xff")),
        ),
        Attempt(name="ranges", headers=((b"Range", b"bytes=-99999999999999999999,5-1,a-b"),)),
        Attempt(name="host", headers=((b"Host", b"\xff:99999999"),)),
        Attempt(name="accept", headers=((b"Accept", b"application/\xff;q=nan" * 100),)),
        Attempt(name="date", headers=((b"If-Modified-Since", b"Tue, 99 Foo 99999 99:99:99 GMT"),)),
    ],
    "methods": [
        Attempt(name="TRACE", method="TRACE"),
        Attempt(name="made up", method="FROBNICATE"),
        Attempt(name="OPTIONS", method="OPTIONS"),
        Attempt(name="PUT", method="PUT", body=b"{"),
        Attempt(name="DELETE with a body", method="DELETE", body=b"["),
        Attempt(name="HEAD", method="HEAD"),
        Attempt(name="override", method="POST", body=b"{", headers=((b"X-HTTP-Method-Override", b"DELETE"),)),
    ],
}


def cases_for(target: Target, number: int, every: bool) -> Iterator[Case]:
    """Yield the cases for ``target``: all of each class, or one of each class that ``number`` turns to."""
    for kind, attempts in CLASSES.items():
        fitting = [attempt for attempt in attempts if _fits(attempt, target)]
        for attempt in fitting if every else fitting[number % len(fitting) :][:1]:
            yield Case(kind=kind, name=attempt.name, raw=_wire(target, attempt))


def _fits(attempt: Attempt, target: Target) -> bool:
    """Leave out bodies where none is read, and whatever would succeed and change what later cases meet."""
    if attempt.method in ("DELETE", "PUT", "POST"):
        return target.method == "GET"
    if attempt.body is None and not attempt.method and target.method != "GET":
        # A sound request but for its query or headers could do what it asks.
        return attempt.path is not None
    return True


def _wire(target: Target, attempt: Attempt) -> bytes:
    path = target.elsewhere if attempt.method == "DELETE" else target.path
    path = attempt.path(path) if attempt.path else path
    if attempt.query:
        path += b"?" + attempt.query
    replaced = {name.lower() for name, _ in attempt.headers}
    headers = [(name, value) for name, value in target.headers if name.lower() not in replaced]
    headers += [*attempt.headers, (b"Connection", b"close")]
    body = attempt.body or b""
    if attempt.body is not None:
        media_type = attempt.media_type or (FORM if target.page else JSON)
        if media_type != b"-":
            headers.append((b"Content-Type", media_type))
    if body or target.method != "GET":
        headers.append((b"Content-Length", b"%d" % len(body)))
    lines = [(attempt.method or target.method).encode() + b" " + path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body

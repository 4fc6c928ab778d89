"""What people and programs send who mean harm, or do not know better."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

MARK = "kit7f3a"
SCRIPT = f'"><script>alert("{MARK}")</script><img src=x onerror=alert("{MARK}")>'
TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    SCRIPT,
    "javascript:alert(1)",
    "😀" * 50,
    "\u202egnp.exe",
    "\ud800",
    "a\r\nSet-Cookie: b=c",
    "{0.__class__}{braces",
    "%s%n%(a)s",
    "' OR 1=1 --",
    "ﷺ" * 200,
    "(" * 200,
    "a" * 10_000,
    "1" * 10_000,
    " " * 10_000,
    "a@" * 5_000,
    "\u0300" * 5_000,
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    float("1e308"),
    [],
    {},
    ["a"],
    {"a": 1},
    [[[[]]]],
    *TEXTS,
)
BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"12",
    b"\xff\xfe\x00",
    b"[" * 50_000,
    b'{"a":' * 5_000,
    b"a=b&c=%00%ff",
    b"\x00" * 1_000,
    json.dumps({"id": {"a": []}, "message": None, "event": 5}).encode(),
)
EXECUTABLE = (f'<script>alert("{MARK}")', f"<script>alert(&#34;{MARK}", f'<img src=x onerror=alert("{MARK}")')


def with_scripts(body: bytes, most: int = 40) -> Iterator[bytes]:
    """Return ``body`` (JSON or a form) again and again, each time with a script behind another of its texts."""
    try:
        document = json.loads(body)
    except ValueError:
        yield from _forms_with_scripts(body, most)
        return
    for path in list(_texts(document, ()))[:most]:
        changed = json.loads(body)
        place, last = changed, path[-1] if path else None
        for step in path[:-1]:
            place = place[step]
        if last is None:
            changed += SCRIPT
        else:
            place[last] += SCRIPT
        yield json.dumps(changed).encode()


def with_wrong_types(body: bytes, most: int = 40) -> Iterator[bytes]:
    """Return a JSON body again and again, each time with something else in place of one of its values."""
    try:
        document = json.loads(body)
    except ValueError:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        for number in range(min(len(pairs), most)):
            yield urlencode(pairs[:number] + pairs[number + 1 :]).encode()
        return
    wrong: tuple[Any, ...] = (None, [], {}, -1, "x", True)
    for number, path in enumerate(list(_leaves(document, ()))[:most]):
        if not path:
            continue
        changed = json.loads(body)
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = wrong[number % len(wrong)]
        yield json.dumps(changed).encode()


def _forms_with_scripts(body: bytes, most: int) -> Iterator[bytes]:
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    for number, (name, value) in enumerate(pairs[:most]):
        yield urlencode([*pairs[:number], (name, value + SCRIPT), *pairs[number + 1 :]]).encode()


def _texts(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    return (found for found in _leaves(value, path) if isinstance(_at(value, found[len(path) :]), str))


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(item, (*path, number))
    else:
        yield path


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value

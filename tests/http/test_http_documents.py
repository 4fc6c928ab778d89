from typing import Any

import pytest

from crmcore.http.documents import MAX_DEPTH, MAX_VALUES, decode_document
from crmcore.http.refusals import BadJson


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" + b",".join([b"0"] * (MAX_VALUES - 1)) + b"]", [0] * (MAX_VALUES - 1)),
    ],
)
def test_documents_within_the_limits_are_decoded(body: bytes, value: Any) -> None:
    decoded = decode_document(body)
    if value is not None:
        assert decoded == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1]x",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b"1e999",
        b'"\xff"',
        b'{"\xff": 1}',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b'"a\\u0000b"',
        b'{"a\\u0000b": 1}',
        b'[[[{"k": ["\\u0000"]}]]]',
        b"9223372036854775808",
        b"-9223372036854775809",
        b'{"deep": [123456789012345678901234567890]}',
        b"1" * 5000,
        b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b"[" + b",".join([b"0"] * MAX_VALUES) + b"]",
        b"[" + b",".join([b"[]"] * MAX_VALUES) + b"]",
    ],
)
def test_hostile_documents_are_refused(body: bytes) -> None:
    with pytest.raises(BadJson) as refused:
        decode_document(body, "ru")
    assert refused.value.status == 400
    assert refused.value.sentence("ru").startswith("Тело запроса")

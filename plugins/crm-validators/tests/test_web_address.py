"""URLs against the official suite's http and https cases, and known traps."""

import pytest
from official_vectors import Stored, suite

# Ours is stricter: no credentials, real IPv4 addresses, no private-use characters; and a script is no fault.
STRICTER = {
    "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
    "http://087.10.0.1/",
    "http://999.999.999.999/",
    "http://[V1.fe]",
    "http://ƒøø.ßår/?q=\U000f0000",
    "https://example.org/foobar®.txt",
}


@pytest.mark.parametrize("name", ["uri", "iri"])
def test_official_suite(name: str, stored: Stored) -> None:
    cases = [
        (text, valid and text.startswith(("http://", "https://")))
        for text, valid in suite(name)
        if text not in STRICTER
    ]
    assert len(cases) > 10
    assert [text for text, valid in cases if (stored("url", text) is not None) != valid] == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:/a", "https://example.com/a"),
        ("https://example.com.:443/A?B=c#D", "https://example.com:443/A?B=c#D"),
        ("http://ПРИМЕР.рф/Путь", "http://пример.рф/Путь"),
        ("http://xn--e1afmkfd.xn--p1ai/", "http://xn--e1afmkfd.xn--p1ai/"),
        ("http://ｅｘａｍｐｌｅ。com/", "http://example.com/"),
        ("http://i❤.ws/", "http://i❤.ws/"),
        ("http://[2001:DB8:0:0::1]:80/", "http://[2001:db8::1]:80/"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("http://r3---sn-abc.example.com/?a[]=1", "http://r3---sn-abc.example.com/?a[]=1"),
        ("http://foo.com/(something)?after=parens", "http://foo.com/(something)?after=parens"),
        ("http://مثال.إختبار", "http://مثال.إختبار"),
        ("http://उदाहरण.परीक्षा", "http://उदाहरण.परीक्षा"),
        ("http://例子.测试", "http://例子.测试"),
        ("http://223.255.255.254", "http://223.255.255.254"),
    ],
)
def test_keeps(typed: str, kept: str, stored: Stored) -> None:
    assert stored("url", typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "http://.",
        "http://..",
        "http://?",
        "http://??/",
        "http://#",
        "http:///a",
        "//example.com/",
        "http:/example.com",
        "http:example.com",
        "https//example.com",
        "h://test.com",
        "http:// shouldfail.com",
        "http://-error-.invalid/",
        "http://a.b-.co",
        "http://1.1.1.1.1",
        "http://123.123.123",
        "http://3628126748",
        "http://0x7f.1/",
        "http://.www.foo.bar/",
        "http://foo..bar/",
        "http://example.c/",
        "http://example.c-m/",
        "http://under_score.example.com/",
        "http://user@example.com/",
        "http://:@example.com/",
        "http://example.com%2f@evil.example/",
        "http://ex%61mple.com/",
        "http://example.com\\.evil.example/",
        "http://example.com\t/",
        "http://exam\u202eple.com/",
        "http://example.com/a\u200bb",
        "http://example.com/\u2028",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:8o/",
        "http://[::1",
        "http://[::1]x/",
        "http://[a]",
        "http://2001:db8::1/",
        "http://xn--a/",
        "http://xn--a.com/",
        "http://" + "a" * 64 + ".com/",
        "http://" + "a." * 127 + "com/",
        "https://example.com/" + "a" * 2030,
        "javascript://example.com/%0aalert(1)",
        "data:text/html,hello",
        "https://example.com/a#b#c",
    ],
)
def test_refuses(typed: str, stored: Stored) -> None:
    assert stored("url", typed) is None

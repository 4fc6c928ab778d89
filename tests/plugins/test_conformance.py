"""Values against annotations, as hooks promise them."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from crmcore import Badge, KeyValue, KeyValues, Panel, PanelContent, Text
from crmcore.plugins.conformance import Conformance
from crmcore.plugins.weight import too_heavy


async def load(subject: Any, plugin: Any) -> PanelContent:
    return PanelContent()


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (None, None),
        (1, float),
        ("x", Annotated[str, Meta(max_length=3)]),
        ([1, 2], list[int]),
        ((1, "a"), tuple[int, str]),
        ((1, 2, 3), tuple[int, ...]),
        ({"a": 1}, Mapping[str, int]),
        (len, Callable[[Any], int]),
        (int, type[int]),
        ("b", Literal["a", "b"]),
        ({"a": [1]}, dict[str, Any]),
        (frozenset({"x"}), frozenset[str]),
        (Panel(key="a", title={"en": "A"}, load=load), Panel),
        (PanelContent(blocks=(KeyValues(items=(KeyValue("Tier", Text("gold")),)),)), PanelContent),
    ],
)
def test_what_fits_passes(value: Any, annotation: Any) -> None:
    assert Conformance().mismatch(value, annotation) is None


@pytest.mark.parametrize(
    ("value", "annotation", "path", "expected", "found"),
    [
        ("1", int, "", "int", "str '1'"),
        (True, int, "", "int", "bool True"),
        ([1, "2"], list[int], "[1]", "int", "str '2'"),
        ({"a": "1"}, dict[str, int], "['a']", "int", "str '1'"),
        ((1,), tuple[int, str], "", "tuple[int, str]", "tuple"),
        ("c", Literal["a", "b"], "", "'a' | 'b'", "str 'c'"),
        (7, Callable[[], None], "", "function", "int 7"),
        (str, type[int], "", "type[int]", "the class str"),
        (Panel(key="a", title="A", load="load"), Panel, "load", "function", "str 'load'"),  # type: ignore[arg-type]
        (Panel(key="a", title="A", load=load, slots=("attic",)), Panel, "slots[0]", None, "str 'attic'"),  # type: ignore[arg-type]
        (
            PanelContent(blocks=(KeyValues(items=(KeyValue("Tier", "gold"),)),)),  # type: ignore[arg-type]
            PanelContent,
            "blocks[0].items[0].value",
            None,
            "str 'gold'",
        ),
        (PanelContent(badge=Badge(label="x", tone="loud")), PanelContent, "badge.tone", None, "str 'loud'"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_is_told_with_its_place(
    value: Any, annotation: Any, path: str, expected: str | None, found: str
) -> None:
    mismatch = Conformance().mismatch(value, annotation)

    assert mismatch is not None
    assert (mismatch.path, mismatch.found) == (path, found)
    assert expected is None or mismatch.expected == expected


def test_weight_counts_what_is_inside_and_stops_at_the_limit() -> None:
    assert not too_heavy([PanelContent(message="x" * 100)], limit=1000)
    assert too_heavy([PanelContent(message="x" * 1001)], limit=1000)
    assert too_heavy({"a": ["x" * 600, {"b": b"y" * 600}]}, limit=1000)
    endless: list[Any] = []
    endless.append(endless)
    assert too_heavy(endless, limit=10_000)

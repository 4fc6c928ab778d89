"""Every hook is documented with its exact arguments, used by something real, and tested."""

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from crmcore import hookspecs

ROOT = Path(__file__).parents[2]
HOOKS: dict[str, Callable[..., object]] = {
    name: function
    for name, function in vars(hookspecs).items()
    if inspect.isfunction(function) and hasattr(function, "crmcore_spec")
}
MENTIONED = re.compile(r"^### `(\w+)\((.*)\)`$", re.MULTILINE)


def sources(*patterns: str) -> list[Path]:
    return [file for pattern in patterns for file in sorted(ROOT.glob(pattern))]


@pytest.fixture(scope="module")
def implemented() -> set[str]:
    """Return the names of all functions marked with ``hookimpl`` in the core and the plugins of this repository."""
    names: set[str] = set()
    for file in sources("crmcore/builtin/**/*.py", "plugins/*/src/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                marks = [ast.unparse(mark).partition("(")[0] for mark in node.decorator_list]
                if any(mark.rpartition(".")[2] == "hookimpl" for mark in marks):
                    names.add(node.name)
    return names


def test_there_are_hooks() -> None:
    assert len(HOOKS) > 15


def test_the_page_names_every_hook_with_its_arguments_in_the_order_of_the_code() -> None:
    page = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")

    assert MENTIONED.findall(page) == [
        (name, ", ".join(inspect.signature(function).parameters)) for name, function in HOOKS.items()
    ]


@pytest.mark.parametrize("name", HOOKS)
def test_the_hook_says_when_it_is_called_what_a_failure_does_and_since_when(name: str) -> None:
    text = inspect.getdoc(HOOKS[name]) or ""

    assert re.match(r"(Return|Called) ", text), "begins with what it returns or when it is called"
    assert "Since 0." in text
    assert re.search(r"fail|Tried again|skipped", text, re.IGNORECASE), "says what a failure does"


@pytest.mark.parametrize("name", HOOKS)
def test_the_core_or_a_plugin_of_this_repository_uses_the_hook(name: str, implemented: set[str]) -> None:
    assert name in implemented


@pytest.mark.parametrize("name", HOOKS)
def test_the_hook_is_tested(name: str) -> None:
    here = Path(__file__)
    tests = [file for file in sources("tests/**/*.py", "plugins/*/tests/**/*.py") if file != here]

    assert any(re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")) for file in tests)

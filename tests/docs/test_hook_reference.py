"""The reference of hooks and events is what the code says; every public name is exported and described."""

import importlib
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from msgspec import Struct
from pages import blocks_of

import crmcore
from crmcore import contracts
from crmcore.plugins.specs import read_specs

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hook_reference", ROOT / "scripts" / "hook_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["hooks.md", "events.md"])
def test_the_page_is_what_the_script_makes(page: str, script: ModuleType) -> None:
    """Who uses a hook is told as it was when the page was made: plugins change without the core."""

    def without_users(text: str) -> str:
        return re.sub(r"^\| used by .*$", "", text, flags=re.MULTILINE)

    made = script.PAGES[page]()

    assert without_users((REFERENCE / page).read_text(encoding="utf-8")) == without_users(made), (
        "python scripts/hook_reference.py"
    )


def test_every_hook_says_when_it_fails_since_when_and_who_uses_it(script: ModuleType) -> None:
    page = script.hook_page()
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))

    assert list(sections) == list(read_specs())
    for name, text in sections.items():
        rows = dict(re.findall(r"^\| ([a-z ]+) \| (.*) \|$", text, re.MULTILINE))
        assert set(rows) == {"called", "arguments", "returns", "when it fails", "since", "used by"}, name
        assert rows["when it fails"] and rows["since"] != "?" and rows["used by"], name


def test_every_public_name_of_the_contracts_is_exported_and_described() -> None:
    assert crmcore.__all__ == sorted(set(crmcore.__all__))
    folder = Path(str(contracts.__file__)).parent
    for file in sorted(folder.glob("*.py")):
        module = (
            importlib.import_module(f"crmcore.contracts.{file.stem}")
            if file.stem != "__init__"
            else contracts
        )
        for name, value in vars(module).items():
            own = inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
            # What belongs to the core's own record types is no promise to plugins.
            if own and issubclass(value, Struct):
                assert inspect.getdoc(value), f"{module.__name__}.{name} has no docstring"
    for name in crmcore.__all__:
        assert hasattr(crmcore, name), name


def test_the_names_that_tests_import_are_exported() -> None:
    from crmcore import testing

    assert testing.__all__ == sorted(testing.__all__)
    for name in testing.__all__:
        assert inspect.getdoc(getattr(testing, name)), name


def test_the_page_of_quality_has_every_rule() -> None:
    spec = importlib.util.spec_from_file_location("quality_rules", ROOT / "scripts" / "quality_rules.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "python scripts/quality_rules.py"


@pytest.mark.parametrize("name", ["loyalty.py", "loyalty_samples.py", "telegram.py"])
def test_the_tutorial_shows_the_examples_as_they_are(name: str) -> None:
    [block] = [block for block in blocks_of(ROOT / "docs" / "tutorial.md") if block.detail == name]

    assert block.text == (ROOT / "examples" / name).read_text(encoding="utf-8")
